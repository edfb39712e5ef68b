import { expect, test } from "vitest";
import { amountOf, type Delivery, roomOf } from "./PumpState";

test("A quantity costs what the server says it costs", () => {
  expect(amountOf(40_000, 145_900)).toBe(5_836);
  expect(amountOf(12_340, 10_541_000)).toBe(130_076);
  expect(amountOf(31_250, 1_850_000)).toBe(57_813);
  expect(amountOf(1_000, 499)).toBe(0);
  expect(amountOf(1_000, 500)).toBe(1);
});

test("No more flows than was set aside, and nothing without a yes", () => {
  const delivery = { seq: 1, thousandths: 4_000, backwards: false, lift: null } as unknown as Delivery;
  expect(roomOf(delivery)).toBe(0);
  const lift = { authorised: true, max_volume_thousandths: 5_000 } as Delivery["lift"];
  expect(roomOf({ ...delivery, lift })).toBe(1_000);
  expect(roomOf({ ...delivery, thousandths: 6_000, lift })).toBe(0);
  expect(roomOf({ ...delivery, backwards: true })).toBeGreaterThan(1_000_000);
});
