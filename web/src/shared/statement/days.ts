import { dayBounds } from "../format";

/** A period as people name it: its first and its last day, both in it. */
export interface Days {
  first: string;
  last: string;
}

/** @param back 0: the month of `now`; 1: the one before. */
export function monthOf(now: Date, back: number): Days {
  const [year, month] = [now.getFullYear(), now.getMonth() - back];
  return { first: written(new Date(year, month, 1)), last: written(new Date(year, month + 1, 0)) };
}

/** What keeps two days from being a period, in words; null when nothing does. */
export function daysFault({ first, last }: Days): string | null {
  if (!dayBounds(first) || !dayBounds(last)) return "Choose both days.";
  return first > last ? "The first day is after the last." : null;
}

/** The same as moments, by the calendar here. */
export function momentsOf({ first, last }: Days): { from: string; to: string } | null {
  const [begin, end] = [dayBounds(first), dayBounds(last)];
  return begin && end ? { from: begin.from, to: end.to } : null;
}

/** The same by the calendar of the server, which is UTC's; as it wants periods, the day after the last is the end. */
export function utcDaysOf({ first, last }: Days): { from: string; to: string } {
  const after = new Date(`${last}T00:00:00Z`);
  after.setUTCDate(after.getUTCDate() + 1);
  return { from: first, to: after.toISOString().slice(0, 10) };
}

/** A day of a statement, "2026-11-27", with its year where it is not this one. */
export function dayName(date: string, now = new Date()): string {
  const [year = 0, month = 1, day = 1] = date.split("-").map(Number);
  return new Date(year, month - 1, day).toLocaleDateString(undefined, {
    weekday: "short",
    day: "numeric",
    month: "short",
    ...(year === now.getFullYear() ? {} : { year: "numeric" }),
  });
}

/** The day of a moment by the calendar here. */
export const dayOf = (at: string) => written(new Date(at));

function written(date: Date): string {
  const pair = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${pair(date.getMonth() + 1)}-${pair(date.getDate())}`;
}
