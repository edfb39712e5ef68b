import { expect, test } from "vitest";
import { ServerClock } from "./serverClock";

test("A wrong clock of the device is put right by the server's answers", () => {
  const own = Date.parse("2026-03-02T08:00:00Z");
  const clock = new ServerClock(() => own);
  expect(clock.now()).toBe(own);
  clock.hear("Mon, 02 Mar 2026 09:30:00 GMT");
  expect(clock.now() - Date.parse("2026-03-02T09:30:00Z")).toBe(2_000);
});

test("An answer without a time, or with nonsense for one, changes nothing", () => {
  const clock = new ServerClock(() => 1_000);
  clock.hear(null);
  clock.hear("soon");
  expect(clock.now()).toBe(1_000);
});
