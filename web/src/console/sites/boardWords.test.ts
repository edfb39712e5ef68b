import { expect, test } from "vitest";
import type { FuelSessionState } from "../../shared/api/types";
import { actsOn, mayMove, stateWords } from "./boardWords";

const of = (state: FuelSessionState, manages = false) => actsOn({ state }, manages);

test("Staff are offered what a session's state lets them do", () => {
  expect(of("offered")).toEqual(["cancel", "reassign"]);
  expect(of("fuelling")).toEqual(["reassign"]);
  expect(of("delivered")).toEqual(["cash", "reassign", "drive-off"]);
  expect(of("delivered", true)).toContain("write-off");
  expect(of("quarantined", true)).toEqual(["cash", "release", "reassign", "drive-off", "write-off"]);
  expect(of("drive_off")).toEqual(["cash", "reassign"]);
  const vehicle = { id: "1", name: "", plate: "W•••5A" };
  expect(actsOn({ state: "delivered", vehicle }, false)).toEqual(["cash", "reassign", "not-theirs", "drive-off"]);
  expect(actsOn({ state: "paid", vehicle }, true)).toEqual([]);
  expect(mayMove({ state: "held" })).toBe(true);
  expect(mayMove({ state: "delivered" })).toBe(false);
});

test("What is over offers nothing, and every state has its words", () => {
  for (const state of ["paid", "lapsed", "declined", "aborted", "cancelled", "written_off"] as const)
    expect(of(state, true)).toEqual([]);
  for (const [label] of Object.values(stateWords)) expect(label).toMatch(/^[A-Z]/);
});
