import type { Adjustment, AuditEntry, Payment } from "../api/types";
import { money } from "../format";

/** Whose eyes read: the words and the ways on differ. */
export type Reader = "payer" | "operator" | "auditor" | "cashier" | "till";

export type Tone = "good" | "bad" | "waiting" | "plain";

export interface PaymentWords {
  label: string;
  tone: Tone;
  /** What it means for the reader, and what to do next where there is something. */
  sentence: string;
}

export const isWaiting = (payment: Payment) =>
  payment.status === "awaiting_confirmation" || payment.status === "authorised" || payment.status === "created";

export const refundableMinor = (payment: Payment) => payment.captured_minor - payment.refunded_minor;

/** The state of a payment as people say it. */
export function paymentWords(payment: Payment, reader: Reader): PaymentWords {
  const payer = reader === "payer";
  if (payment.dispute === "open")
    return {
      label: "Objection open",
      tone: "waiting",
      sentence: payer
        ? "You said that this was not you. An operator looks at it; you see the decision here."
        : "The payer objects. Nothing is given back until somebody has decided.",
    };
  switch (payment.status) {
    case "created":
      return { label: "Being prepared", tone: "plain", sentence: "Nobody was asked for the money yet." };
    case "awaiting_confirmation":
      return payer
        ? {
            label: "Waiting for your yes",
            tone: "waiting",
            sentence: "The amount is set aside. It is paid only when you agree.",
          }
        : { label: "Waiting for the payer", tone: "waiting", sentence: "Paid as soon as the payer says yes." };
    case "authorised":
      return {
        label: "Set aside",
        tone: "waiting",
        sentence: `${payer ? "You" : "The payer"} agreed. What is really due is taken later, the rest is freed.`,
      };
    case "captured":
      return capturedWords(payment, payer);
    case "refunded":
      return {
        label: payment.dispute === "lost" ? "Objection accepted" : "Refunded",
        tone: "plain",
        sentence: payer ? "All of it is back in your wallet." : "All of it went back to the payer.",
      };
    case "expired":
      return {
        label: "Not confirmed in time",
        tone: "bad",
        sentence: "Nothing was taken and the amount is free again. It can still be paid: open it again.",
      };
    case "cancelled":
      return { label: "Cancelled", tone: "plain", sentence: "Nothing was taken." };
    case "refused":
      return { label: "Refused", tone: "bad", sentence: "Nothing was taken." };
  }
}

function capturedWords(payment: Payment, payer: boolean): PaymentWords {
  const back = money(payment.refunded_minor, payment.amount.currency);
  if (payment.refunded_minor > 0)
    return {
      label: "Partly refunded",
      tone: "good",
      sentence: payer ? `${back} of it is back in your wallet.` : `${back} of it went back to the payer.`,
    };
  if (payment.dispute === "won")
    return {
      label: "Objection declined",
      tone: "good",
      sentence: "It was looked at, and the merchant keeps it.",
    };
  return { label: "Paid", tone: "good", sentence: payer ? "Paid from your wallet." : "The merchant has the money." };
}

/** Why what was taken is not what was asked for; null when it is. */
export function exceptionWords(payment: Payment): string | null {
  switch (payment.exception) {
    case "late":
      return "It was taken after its time was over, since it had been agreed to.";
    case "partial":
      return "Less was due than was asked for; the rest was freed.";
    case "over":
      return "A little more was due than was asked for.";
    default:
      return null;
  }
}

export interface PaymentActions {
  confirm: boolean;
  cancel: boolean;
  reopen: boolean;
  refund: boolean;
  dispute: boolean;
  decide: boolean;
}

/** What a reader may do now; the server says the last word. */
export function actionsOf(payment: Payment, reader: Reader): PaymentActions {
  const { status, dispute } = payment;
  const settled = status === "captured";
  const changes = reader === "payer" || reader === "operator" || reader === "till";
  const staff = reader === "operator" || reader === "till" || reader === "cashier";
  return {
    confirm: reader === "payer" && status === "awaiting_confirmation",
    cancel: changes && (isWaiting(payment) || status === "expired"),
    reopen: changes && status === "expired",
    refund: staff && settled && dispute !== "open" && dispute !== "lost" && refundableMinor(payment) > 0,
    dispute: reader === "payer" && settled && !dispute,
    decide: reader === "operator" && dispute === "open",
  };
}

export function adjustmentWords({ state, kind, direction }: Adjustment): { label: string; tone: Tone } {
  if (state === "pending_approval") return { label: "Waits for a second operator", tone: "waiting" };
  if (state === "rejected") return { label: "Declined", tone: "bad" };
  if (kind === "refund") return { label: "Given back", tone: "good" };
  return { label: direction === "credit" ? "Given" : "Taken", tone: "good" };
}

export interface Moment {
  at: string;
  what: string;
  /** "person:…", "station:…"; null where nobody in particular did it. */
  who: string | null;
  note: string | null;
}

const actWords: Readonly<Record<string, string>> = {
  payment_disputed: "The payer objected",
  dispute_resolved_for_customer: "The objection was accepted, the money went back",
  dispute_resolved_for_merchant: "The objection was declined",
};

/**
 * What happened to a payment, oldest first.
 * @param acts Entries of the audit log about it; those without words here are told by the payment itself.
 */
export function historyOf(payment: Payment, adjustments: Adjustment[], acts: AuditEntry[]): Moment[] {
  const amount = (minor: number) => money(minor, payment.amount.currency);
  const till = payment.till_id ? `station:${payment.till_id}` : null;
  const moments: Moment[] = [
    { at: payment.created_at, what: `${amount(payment.amount.amount_minor)} asked for`, who: till, note: null },
  ];
  if (payment.captured_at)
    moments.push({
      at: payment.captured_at,
      what: `${amount(payment.captured_minor)} taken`,
      who: null,
      note: exceptionWords(payment),
    });
  for (const one of adjustments) {
    const sum = amount(one.amount.amount_minor);
    const alone = one.state === "done" && !one.decided_by;
    moments.push({
      at: one.requested_at,
      what: alone ? `${sum} given back` : `Refund of ${sum} asked for`,
      who: one.requested_by,
      note: one.reason,
    });
    if (one.decided_by && one.decided_at)
      moments.push({
        at: one.decided_at,
        what: one.state === "done" ? `${sum} given back` : `Refund of ${sum} declined`,
        who: one.decided_by,
        note: null,
      });
  }
  for (const { at, who, what } of acts) {
    const words = actWords[what];
    if (words)
      moments.push({
        at,
        what: words,
        who,
        note: what === "payment_disputed" ? (payment.dispute_reason ?? null) : null,
      });
  }
  return moments.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}
