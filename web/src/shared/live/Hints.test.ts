import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Hints } from "./Hints";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("The first word passes at once, a flood once a moment, and the last one is never lost", () => {
  const passed: string[][] = [];
  const hints = new Hints((words) => passed.push(words));
  hints.add("payments");
  expect(passed).toEqual([["payments"]]);
  for (let i = 0; i < 1_000; i++) hints.add("payments", "disputes");
  expect(passed).toHaveLength(1);
  vi.advanceTimersByTime(1_000);
  expect(passed).toEqual([["payments"], ["payments", "disputes"]]);
  vi.advanceTimersByTime(10_000);
  expect(passed).toHaveLength(2);
  hints.add("approvals");
  expect(passed[2]).toEqual(["approvals"]);
});

test("Nothing passes after the end", () => {
  const passed: string[][] = [];
  const hints = new Hints((words) => passed.push(words));
  hints.add("payments");
  hints.add("payments");
  hints.stop();
  vi.advanceTimersByTime(10_000);
  expect(passed).toHaveLength(1);
});
