import { useEffect, useRef } from "react";
import { useLocation } from "react-router";
import { money } from "../shared/format";
import { toast } from "../shared/ui/toasts";
import { isOpen, lastMoment, routeOf } from "./journeyWords";
import { usePayments, useRecentJourneys } from "./queries";

const freshMs = 5 * 60_000;

/** Tells the person when a gate let them in and when a fare was charged, on whatever page they are. */
export function useJourneyNews(): void {
  const journeys = useRecentJourneys();
  const known = useRef<Map<string, string> | null>(null);

  useEffect(() => {
    if (!journeys.data) return;
    const before = known.current;
    known.current = new Map(journeys.data.items.map((journey) => [journey.id, journey.state]));
    if (!before) return;
    for (const journey of journeys.data.items) {
      const news = before.get(journey.id) !== journey.state && Date.now() - Date.parse(lastMoment(journey)) < freshMs;
      if (!news) continue;
      if (isOpen(journey))
        toast(`Welcome at ${journey.entry?.stop_name ?? "the gate"}`, "Have a good journey.", "plain");
      else toast(`${money(journey.fare_minor, journey.currency)} paid`, routeOf(journey));
    }
  }, [journeys.data]);
}

/** Tells the person when a till was paid from their wallet; a bill at a pump says so itself. */
export function usePaymentNews(): void {
  const payments = usePayments();
  const atPump = useLocation().pathname.startsWith("/fuel/");
  const known = useRef<Map<string, string> | null>(null);

  useEffect(() => {
    if (!payments.data) return;
    const before = known.current;
    known.current = new Map(payments.data.items.map((payment) => [payment.id, payment.status]));
    if (!before || atPump) return;
    for (const { id, status, amount, captured_minor, merchant_id } of payments.data.items)
      if (status === "captured" && before.get(id) !== status)
        toast(`${money(captured_minor, amount.currency)} paid`, `At ${merchant_id}`);
  }, [payments.data, atPump]);
}
