import type { GateAnswer, Payment, TillAnswer } from "../shared/api/types";
import { firstName, money } from "../shared/format";

/** What the whole screen says for a few seconds. */
export interface Verdict {
  tone: "open" | "deny" | "ask";
  reason: string;
  headline: string;
  text: string;
  fare?: string;
  balance?: string;
}

const reasons: Readonly<Record<string, [headline: string, text: string]>> = {
  no_face: ["Nobody to be seen", "Stand in front of the camera and look straight at it."],
  several_faces: ["One at a time, please", "More than one face is in view. Come forward alone."],
  face_unclear: ["Not clear enough", "Come closer, face the light and hold still for a moment."],
  unknown_person: ["We do not know you yet", "Add your face in the SightPay app first, or go to the staffed gate."],
  ambiguous: ["Please look again", "We are not sure yet. Look straight at the camera, or go to the staffed gate."],
  step_up_required: ["Please look again", "We need a clearer look. Come closer, or go to the staffed gate."],
  step_up_wrong: ["That did not fit", "Please try once more, or go to the staffed gate."],
  step_up_failed: ["We could not find out who you are", "Please ask the staff for help."],
  already_inside: ["You are already inside", "Leave by an exit gate first, or ask the staff for help."],
  insufficient_funds: ["Not enough money", "Top up your wallet in the SightPay app, then look at the camera again."],
  gate_closed: ["This gate is closed", "Please use another gate."],
};

/** Reasons that say nothing about a person: the camera simply goes on looking. */
export const passing = new Set(["no_face", "several_faces", "face_unclear"]);

export function hintFor(reason: string): string {
  return reason === "no_face" ? "Look at the camera" : (reasons[reason]?.[1] ?? "Look at the camera");
}

/** Whether the one who was seen may say who they are, by what they know or hold; the staff helps when that failed. */
export const mayStepUp = ({ decision, reason }: { decision: string; reason: string }) =>
  decision === "ask" && reason !== "step_up_failed";

export function gateVerdict(answer: GateAnswer): Verdict {
  const tone = answer.decision;
  if (tone !== "open") {
    const [headline, text] = reasons[answer.reason] ?? ["Please wait", "Ask the staff at this stop for help."];
    return { tone, reason: answer.reason, headline, text };
  }
  const name = answer.person ? firstName(answer.person.display_name) : "";
  const leaving = answer.journey !== null && answer.journey.state !== "open";
  const incomplete = answer.journey?.state === "incomplete" || answer.reason === "incomplete_journey";
  const verdict: Verdict = {
    tone,
    reason: answer.reason,
    headline: [leaving ? "Goodbye" : "Welcome", name].filter(Boolean).join(", "),
    text: leaving ? "Thank you for travelling." : "Have a good journey.",
  };
  if (incomplete)
    verdict.text =
      answer.fare_minor > 0
        ? "This journey was incomplete, so the highest fare was charged. Ask the staff to correct it."
        : "This journey was closed and charged before. Ask the staff to correct it.";
  if (leaving) verdict.fare = money(answer.fare_minor, answer.currency);
  if (answer.balance_minor !== null && answer.balance_minor !== undefined)
    verdict.balance = money(answer.balance_minor, answer.currency);
  return verdict;
}

export function tillRefusal(answer: TillAnswer): Verdict {
  const [headline, text] = reasons[answer.reason] ?? ["Please look again", "Try once more, or pay another way."];
  const atTill = answer.reason === "unknown_person" ? "Add your face in the SightPay app, or pay another way." : text;
  const plain = atTill.replace("or go to the staffed gate", "or pay another way");
  return { tone: answer.decision === "ask" ? "ask" : "deny", reason: answer.reason, headline, text: plain };
}

export function paymentVerdict(payment: Payment, name: string): Verdict {
  const amount = money(payment.amount.amount_minor, payment.amount.currency);
  const reason = payment.status;
  if (payment.status === "captured")
    return {
      tone: "open",
      reason,
      headline: `Thank you, ${firstName(name)}`,
      text: "Paid from the wallet.",
      fare: amount,
    };
  if (payment.status === "awaiting_confirmation")
    return {
      tone: "ask",
      reason,
      headline: "Not paid yet",
      text: "Please confirm this payment in your SightPay app, or pay another way.",
      fare: amount,
    };
  if (payment.status === "cancelled")
    return { tone: "deny", reason, headline: "Cancelled", text: "Nothing was taken.", fare: amount };
  const why = payment.status === "expired" ? "Nobody confirmed in time." : "The payment was refused.";
  return { tone: "deny", reason, headline: "Not paid", text: `${why} Start again or pay another way.`, fare: amount };
}
