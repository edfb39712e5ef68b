/** Money, times and names as people read them. */
export function money(amountMinor: number, currency: string): string {
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency, currencyDisplay: "narrowSymbol" });
  return format.format(amountMinor / 10 ** minorDigits(currency));
}

export function minorDigits(currency: string): number {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return format.resolvedOptions().maximumFractionDigits ?? 2;
}

/** An amount typed by a person, in minor units; null when it is not one. Works on digits, never on a float. */
export function parseAmount(text: string, currency: string): number | null {
  const digits = minorDigits(currency);
  const match = /^(\d{1,9})(?:[.,](\d*))?$/.exec(text.trim().replace(/[\s']/g, ""));
  const fraction = match?.[2] ?? "";
  if (!match || fraction.length > digits) return null;
  return Number(`${match[1]}${fraction.padEnd(digits, "0")}`);
}

/** An amount as somebody would type it; {@link parseAmount} reads it back. */
export function plainAmount(amountMinor: number, currency: string): string {
  const digits = minorDigits(currency);
  const text = String(amountMinor).padStart(digits + 1, "0");
  const [whole, fraction] = [text.slice(0, text.length - digits), text.slice(text.length - digits)];
  return Number(fraction) === 0 ? whole : `${whole}.${fraction}`;
}

export function clock(at: string): string {
  return new Date(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}

export function clockWithSeconds(at: string): string {
  return new Date(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

export function day(at: string, now = new Date()): string {
  const date = new Date(at);
  if (date.toDateString() === now.toDateString()) return "Today";
  const before = new Date(now);
  before.setDate(now.getDate() - 1);
  if (date.toDateString() === before.toDateString()) return "Yesterday";
  return date.toLocaleDateString(undefined, { weekday: "short", day: "numeric", month: "short" });
}

export function dayAndClock(at: string): string {
  return `${day(at)}, ${clock(at)}`;
}

export function firstName(name: string): string {
  return name.trim().split(/\s+/)[0] ?? name;
}

/** A day and time inside a sentence: "today at 14:05", "on Fri, 20 Nov at 14:05". */
export function midSentence(at: string): string {
  const name = day(at);
  const near = name === "Today" || name === "Yesterday";
  return `${near ? name.toLowerCase() : `on ${name}`} at ${clock(at)}`;
}

/** A span that runs down, as clocks show it: "4:05", from an hour on "1:00:00"; never below zero. */
export function timeLeft(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const pair = (value: number) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${pair(minutes)}:${pair(seconds % 60)}` : `${minutes}:${pair(seconds % 60)}`;
}

/** The first and the last moment of a day of the calendar here, "2026-11-27", for a search. */
export function dayBounds(date: string): { from: string; to: string } | null {
  const [year, month, dayOfMonth] = date.split("-").map(Number);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || !year || !month || !dayOfMonth) return null;
  // Days are counted, not hours: a day on which clocks change has 23 or 25 of them.
  const start = new Date(year, month - 1, dayOfMonth);
  return { from: start.toISOString(), to: new Date(year, month - 1, dayOfMonth + 1).toISOString() };
}
