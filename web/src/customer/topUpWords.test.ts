import { expect, test } from "vitest";
import { failureWords, isUnderWay } from "./topUpWords";

test("A top-up is followed until the provider has said its last word", () => {
  for (const state of ["created", "provider_pending", "action_needed"])
    expect(isUnderWay({ id: "t", state })).toBe(true);
  for (const state of ["credited", "failed"]) expect(isUnderWay({ id: "t", state })).toBe(false);
});

test("Every failure says what to do next, also one that nobody has heard of", () => {
  for (const code of ["card_declined", "a_word_of_tomorrow", null, undefined])
    expect(failureWords(code)).toMatch(/nothing was taken.*[Tt]ry/);
});
