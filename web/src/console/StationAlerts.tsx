import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { Link } from "react-router";
import type { LiveEvent } from "../shared/api/types";
import { clockWithSeconds } from "../shared/format";
import { Icon } from "../shared/ui/Icon";

const words: Readonly<Record<string, string>> = {
  same_face_twice: "The same face is in view twice: look whether somebody holds up a picture.",
  camera_stuck: "Its camera has sent one and the same picture for a minute. Look whether it hangs.",
  looks_like_a_picture: "What is in view looks more like a picture of a face than like a person.",
};

/** What stations ask people to look at, newest first, until somebody has seen it. The log keeps it. */
export function StationAlerts({ alerts, onSeen }: { alerts: readonly LiveEvent[]; onSeen: () => void }) {
  if (alerts.length === 0) return null;
  return (
    <Alert color="red" variant="light" icon={<Icon name="warning" />} mb="lg" role="alert" data-testid="station-alerts">
      <Stack gap="sm" align="flex-start">
        {alerts.map(({ seq, at, data }) => (
          <Text size="sm" key={seq} data-testid="station-alert" data-what={String(data.what)}>
            <b>{String(data.station_name)}</b>, {clockWithSeconds(at)}. {words[String(data.what)] ?? "Go and look."}
          </Text>
        ))}
        <Group gap="sm">
          <Button size="xs" variant="default" onClick={onSeen} data-testid="station-alerts-seen">
            Seen
          </Button>
          <Button size="xs" variant="subtle" component={Link} to="/audit">
            All in the audit log
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}
