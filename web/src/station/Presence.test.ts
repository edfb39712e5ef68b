import { expect, test } from "vitest";
import { type Grey, measure } from "../shared/camera/measure";
import { Presence } from "./Presence";

/** A scene with a bright square at x, standing for a person; light is the overall brightness. */
function scene(x: number | null, light = 60): Grey {
  const luma = new Uint8Array(32 * 24).fill(light);
  if (x !== null) for (let row = 4; row < 20; row++) luma.fill(light + 120, row * 32 + x, row * 32 + x + 12);
  return { width: 32, height: 24, luma };
}

test("The person who got an answer is asked about again only after the view changed", () => {
  const presence = new Presence();
  expect(presence.mayAsk(scene(4), 0)).toBe(true);
  presence.answered(scene(4));
  expect(presence.mayAsk(scene(4), 5_000)).toBe(false);
  expect(presence.mayAsk(scene(4, 75), 9_000)).toBe(false);
  expect(presence.mayAsk(scene(null), 10_000)).toBe(false);
  expect(presence.mayAsk(scene(null), 10_100)).toBe(true);
});

test("An empty view is looked at slowly until something stirs", () => {
  const presence = new Presence();
  presence.nobody(scene(null), 0);
  expect(presence.mayAsk(scene(null), 400)).toBe(false);
  expect(presence.mayAsk(scene(12), 500)).toBe(true);
  expect(presence.mayAsk(scene(null), 1_600)).toBe(true);
});

test("A smooth picture measures as less sharp than one with edges", () => {
  expect(measure(scene(null)).sharpness).toBeLessThan(1);
  expect(measure(scene(8)).sharpness).toBeGreaterThan(100);
  expect(measure(scene(null)).light).toBe(60);
});
