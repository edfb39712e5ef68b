import { Badge, Group, Text } from "@mantine/core";
import type { Journey } from "../shared/api/types";
import { clock, dayAndClock, money } from "../shared/format";
import { isOpen, routeOf } from "./journeyWords";

export function JourneyRow({ journey }: { journey: Journey }) {
  const start = journey.entry?.at ?? journey.exit?.at;
  const end = journey.entry && journey.exit ? ` to ${clock(journey.exit.at)}` : "";
  return (
    <Group justify="space-between" wrap="nowrap" data-testid="journey" data-state={journey.state}>
      <div>
        <Text fw={600}>{routeOf(journey)}</Text>
        <Text size="sm" c="dimmed">
          {start && dayAndClock(start)}
          {end}
        </Text>
      </div>
      {isOpen(journey) ? (
        <Badge variant="light" size="lg" tt="none">
          On the way
        </Badge>
      ) : (
        <div className="journey-fare">
          <Text fw={700} className="figures">
            {money(journey.fare_minor, journey.currency)}
          </Text>
          {journey.owed_minor > 0 && (
            <Text size="xs" c="var(--mantine-color-error)">
              {money(journey.owed_minor, journey.currency)} still to pay
            </Text>
          )}
          {journey.state === "incomplete" && (
            <Text size="xs" c="dimmed">
              Highest fare: an end is missing
            </Text>
          )}
        </div>
      )}
    </Group>
  );
}
