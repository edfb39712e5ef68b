/** A call that did not succeed: an RFC 9457 answer of the server, or no answer at all (status 0). */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail = "",
    readonly retryable = false,
    readonly errors: Readonly<Record<string, string[]>> = {},
    /** How often a PIN may still be tried. */
    readonly triesLeft: number | null = null,
  ) {
    super(detail || code);
  }

  /** True when the server may or may not have done the work: only asking again with the same key can tell. */
  get unanswered(): boolean {
    return this.status === 0 || this.retryable || [429, 502, 503, 504].includes(this.status);
  }
}

/** What people read. A code without an entry here falls back to the server's own sentence. */
const sentences: Readonly<Record<string, string>> = {
  unreachable: "The server cannot be reached. Check the connection and try again.",
  timed_out: "The server took too long to answer. Please try again in a moment.",
  signed_out: "You have been signed out. Please sign in again.",
  bad_credentials: "This e-mail address and password do not match. Check both and try again.",
  email_taken: "There is already an account with this e-mail address. Sign in instead, or use another address.",
  consent_missing: "Your consent to this is missing. Give it first, then try again.",
  not_a_picture: "This file is not a picture that can be read. Choose a JPEG, PNG or WebP file.",
  no_face: "No face was found. Look straight at the camera in good light and take the photo again.",
  several_faces: "More than one face is in the picture. Make sure that you are alone in it and take it again.",
  face_too_small: "The face is too small. Come closer to the camera and take the photo again.",
  face_blurred: "The picture is blurred. Hold still, wipe the lens and take the photo again.",
  face_cut_off: "Part of the face is cut off. Keep your whole face inside the picture and take the photo again.",
  face_turned: "The face is turned away. Look straight into the camera and take the photo again.",
  face_bad_light: "The light is not good enough. Turn to a window or a lamp and take the photo again.",
  face_covered: "A mask or dark glasses hide part of the face. Take them off and take the photo again.",
  different_people: "The photos seem to show different people. Use photos of yourself alone.",
  face_already_enrolled:
    "This face already belongs to another account. Sign in to that account, or ask the staff for help.",
  plate_taken: "Somebody has registered this plate already. If it is yours, say so below.",
  plate_free: "Nobody has registered this plate any more. You can add it now.",
  own_vehicle: "This is your own vehicle already.",
  claim_open: "You have said so already. An operator will decide.",
  claim_closed: "This has been decided in the meantime. Load the page again.",
  too_many_claims: "Too many of your claims wait for a decision. Wait for one of them first.",
  too_many_vehicles: "No more vehicles fit into one account. Remove one first.",
  vehicle_not_found: "This vehicle is not in your account any more.",
  driver_not_found: "This driver was removed in the meantime.",
  password_wrong: "This is not your password. Try again.",
  insufficient_funds: "There is not enough money in the wallet. Top it up and try again.",
  amount_out_of_range: "This amount is outside the limits of a top-up. Choose another one, for instance 100.",
  station_key_invalid: "This screen's key is no longer valid. Ask an operator for a new link from the console.",
  wrong_station: "This screen's key belongs to another station. Ask an operator for a new link from the console.",
  gate_not_found: "This gate no longer exists. Ask an operator for a new link from the console.",
  user_not_found: "This person no longer has an account. Ask for another way to pay.",
  merchant_not_found: "This shop is not set up for payments. Ask an operator to check it in the console.",
  proof_too_weak: "The digits of a phone are not enough here. Enter your PIN, or show the code of your app.",
  sighting_expired: "That took too long. Please look at the camera again.",
  sighting_resolved: "This was answered already. Please look at the camera again.",
  sighting_not_found: "This was too long ago. Please look at the camera again.",
  frame_repeated: "The camera shows the same picture again and again. Please ask the staff to look at it.",
  gate_closed: "This gate was closed meanwhile. Please use another gate.",
  payment_expired: "The time for this payment is over and nothing was taken. Open it again to pay it.",
  illegal_transition: "This has changed in the meantime. Look at it once more before you go on.",
  payment_disputed:
    "The payer objects to this payment. Decide on the objection first; until then nothing is given back.",
  payment_charged_back: "The payer has this money back already, since the objection was decided for them.",
  refund_above_captured: "That is more than is left of this payment. Give back a smaller amount.",
  four_eyes: "Nobody decides on their own wish or their own money. Ask somebody else.",
  already_decided: "Somebody has decided on this already. Load the list again to see how.",
  limit_exceeded: "This is more than may be spent in a day. Try a smaller amount, or pay another way.",
  amount_changed: "The amount has changed. Start this sale again, so that the customer sees the right one.",
  pin_not_set: "There is no PIN for this account yet. Confirm in the SightPay app instead.",
  pin_locked: "This PIN is locked after too many tries. Confirm in the SightPay app, and choose a new PIN there.",
  code_wrong: "This code is not good any more, or not this customer's. Show a new one, or press Pay in the app.",
  proof_needed: "To raise a limit, or to take it away, enter your password.",
  last_admin: "This is the last admin. Make somebody else an admin first.",
  balance_left: "There is still money in the wallet. Spend it first, or ask an operator to pay it out.",
  holds_open: "Money is set aside for a payment or a journey. Wait until it is over, then try again.",
  debt_open: "Something is still owed. Top up the wallet so that it can be paid, then try again.",
  money_moves: "Money of this account is moving right now. Try again in a moment.",
  transaction_not_found: "There is no such payment in this account. Go back to the list of payments.",
  receipt_not_found: "There is no such receipt in this account. Go back to the list of payments.",
  idempotency_key_reused: "An earlier request is still being settled. Load the page again and check the result first.",
};

const byStatus: Readonly<Record<number, string>> = {
  401: "Your sign-in has ended. Please sign in again.",
  403: "This account may not do that. Sign in with another account or ask an operator.",
  404: "This could not be found. It may have been removed; go back and load the page again.",
  413: "The pictures are too large. Choose smaller or fewer ones, 10 MB together at most.",
  415: "This file is not a picture that can be read. Choose a JPEG, PNG or WebP file.",
  429: "Too many tries in a short time. Wait a minute and try again.",
};

/** One sentence or two for people: what is wrong and what to do next. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof ApiProblem))
    return "Something unexpected happened on this page. Load it again and try once more.";
  if (error.code === "pin_wrong") return wrongPin(error.triesLeft);
  const own = sentences[error.code];
  if (own) return own;
  if (error.detail) return error.detail;
  const general = byStatus[error.status];
  if (general) return general;
  if (error.status >= 500) return "The server cannot do this right now. Please try again in a moment.";
  return "This could not be done. Check what you entered and try again.";
}

function wrongPin(triesLeft: number | null): string {
  if (triesLeft === null) return "This PIN is not right. Try once more.";
  if (triesLeft === 0) return "This PIN is not right, and it is locked now. Confirm in the SightPay app instead.";
  return `This PIN is not right. ${triesLeft === 1 ? "One try is" : `${triesLeft} tries are`} left.`;
}

/** The first message of each field of a 422, under its wire name. */
export function fieldErrors(error: unknown): Record<string, string> {
  if (!(error instanceof ApiProblem)) return {};
  const first = Object.entries(error.errors).map(([field, messages]) => [field, messages[0] ?? ""]);
  return Object.fromEntries(first);
}

/** Reads a problem from an answer, whatever its body is: a proxy in between may answer with a page of its own. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const text = await response.text().catch(() => "");
  try {
    return problemFromWire(JSON.parse(text), response.status);
  } catch {
    return new ApiProblem(response.status, "", "", response.status >= 502);
  }
}

/** The same from parsed JSON, as stations get it over their socket. */
export function problemFromWire(body: unknown, status = 0): ApiProblem {
  const wire = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  const errors = typeof wire.errors === "object" && wire.errors !== null ? wire.errors : {};
  return new ApiProblem(
    typeof wire.status === "number" ? wire.status : status,
    text(wire.code),
    text(wire.detail),
    wire.retryable === true,
    errors as Record<string, string[]>,
    typeof wire.tries_left === "number" ? wire.tries_left : null,
  );
}
