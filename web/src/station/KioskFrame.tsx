import { Button, Group, Menu, SegmentedControl, Text } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { LiveState } from "../shared/live/LiveFeed";
import { Mark } from "../shared/ui/Icon";
import { LiveBadge } from "../shared/ui/LiveBadge";
import { Confirm } from "../shared/ui/notes";
import type { Credentials } from "./credentials";
import { useWakefulScreen } from "./useWakefulScreen";

export type Mode = "camera" | "photo";

interface KioskFrameProps {
  credentials: Credentials;
  state: LiveState | null;
  /** Null while no picture is needed. */
  mode: Mode | null;
  onMode: (mode: Mode) => void;
  onUnlink: () => void;
  children: ReactNode;
}

export function KioskFrame({ credentials, state, mode, onMode, onUnlink, children }: KioskFrameProps) {
  const [asking, setAsking] = useState(false);
  useWakefulScreen();
  return (
    <div className="kiosk">
      <header className="kiosk-head">
        <Group gap="sm" wrap="nowrap" miw={0}>
          <Mark size={34} />
          <div className="kiosk-name">
            <Text component="h1" fw={700} truncate data-testid="station-name">
              {credentials.name}
            </Text>
            <Text size="sm" c="dimmed" truncate>
              {credentials.station_id}
            </Text>
          </div>
        </Group>
        <Group gap="sm" wrap="nowrap">
          {state && <LiveBadge state={state} />}
          <Menu position="bottom-end" width={230}>
            <Menu.Target>
              <Button variant="default" size="sm" data-testid="station-menu">
                Screen
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Label>{credentials.station_id}</Menu.Label>
              <Menu.Item onClick={() => void document.documentElement.requestFullscreen?.().catch(() => {})}>
                Fill the screen
              </Menu.Item>
              <Menu.Item color="red" onClick={() => setAsking(true)} data-testid="station-unlink">
                Unlink this screen
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </Group>
      </header>
      <main className="kiosk-body">{children}</main>
      {mode && (
        <footer className="kiosk-foot">
          <SegmentedControl
            value={mode}
            onChange={(value) => onMode(value as Mode)}
            data={[
              { value: "camera", label: "Camera" },
              { value: "photo", label: "Photo file" },
            ]}
            aria-label="Where pictures come from"
            data-testid="station-mode"
          />
        </footer>
      )}
      <Confirm
        opened={asking}
        title="Unlink this screen?"
        action="Unlink"
        onConfirm={onUnlink}
        onClose={() => setAsking(false)}
      >
        It stops working as {credentials.name} until it is opened with a new link from the console.
      </Confirm>
    </div>
  );
}
