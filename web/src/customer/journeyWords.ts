import type { Journey } from "../shared/api/types";

export const isOpen = (journey: Journey) => journey.state === "open";

export function routeOf(journey: Journey): string {
  const from = journey.entry?.stop_name ?? "Unknown stop";
  if (isOpen(journey)) return `From ${from}`;
  return `${from} to ${journey.exit?.stop_name ?? "unknown stop"}`;
}

export const lastMoment = (journey: Journey) => journey.exit?.at ?? journey.entry?.at ?? "";
