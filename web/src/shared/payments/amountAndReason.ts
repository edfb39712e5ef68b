import type { Money } from "../api/types";
import { parseAmount } from "../format";
import { amountFault } from "./amountFault";
import { reasonFault } from "./reason";

/** As it was typed. */
export type AmountAndReasonText = { amount: string; reason: string };

export type AmountAndReasonFaults = { amount: string | null; reason: string | null };

/** The most that may be given, in minor units, and what is said of more. */
export type AmountLimit = { most: number; beyond: string };

/** What was typed as the server takes it; null with a fault in words where a field is wrong. */
export function readAmountAndReason(
  text: AmountAndReasonText,
  currency: string,
  limit: AmountLimit = { most: Number.POSITIVE_INFINITY, beyond: "" },
): { said: { amount: Money; reason: string } | null; faults: AmountAndReasonFaults } {
  const minor = parseAmount(text.amount, currency);
  const faults = { amount: amountFault(minor, limit.most, limit.beyond), reason: reasonFault(text.reason) };
  const said =
    minor === null || faults.amount || faults.reason
      ? null
      : { amount: { amount_minor: minor, currency }, reason: text.reason.trim() };
  return { said, faults };
}
