import { expect, test } from "vitest";
import { dayBounds, parseAmount, timeLeft } from "./format";

test("Typed amounts become exact minor units or nothing", () => {
  expect(parseAmount("100", "INR")).toBe(10000);
  expect(parseAmount(" 1 234,5 ", "INR")).toBe(123450);
  expect(parseAmount("0.29", "INR")).toBe(29);
  expect(parseAmount("500", "JPY")).toBe(500);
  for (const wrong of ["", "-5", "1.234", "1e3", "ten", "0x10"]) expect(parseAmount(wrong, "INR")).toBeNull();
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
