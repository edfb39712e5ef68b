import type { FuelSession, FuelUnit } from "../shared/api/types";
import { minorDigits, money } from "../shared/format";
import type { Tone } from "../shared/payments/paymentWords";

export interface FuelWords {
  label: string;
  tone: Tone;
  title: string;
  /** What it means, and what to do next where there is something. */
  sentence: string;
}

const units: Readonly<Record<FuelUnit, string>> = { litre: "l", us_gallon: "gal", kilowatt_hour: "kWh" };

/** A quantity as pumps show it: "12.34 l". */
export function quantity(thousandths: number, unit: FuelUnit | null | undefined): string {
  const format = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return `${format.format(thousandths / 1000)} ${unit ? units[unit] : ""}`.trim();
}

/** A price as pumps show it, to a tenth of the smallest coin: "₹105.41 per l". */
export function unitPrice(session: FuelSession): string | null {
  if (!session.unit_price || !session.unit) return null;
  const digits = minorDigits(session.currency);
  const format = new Intl.NumberFormat(undefined, {
    style: "currency",
    currency: session.currency,
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits + 1,
  });
  return `${format.format(session.unit_price / 1000 / 10 ** digits)} per ${units[session.unit]}`;
}

export const carOf = (session: FuelSession) => session.vehicle?.name || session.vehicle?.plate || "Your car";

/** A yes is waited for. */
export const awaitsYes = (session: FuelSession) => session.state === "offered" || session.state === "delivered";

/** Fuel is in the car and somebody has to pay it. */
export const isBill = (session: FuelSession) =>
  session.state === "delivered" || session.state === "expired" || session.state === "drive_off";

/** What may be said to it now. */
export function answersOf(session: FuelSession) {
  const { state } = session;
  return {
    hold: state === "offered",
    pay: state === "delivered",
    reopen: state === "expired" || state === "drive_off" || state === "lapsed",
    decline: ["waiting", "offered", "held", "fuelling", "delivered", "expired", "drive_off"].includes(state),
  };
}

export function fuelWords(session: FuelSession): FuelWords {
  const sum = money(session.amount_minor, session.currency);
  const pump = `pump ${session.pump_number}`;
  switch (session.state) {
    case "waiting":
      return {
        label: "Next in line",
        tone: "plain",
        title: `You are next at ${pump}`,
        sentence: "Another car has the pump. As soon as it is yours you can say yes here.",
      };
    case "offered":
      return {
        label: "Ready",
        tone: "waiting",
        title: `You are at ${pump}`,
        sentence: "Say yes, and it is paid from the wallet when you hang up. Or fill up first and pay the bill then.",
      };
    case "held":
      return {
        label: "Ready to fill",
        tone: "good",
        title: `Fill up at ${pump}`,
        sentence: `${setAside(session)} What you take is paid when you hang up, the rest is free again.`,
      };
    case "fuelling":
      return {
        label: "Filling",
        tone: "waiting",
        title: `Filling at ${pump}`,
        sentence: session.hold_minor
          ? `${session.hold_max_minor > session.hold_minor ? `${setAside(session)} ` : ""}It is paid when you hang up.`
          : "The bill opens here as soon as you hang up.",
      };
    case "lost":
      return {
        label: "Pump silent",
        tone: "waiting",
        title: "The pump has lost its line",
        sentence: "What it delivered is told late. You see it here then; nothing more is set aside for it.",
      };
    case "delivered":
      return {
        label: "To pay",
        tone: "waiting",
        title: sum,
        sentence: session.doubtful
          ? "It may have been another car. Pay only if this is yours; nothing is taken before."
          : "Nothing is charged unless you agree.",
      };
    case "expired":
      return {
        label: "Not paid yet",
        tone: "bad",
        title: sum,
        sentence:
          "Nobody said yes in time and nothing was charged. Open the bill again and pay it, or pay in the shop.",
      };
    case "drive_off":
      return {
        label: "Left unpaid",
        tone: "bad",
        title: sum,
        sentence: "The site says that the car left without paying. Open the bill again and pay it here.",
      };
    case "paid":
      return { label: "Paid", tone: "good", title: sum, sentence: "Paid from the wallet, once. Have a good journey." };
    case "quarantined":
      return {
        label: "Being checked",
        tone: "waiting",
        title: "The pump's figures do not fit",
        sentence: "Quantity and amount differ, so people look at it first. Nothing was charged.",
      };
    case "paid_elsewhere":
      return {
        label: "Paid in the shop",
        tone: "good",
        title: sum,
        sentence:
          session.note === "paid_twice"
            ? "The shop was paid, so what the wallet had paid is back in it."
            : "The shop has the money. Nothing more is due.",
      };
    case "written_off":
      return { label: "Nothing due", tone: "plain", title: sum, sentence: "The site gave this bill up." };
    default:
      return overWords(session);
  }
}

/** Charging sets money aside step by step. */
const setAside = ({ hold_minor, hold_max_minor, currency }: FuelSession) =>
  hold_max_minor > hold_minor
    ? `${money(hold_minor, currency)} is set aside, and more as it charges, up to ${money(hold_max_minor, currency)}.`
    : `Up to ${money(hold_minor, currency)} is set aside.`;

/** Over before anything was delivered. */
function overWords(session: FuelSession): FuelWords {
  const title = `Pump ${session.pump_number}`;
  switch (session.state) {
    case "lapsed":
      return {
        label: "Over",
        tone: "plain",
        title,
        sentence: "Nobody said yes in time. Nothing was taken. If you are still there, open it again.",
      };
    case "declined":
      return { label: "Not you", tone: "plain", title, sentence: "You said that this was not you. Nothing was taken." };
    case "aborted":
      return { label: "Nothing taken", tone: "plain", title, sentence: "Nothing flowed, so nothing was charged." };
    default:
      return { label: "Over", tone: "plain", title, sentence: "It was ended. Nothing was charged." };
  }
}
