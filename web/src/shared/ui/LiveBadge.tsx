import { Group, Text } from "@mantine/core";
import type { LiveState } from "../live/LiveFeed";

const words: Record<LiveState, string> = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  off: "Not live",
};

export function LiveBadge({ state }: { state: LiveState }) {
  return (
    <Group gap={8} wrap="nowrap" role="status" aria-live="polite" data-testid="live-state" data-state={state}>
      <span className="live-dot" data-state={state} />
      <Text size="sm" c="dimmed" fw={500}>
        {words[state]}
      </Text>
    </Group>
  );
}
