import { describe, expect, test } from "vitest";
import { readAmountAndReason } from "./amountAndReason";

const limit = { most: 5_000, beyond: "At most 50 is left." };

describe("an amount with its reason", () => {
  test("is what the server takes, in minor units of its currency and without blanks around the reason", () => {
    expect(readAmountAndReason({ amount: "50.00", reason: "  broken gate \n" }, "INR", limit)).toEqual({
      said: { amount: { amount_minor: 5_000, currency: "INR" }, reason: "broken gate" },
      faults: { amount: null, reason: null },
    });
    expect(readAmountAndReason({ amount: "12", reason: "wrong gate" }, "JPY").said?.amount.amount_minor).toBe(12);
  });

  test.each(["", "0", "-3", "1.234", "ten"])("is refused with the amount %j, and the reason is fine", (amount) => {
    const { said, faults } = readAmountAndReason({ amount, reason: "broken gate" }, "INR", limit);
    expect(said).toBeNull();
    expect(faults).toEqual({ amount: "Enter an amount such as 45 or 45.50.", reason: null });
  });

  test("is no more than the most, where there is one", () => {
    const text = { amount: "50.01", reason: "broken gate" };
    expect(readAmountAndReason(text, "INR", limit)).toEqual({
      said: null,
      faults: { amount: limit.beyond, reason: null },
    });
    expect(readAmountAndReason(text, "INR").said?.amount.amount_minor).toBe(5_001);
  });

  test("says all that is wrong at once", () => {
    const { said, faults } = readAmountAndReason({ amount: "", reason: " a " }, "INR", limit);
    expect(said).toBeNull();
    expect(faults.amount).not.toBeNull();
    expect(faults.reason).toBe("Say why in a few words.");
  });
});
