import { expect, test } from "vitest";
import { daysFault, momentsOf, monthOf, utcDaysOf } from "./days";

test("Months have their own last day, over the turn of a year too", () => {
  expect(monthOf(new Date(2026, 0, 31), 1)).toEqual({ first: "2025-12-01", last: "2025-12-31" });
  expect(monthOf(new Date(2028, 1, 5), 0)).toEqual({ first: "2028-02-01", last: "2028-02-29" });
});

test("A period holds all of its last day, by the calendar here and by the server's", () => {
  const month = { first: "2026-11-01", last: "2026-11-30" };
  const here = momentsOf(month);
  expect(new Date(here?.to ?? "").getDate()).toBe(1);
  expect(new Date(here?.from ?? "").getHours()).toBe(0);
  expect(utcDaysOf(month)).toEqual({ from: "2026-11-01", to: "2026-12-01" });
});

test("What is no period is said so", () => {
  expect(daysFault({ first: "2026-11-01", last: "2026-11-01" })).toBeNull();
  expect(daysFault({ first: "2026-11-02", last: "2026-11-01" })).toMatch(/after/);
  expect(daysFault({ first: "", last: "2026-11-01" })).toMatch(/both/);
});
