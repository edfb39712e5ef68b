import { Button, Container, Group, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { NavLink, Outlet } from "react-router";
import type { LiveEvent, SignedInPerson, StopActivity } from "../shared/api/types";
import { useLive } from "../shared/live/useLive";
import { Icon, type IconName, Mark } from "../shared/ui/Icon";
import "../shared/ui/shell.css";
import { LiveBadge } from "../shared/ui/LiveBadge";
import { api, session } from "./operator";

const places: { to: string; label: string; icon: IconName }[] = [
  { to: "/", label: "Line", icon: "journeys" },
  { to: "/stations", label: "Stations", icon: "gate" },
  { to: "/connections", label: "Connections", icon: "plug" },
  { to: "/people", label: "People", icon: "people" },
];

export function ConsoleShell({ person }: { person: SignedInPerson }) {
  const queries = useQueryClient();
  const hear = (event: LiveEvent) => {
    if (event.type === "stop" || event.type === "journey") {
      countAtOnce(event);
      void queries.invalidateQueries({ queryKey: ["stop-activity"] });
    } else if (event.type === "gate") void queries.invalidateQueries({ queryKey: ["stops"] });
    else if (event.type === "station") void queries.invalidateQueries({ queryKey: ["stations"] });
    else if (event.type === "connection") void queries.invalidateQueries({ queryKey: ["connections"] });
  };
  /** The count moves with the event; names and times follow with the next answer. */
  const countAtOnce = ({ data }: LiveEvent) => {
    if (typeof data.stop_id !== "string" || typeof data.inside !== "number") return;
    const { stop_id: id, inside } = data;
    queries.setQueryData<{ stops: StopActivity[] }>(["stop-activity"], (before) =>
      before ? { stops: before.stops.map((stop) => (stop.id === id ? { ...stop, inside } : stop)) } : before,
    );
  };
  const live = useLive(api.liveTicket, hear, () => void queries.invalidateQueries());
  useEffect(() => () => queries.clear(), [queries]);

  return (
    <div className="shell">
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="shell-head">
        <Container size="lg" h="100%">
          <Group h="100%" justify="space-between" wrap="nowrap">
            <Group gap="sm" wrap="nowrap">
              <Mark size={30} />
              <Text fw={700} visibleFrom="md">
                Console
              </Text>
            </Group>
            <nav className="places" aria-label="Pages">
              {places.map((place) => (
                <NavLink
                  key={place.to}
                  to={place.to}
                  end
                  className="place"
                  data-testid={`nav-${place.label.toLowerCase()}`}
                >
                  <Icon name={place.icon} size={22} />
                  {place.label}
                </NavLink>
              ))}
            </nav>
            <Group gap="md" wrap="nowrap">
              <LiveBadge state={live} />
              <Button
                size="compact-sm"
                variant="default"
                onClick={() => void session.signOut()}
                title={person.name}
                data-testid="sign-out"
              >
                Sign out
              </Button>
            </Group>
          </Group>
        </Container>
      </header>
      <Container size="lg" py="lg" component="main" id="content">
        <Outlet />
      </Container>
    </div>
  );
}
