import { expect, test } from "vitest";
import { parseAmount } from "./format";

test("Typed amounts become exact minor units or nothing", () => {
  expect(parseAmount("100", "INR")).toBe(10000);
  expect(parseAmount(" 1 234,5 ", "INR")).toBe(123450);
  expect(parseAmount("0.29", "INR")).toBe(29);
  expect(parseAmount("500", "JPY")).toBe(500);
  for (const wrong of ["", "-5", "1.234", "1e3", "ten", "0x10"]) expect(parseAmount(wrong, "INR")).toBeNull();
});
