import { minorDigits } from "../format";
import type { FuelKind, FuelUnit } from "./types";

export const kindWords: Readonly<Record<FuelKind, string>> = {
  petrol: "Petrol",
  diesel: "Diesel",
  electric: "Electric",
};

/** After a figure. */
export const unitShort: Readonly<Record<FuelUnit, string>> = { litre: "l", us_gallon: "gal", kilowatt_hour: "kWh" };

/** After a price. */
export const perUnit: Readonly<Record<FuelUnit, string>> = {
  litre: "a litre",
  us_gallon: "a gallon",
  kilowatt_hour: "a kWh",
};

/** "1,234.5 l": as many places as the figure has, or as many as are asked for. */
export function quantity(thousandths: number, unit: FuelUnit, places?: number): string {
  const format = new Intl.NumberFormat(undefined, {
    minimumFractionDigits: places ?? 0,
    maximumFractionDigits: places ?? 3,
  });
  return `${format.format(thousandths / 1_000)} ${unitShort[unit]}`;
}

/** A price with all of its places: pumps show a tenth of the smallest coin. */
export function unitPrice(thousandthsOfMinor: number, currency: string): string {
  const digits = minorDigits(currency);
  const format = new Intl.NumberFormat(undefined, {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits + 3,
  });
  return format.format(thousandthsOfMinor / 10 ** (digits + 3));
}

/** A figure typed by a person as a whole number of its last places; null when it is not one. Never a float. */
function places(text: string, digits: number): number | null {
  const match = /^(\d{1,7})(?:[.,](\d*))?$/.exec(text.trim().replace(/[\s']/g, ""));
  const fraction = match?.[2] ?? "";
  if (!match || fraction.length > digits) return null;
  return Number(`${match[1]}${fraction.padEnd(digits, "0")}`);
}

export const parseQuantity = (text: string) => places(text, 3);

export const parseUnitPrice = (text: string, currency: string) => places(text, minorDigits(currency) + 3);

/** What the clock at the site shows, as date and time fields write it: 2026-11-28T06:00. */
export function wallClock(at: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(at);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}`;
}

/**
 * The moment at which the clock at the site shows this; null when it is no date. Where it shows it twice, the first
 * time; where it jumps over it, the moment of the jump plus as much.
 */
export function momentOf(wall: string, timeZone: string): number | null {
  const asUtc = Date.parse(`${wall}Z`);
  if (Number.isNaN(asUtc)) return null;
  const shown = (at: number) => Date.parse(`${wallClock(at, timeZone)}Z`);
  // The offsets of the day before and after are the only ones that can hold.
  const offsets = [asUtc - 86_400_000, asUtc + 86_400_000].map((at) => shown(at) - at);
  const moments = offsets.map((offset) => asUtc - offset);
  return moments.filter((at) => shown(at) === asUtc).sort((one, other) => one - other)[0] ?? Math.max(...moments);
}

/** A moment by the clock at the site: "28 Nov, 06:00". */
export function siteTime(at: string, timeZone: string): string {
  return new Date(at).toLocaleString(undefined, {
    timeZone,
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
}
