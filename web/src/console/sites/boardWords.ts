import type { FuelSession, FuelSessionState } from "../../shared/api/types";
import type { Tone } from "../../shared/payments/paymentWords";

/** A state as staff read it. */
export const stateWords: Readonly<Record<FuelSessionState, readonly [label: string, tone: Tone]>> = {
  waiting: ["In line", "plain"],
  offered: ["Asked the driver", "waiting"],
  held: ["May fill", "good"],
  fuelling: ["Filling", "good"],
  lost: ["Pump is silent", "bad"],
  delivered: ["Waits for a yes", "waiting"],
  expired: ["Not paid in time", "bad"],
  paid: ["Paid in the app", "good"],
  unclaimed: ["Pay in shop", "waiting"],
  quarantined: ["Look at it", "bad"],
  drive_off: ["Drove off", "bad"],
  lapsed: ["Left", "plain"],
  declined: ["Not theirs", "plain"],
  aborted: ["Took nothing", "plain"],
  cancelled: ["Ended", "plain"],
  paid_elsewhere: ["Paid in the shop", "good"],
  written_off: ["Given up", "plain"],
};

export const noteWords: Readonly<Record<string, string>> = {
  amount_differs: "The pump's amount is not what its quantity costs.",
  implausible: "The pump said what no pump delivers.",
  other_nozzle: "The pump says another nozzle than the one that was lifted.",
  no_price: "Nobody knows what it costs.",
  no_session: "It was delivered while nobody listened.",
  not_me: "The owner said: not me.",
  drove_off: "The car left without paying.",
  paid_twice: "It was paid in the app as well; that money went back.",
};

export type StaffAct = "cash" | "cancel" | "reassign" | "not-theirs" | "drive-off" | "write-off" | "release";

const beforeTheNozzle: readonly FuelSessionState[] = ["waiting", "offered", "held"];
const owed: readonly FuelSessionState[] = ["delivered", "expired", "unclaimed", "quarantined", "drive_off"];
const over: readonly FuelSessionState[] = [
  "paid",
  "lapsed",
  "declined",
  "aborted",
  "cancelled",
  "paid_elsewhere",
  "written_off",
];

/** What staff may do to a session now; the server says the last word. */
export function actsOn({ state, vehicle }: Pick<FuelSession, "state" | "vehicle">, manages: boolean): StaffAct[] {
  const acts: StaffAct[] = [];
  if (owed.includes(state)) acts.push("cash");
  if (state === "quarantined") acts.push("release");
  if (beforeTheNozzle.includes(state) || state === "lost") acts.push("cancel");
  if (beforeTheNozzle.includes(state) || owed.includes(state) || state === "fuelling" || state === "lost")
    acts.push("reassign");
  if (vehicle && ![...over, "unclaimed"].includes(state)) acts.push("not-theirs");
  if (owed.includes(state) && state !== "drive_off") acts.push("drive-off");
  if (owed.includes(state) && manages) acts.push("write-off");
  return acts;
}

/** A car that stands before the nozzle may stand at another pump; after it only another car is a question. */
export const mayMove = ({ state }: Pick<FuelSession, "state">) => beforeTheNozzle.includes(state);
