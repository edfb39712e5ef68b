import { expect, test } from "vitest";
import { pinFault } from "./pinRules";

test("Digits that are guessed first are no PIN", () => {
  for (const pin of ["", "123", "123456789", "12a4", "1111", "1234", "9876", "8901", "1212", "565656"])
    expect(pinFault(pin), pin).not.toBeNull();
  for (const pin of ["8392", "1357", "20261127", "1221"]) expect(pinFault(pin), pin).toBeNull();
});
