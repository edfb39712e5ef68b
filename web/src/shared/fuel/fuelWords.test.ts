import { expect, test } from "vitest";
import { momentOf, parseQuantity, parseUnitPrice, quantity, unitPrice, wallClock } from "./fuelWords";

test("Quantities and prices are read digit by digit, with no place more than there are", () => {
  expect(parseQuantity("12.34")).toBe(12_340);
  expect(parseQuantity("12,345")).toBe(12_345);
  expect(parseQuantity("20 000")).toBe(20_000_000);
  expect(parseQuantity("0.0001")).toBeNull();
  expect(parseQuantity("-1")).toBeNull();
  expect(parseUnitPrice("105.41", "INR")).toBe(10_541_000);
  expect(parseUnitPrice("1.459", "EUR")).toBe(145_900);
  expect(parseUnitPrice("172", "JPY")).toBe(172_000);
  expect(parseUnitPrice("1.4590001", "EUR")).toBeNull();
});

test("Figures show the places they have", () => {
  expect(quantity(12_340, "litre")).toMatch(/12[.,]34 l/);
  expect(quantity(31_000, "kilowatt_hour", 1)).toMatch(/31[.,]0 kWh/);
  expect(unitPrice(145_900, "EUR")).toMatch(/1[.,]459/);
  expect(unitPrice(10_541_000, "INR")).toMatch(/105[.,]41$/);
});

test("The clock at the site is the site's, on the two odd nights of the year too", () => {
  const iso = (wall: string, zone: string) => new Date(momentOf(wall, zone) ?? 0).toISOString();
  expect(iso("2026-11-28T06:00", "Asia/Kolkata")).toBe("2026-11-28T00:30:00.000Z");
  expect(iso("2026-07-01T06:00", "Europe/Warsaw")).toBe("2026-07-01T04:00:00.000Z");
  expect(iso("2026-10-25T02:30", "Europe/Warsaw")).toBe("2026-10-25T00:30:00.000Z");
  expect(iso("2026-03-29T02:30", "Europe/Warsaw")).toBe("2026-03-29T01:30:00.000Z");
  expect(momentOf("", "UTC")).toBeNull();
  expect(wallClock(Date.parse("2026-11-28T00:30:00Z"), "Asia/Kolkata")).toBe("2026-11-28T06:00");
});
