import type { StaffTopUp } from "../shared/api/types";
import type { Tone } from "../shared/payments/paymentWords";

const notes: Readonly<Record<string, string>> = {
  amount_mismatch: "The provider took another amount than was asked for. Nothing was credited.",
  paid_twice: "A second payment took money for it. It was credited once; send the other back at the provider.",
  payment_unknown: "The provider does not know the payment any more. Nothing was credited.",
  account_closed: "The wallet is closed, so the money that the provider took could not be credited.",
  refund_above_captured: "More is to go back than came in. See what the provider says of its refunds and objections.",
  refund_paid_after_failure: "A refund that had failed was paid after all: the money is at the card and in the wallet.",
};

/** Why people have to look at a top-up, and what they can do. */
export const noteWords = (note: string) => notes[note] ?? `The ledger refused it: ${note.replaceAll("_", " ")}.`;

const states: Readonly<Record<string, { label: string; tone: Tone }>> = {
  credited: { label: "Credited", tone: "good" },
  failed: { label: "Not paid", tone: "bad" },
};

export const staffTopUpState = ({ state }: StaffTopUp) => states[state] ?? { label: "Open", tone: "waiting" as Tone };
