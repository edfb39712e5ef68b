import { ActionIcon, Container, Group, Menu, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { NavLink, Outlet } from "react-router";
import type { LiveEvent, SignedInPerson } from "../shared/api/types";
import { useLive } from "../shared/live/useLive";
import { Icon, type IconName, Mark } from "../shared/ui/Icon";
import "../shared/ui/shell.css";
import { LiveBadge } from "../shared/ui/LiveBadge";
import { api, session } from "./account";
import { PaymentsToConfirm } from "./PaymentsToConfirm";
import { useJourneyNews, usePaymentNews } from "./useNews";

const places: { to: string; label: string; icon: IconName }[] = [
  { to: "/", label: "Home", icon: "home" },
  { to: "/wallet", label: "Wallet", icon: "wallet" },
  { to: "/journeys", label: "Journeys", icon: "journeys" },
  { to: "/face", label: "Face", icon: "face" },
];

/** The frame of every signed-in page: navigation, live updates and news of charged fares. */
export function Shell({ person }: { person: SignedInPerson }) {
  const queries = useQueryClient();
  const refresh = (event: LiveEvent) => {
    if (event.type === "journey" || event.type === "wallet" || event.type === "payment") {
      void queries.invalidateQueries({ queryKey: ["journeys"] });
      void queries.invalidateQueries({ queryKey: ["wallet"] });
      void queries.invalidateQueries({ queryKey: ["payments"] });
    }
    if (event.type === "face" || event.type === "consent") {
      void queries.invalidateQueries({ queryKey: ["face"] });
      void queries.invalidateQueries({ queryKey: ["consents"] });
    }
  };
  const live = useLive(api.liveTicket, refresh, () => void queries.invalidateQueries());
  useJourneyNews();
  usePaymentNews();
  // What one person's pages have loaded must not greet the next one who signs in here.
  useEffect(() => () => queries.clear(), [queries]);

  return (
    <div className="shell">
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="shell-head">
        <Container size="sm" h="100%">
          <Group h="100%" justify="space-between" wrap="nowrap">
            <Group gap="sm" wrap="nowrap">
              <Mark size={30} />
              <Text fw={700} visibleFrom="sm">
                SightPay
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
            <Group gap="sm" wrap="nowrap">
              <LiveBadge state={live} />
              <AccountMenu person={person} />
            </Group>
          </Group>
        </Container>
      </header>
      <Container size="sm" py="lg" component="main" id="content">
        <PaymentsToConfirm />
        <Outlet />
      </Container>
    </div>
  );
}

function AccountMenu({ person }: { person: SignedInPerson }) {
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <ActionIcon variant="light" radius="xl" size={36} aria-label="Account" data-testid="account">
          <Text span fw={700} size="sm" aria-hidden>
            {person.name.trim().slice(0, 1).toUpperCase()}
          </Text>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} truncate>
            {person.name}
          </Text>
          <Text size="xs" truncate>
            {person.email}
          </Text>
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item
          leftSection={<Icon name="exit" size={18} />}
          onClick={() => void session.signOut()}
          data-testid="sign-out"
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
