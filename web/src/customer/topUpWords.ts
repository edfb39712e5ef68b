import type { TopUp } from "../shared/api/types";

const open = new Set(["created", "provider_pending", "action_needed"]);

export const isUnderWay = (topUp: TopUp) => open.has(topUp.state);

const failures: Readonly<Record<string, string>> = {
  card_declined: "The card was declined and nothing was taken. Try another card, or ask your bank.",
  insufficient_funds: "There is not enough money on this card. Try another one.",
  expired_card: "This card is too old. Try another one.",
  expired: "It could not be paid for an hour, so it was given up and nothing was taken. Try again.",
  abandoned: "The bank did not get your yes for a day, so it was given up and nothing was taken. Try again.",
  settled_by_staff: "The operator has closed it and put right what was paid.",
  authentication_failed: "The bank did not get your yes, and nothing was taken. Try again.",
};

/** Why a provider did not get the money, whatever word it has for it. */
export const failureWords = (code: string | null | undefined) =>
  failures[code ?? ""] ?? "The payment did not go through and nothing was taken. Try again, or another way.";
