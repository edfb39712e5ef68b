import { expect, test } from "vitest";
import type { FuelSession, FuelSessionState } from "../shared/api/types";
import { answersOf, fuelWords, quantity, unitPrice } from "./fuelWords";

const session = (state: FuelSessionState, more: Partial<FuelSession> = {}): FuelSession => ({
  id: "s",
  state,
  role: "payer",
  site_id: "F1",
  site_name: "Salt Lake Bypass",
  pump_id: "F1-P1",
  pump_number: 1,
  unit: "litre",
  unit_price: 10_541_000,
  hold_minor: 0,
  hold_max_minor: 0,
  amount_minor: 105_410,
  currency: "INR",
  doubtful: false,
  began_at: "2026-03-02T08:00:00Z",
  ...more,
});

const states: FuelSessionState[] = [
  "waiting",
  "offered",
  "held",
  "fuelling",
  "lost",
  "delivered",
  "expired",
  "paid",
  "unclaimed",
  "quarantined",
  "drive_off",
  "lapsed",
  "declined",
  "aborted",
  "cancelled",
  "paid_elsewhere",
  "written_off",
];

test("every state has words with a sentence", () => {
  for (const state of states) {
    const words = fuelWords(session(state));
    expect(words.label).not.toBe("");
    expect(words.sentence).toMatch(/\.$/);
  }
});

test("a bill is paid only when it is open, and an expired one is opened again first", () => {
  for (const state of states) {
    const may = answersOf(session(state));
    expect(may.pay).toBe(state === "delivered");
    expect(may.reopen).toBe(state === "expired" || state === "drive_off" || state === "lapsed");
  }
  expect(answersOf(session("paid"))).toEqual({ hold: false, pay: false, reopen: false, decline: false });
});

test("a doubtful bill says why it asks", () => {
  expect(fuelWords(session("delivered", { doubtful: true })).sentence).toContain("another car");
});

test("quantities and prices read as on a pump", () => {
  expect(quantity(12_340, "litre")).toMatch(/^12[.,]34 l$/);
  expect(quantity(12_340, "kilowatt_hour")).toMatch(/kWh$/);
  expect(unitPrice(session("delivered"))).toMatch(/105[.,]41.* per l$/);
  expect(unitPrice(session("offered", { unit_price: null }))).toBeNull();
});
