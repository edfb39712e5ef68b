import encodeQR from "qr";
import decodeQR from "qr/decode.js";
import { expect, test } from "vitest";
import { codeIn } from "./codeIn";

const code = "q3J0m-xY_8KpZl4uWv7TbNcEoRgHdSaFiL1M2n5O6PQ";

/** A picture of a text as a camera would have it, eight pixels a module. */
function pictureOf(text: string) {
  const rows = encodeQR(text, "raw", { ecc: "medium", border: 2, scale: 8 });
  const data = new Uint8ClampedArray(
    rows.flatMap((row) => row.flatMap((on) => (on ? [0, 0, 0, 255] : [255, 255, 255, 255]))),
  );
  return { width: rows.length, height: rows.length, data };
}

test("The code that the app draws is read back", () => {
  expect(codeIn(() => decodeQR(pictureOf(code)))).toBe(code);
});

test("Pictures without a code, and codes of something else, are nothing", () => {
  const empty = { width: 64, height: 64, data: new Uint8ClampedArray(64 * 64 * 4).fill(200) };
  expect(codeIn(() => decodeQR(empty))).toBeNull();
  expect(codeIn(() => decodeQR(pictureOf("https://example.org/pay-me-instead")))).toBeNull();
});
