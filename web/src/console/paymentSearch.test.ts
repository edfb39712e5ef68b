import { expect, test } from "vitest";
import { filtersOf, isId, searchOf } from "./paymentSearch";

test("A search is what its address says, and empty fields do not matter", () => {
  const filters = filtersOf(new URLSearchParams("user=%20abc%20&status=captured&other=1"));
  expect(filters).toEqual({ user: "abc", merchant: "", status: "captured", day: "" });
  expect(searchOf(filters)).toEqual({ user_id: "abc", status: "captured" });
});

test("A day is the whole day of the operator's calendar", () => {
  const { from = "", to = "" } = searchOf({ user: "", merchant: "", status: "", day: "2026-03-02" });
  expect(new Date(from).toDateString()).toBe("Mon Mar 02 2026");
  expect(new Date(from).getHours()).toBe(0);
  expect(new Date(to).toDateString()).toBe("Tue Mar 03 2026");
  expect(searchOf({ user: "", merchant: "", status: "", day: "soon" })).toEqual({});
});

test("A number of a person or payment is told from a name", () => {
  expect(isId(" 019A0000-aaaa-7bbb-8ccc-0123456789ab ")).toBe(true);
  for (const none of ["", "Asha", "019a0000", "019a0000-aaaa-7bbb-8ccc-0123456789ab0"]) expect(isId(none)).toBe(false);
});
