import { expect, test } from "vitest";
import { dayBounds, parseAmount, plainAmount, timeLeft } from "./format";

test("Typed amounts become exact minor units or nothing", () => {
  expect(parseAmount("100", "INR")).toBe(10000);
  expect(parseAmount(" 1 234,5 ", "INR")).toBe(123450);
  expect(parseAmount("0.29", "INR")).toBe(29);
  expect(parseAmount("500", "JPY")).toBe(500);
  for (const wrong of ["", "-5", "1.234", "1e3", "ten", "0x10"]) expect(parseAmount(wrong, "INR")).toBeNull();
});

test("An amount in a field reads back as itself", () => {
  for (const minor of [0, 5, 29, 1_00, 1_50, 150_000, 123_456])
    expect(parseAmount(plainAmount(minor, "INR"), "INR")).toBe(minor);
  expect([plainAmount(150_000, "INR"), plainAmount(150, "INR"), plainAmount(500, "JPY")]).toEqual([
    "1500",
    "1.50",
    "500",
  ]);
});

test("What is left of a time is shown as clocks do and never goes below nothing", () => {
  expect(timeLeft(245_000)).toBe("4:05");
  expect(timeLeft(59_001)).toBe("1:00");
  expect(timeLeft(3_600_000)).toBe("1:00:00");
  expect(timeLeft(-5)).toBe("0:00");
});

test("A day has its bounds, and what is no day has none", () => {
  const bounds = dayBounds("2026-11-27");
  expect(Date.parse(bounds?.to ?? "") - Date.parse(bounds?.from ?? "")).toBe(24 * 3_600_000);
  for (const none of ["", "27.11.2026", "2026-11", "soon"]) expect(dayBounds(none)).toBeNull();
});
