import { Container, Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { NavLink } from "react-router";
import type { LiveState } from "../live/LiveFeed";
import { Icon, type IconName, Mark } from "./Icon";
import { LiveBadge } from "./LiveBadge";
import "./shell.css";

export interface Place {
  to: string;
  label: string;
  icon: IconName;
  /** Something there waits for the reader. */
  count?: number;
}

interface PageFrameProps {
  title: string;
  places: Place[];
  live: LiveState;
  /** How wide the content may become. */
  size: "sm" | "lg";
  /** What is done with the account: a menu, a button. */
  account: ReactNode;
  children: ReactNode;
}

/** The frame of all signed-in pages: where one is, where one may go, whether what is shown is the present. */
export function PageFrame({ title, places, live, size, account, children }: PageFrameProps) {
  return (
    <div className="shell" data-many={places.length > 5}>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="shell-head">
        <Container size={size === "sm" ? "md" : "lg"} className="shell-row">
          <Group gap="sm" wrap="nowrap" className="shell-title">
            <Mark size={30} />
            <Text fw={700} visibleFrom="md">
              {title}
            </Text>
          </Group>
          <nav className="places" aria-label="Pages">
            {places.map((place) => (
              <NavLink
                key={place.to}
                to={place.to}
                end={place.to === "/"}
                className="place"
                data-testid={`nav-${place.label.toLowerCase()}`}
              >
                <Icon name={place.icon} size={22} />
                {place.label}
                {place.count ? (
                  <span className="place-count figures">
                    {place.count}
                    <span className="spoken"> waiting</span>
                  </span>
                ) : null}
              </NavLink>
            ))}
          </nav>
          <Group gap="md" wrap="nowrap" className="shell-account">
            <LiveBadge state={live} />
            {account}
          </Group>
        </Container>
      </header>
      <Container size={size} py="lg" component="main" id="content">
        {children}
      </Container>
    </div>
  );
}
