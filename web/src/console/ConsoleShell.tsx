import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Outlet } from "react-router";
import type { LiveEvent, SignedInPerson, StopActivity } from "../shared/api/types";
import { useLive } from "../shared/live/useLive";
import { useStale } from "../shared/live/useStale";
import { PageFrame, type Place } from "../shared/ui/PageFrame";
import { GalleryNote } from "./GalleryNote";
import { api, type Rights, rightsOf, session } from "./operator";
import { useDecisionsWaiting } from "./queues";
import { StationAlerts } from "./StationAlerts";

const alertsShown = 3;

function placesFor({ reads, acts, sells, fuels }: Rights, decisions: number): Place[] {
  const payments: Place = { to: "/payments", label: "Payments", icon: "till" };
  const fuel: Place[] = [{ to: "/sites", label: "Sites", icon: "pump" }];
  if (!reads) return [...(sells ? [payments] : []), ...(fuels ? fuel : [])];
  const operating: Place[] = [
    { to: "/stations", label: "Stations", icon: "gate" },
    { to: "/connections", label: "Connections", icon: "plug" },
  ];
  return [
    { to: "/", label: "Line", icon: "journeys" },
    ...fuel,
    payments,
    { to: "/decisions", label: "Decisions", icon: "scales", count: decisions },
    { to: "/people", label: "People", icon: "people" },
    { to: "/merchants", label: "Merchants", icon: "receipt" },
    { to: "/reconciliations", label: "Books", icon: "balance" },
    ...(acts ? operating : []),
    { to: "/audit", label: "Audit", icon: "book" },
  ];
}

export function ConsoleShell({ person }: { person: SignedInPerson }) {
  const queries = useQueryClient();
  const stale = useStale();
  const [alerts, setAlerts] = useState<readonly LiveEvent[]>([]);
  const hear = (event: LiveEvent) => {
    if (event.type === "stop" || event.type === "journey") {
      countAtOnce(event);
      void queries.invalidateQueries({ queryKey: ["stop-activity"] });
    } else if (event.type === "gate") void queries.invalidateQueries({ queryKey: ["stops"] });
    else if (event.type === "station") void queries.invalidateQueries({ queryKey: ["stations"] });
    else if (event.type === "pump") stale("pumps");
    else if (event.type === "site" || event.type === "tank") stale("site", "sites", "pumps");
    else if (event.type === "payment") stale("payments", "disputes");
    else if (event.type === "top_up") stale("top-ups");
    else if (event.type === "plate_claim") stale("plate-claims", "audit");
    else if (event.type === "adjustment") stale("approvals", "payments");
    else if (event.type === "reconciliation") void queries.invalidateQueries({ queryKey: ["reconciliations"] });
    else if (event.type === "alert" && event.data.what === "gallery_outgrown")
      void queries.invalidateQueries({ queryKey: ["health"] });
    else if (event.type === "alert") {
      setAlerts((before) => [event, ...before].slice(0, alertsShown));
      stale("audit");
    } else if (event.type === "connection") void queries.invalidateQueries({ queryKey: ["connections"] });
  };
  /** The count moves with the event; names and times follow with the next answer. */
  const countAtOnce = ({ data }: LiveEvent) => {
    if (typeof data.stop_id !== "string" || typeof data.inside !== "number") return;
    const { stop_id: id, inside } = data;
    queries.setQueryData<{ stops: StopActivity[] }>(["stop-activity"], (before) =>
      before ? { stops: before.stops.map((stop) => (stop.id === id ? { ...stop, inside } : stop)) } : before,
    );
  };
  const may = rightsOf(person.roles);
  const places = placesFor(may, useDecisionsWaiting());
  const live = useLive(api.liveTicket, hear, () => void queries.invalidateQueries());
  useEffect(() => () => queries.clear(), [queries]);

  return (
    <PageFrame title="Console" places={places} live={live} size="lg" account={<SignOut person={person} />}>
      <StationAlerts alerts={alerts} onSeen={() => setAlerts([])} />
      {may.reads && <GalleryNote />}
      <Outlet />
    </PageFrame>
  );
}

function SignOut({ person }: { person: SignedInPerson }) {
  return (
    <Button
      size="compact-sm"
      variant="default"
      onClick={() => void session.signOut()}
      title={person.name}
      data-testid="sign-out"
    >
      Sign out
    </Button>
  );
}
