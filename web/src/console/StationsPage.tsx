import { Badge, Button, Card, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Station, StationKey } from "../shared/api/types";
import { midSentence } from "../shared/format";
import { Icon } from "../shared/ui/Icon";
import { Confirm, EmptyNote, ProblemNote, Waiting } from "../shared/ui/notes";
import { toast } from "../shared/ui/toasts";
import { KioskLink } from "./KioskLink";
import { api } from "./operator";

const kinds: Readonly<Record<string, string>> = { gate: "Gate", till: "Till", pump: "Pump" };

export function StationsPage() {
  const stations = useQuery({ queryKey: ["stations"], queryFn: api.stations });
  const [text, setText] = useState("");
  const wanted = text.trim().toLowerCase();
  const shown = stations.data?.items.filter((station) =>
    `${station.id} ${station.name} ${kinds[station.kind] ?? station.kind}`.toLowerCase().includes(wanted),
  );
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-end">
        <div>
          <Title order={1} size="h2">
            Stations
          </Title>
          <Text c="dimmed">The screens at gates, tills and pumps, and the keys they hold.</Text>
        </div>
        <TextInput
          aria-label="Find a station"
          placeholder="Find a station"
          leftSection={<Icon name="search" size={18} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          data-testid="station-search"
        />
      </Group>
      {stations.isPending && <Waiting label="Loading the stations" />}
      <ProblemNote error={stations.error} onRetry={() => void stations.refetch()} />
      {shown?.length === 0 && <EmptyNote icon="gate">No station matches. Try another name.</EmptyNote>}
      <div className="station-grid">
        {shown?.map((station) => (
          <StationCard key={station.id} station={station} />
        ))}
      </div>
    </Stack>
  );
}

function StationCard({ station }: { station: Station }) {
  const [linking, setLinking] = useState(false);
  return (
    <Card data-testid={`station-${station.id}`}>
      <Stack gap="md" h="100%" justify="space-between">
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <div>
            <Text fw={700}>{station.name}</Text>
            <Text size="sm" c="dimmed">
              {station.id}
            </Text>
          </div>
          <Badge variant="light" tt="none">
            {kinds[station.kind] ?? station.kind}
          </Badge>
        </Group>
        <Stack gap={6}>
          {station.keys.length === 0 && (
            <Text size="sm" c="dimmed">
              No screen is linked.
            </Text>
          )}
          {station.keys.map((key) => (
            <KeyRow key={key.id} station={station} stationKey={key} />
          ))}
        </Stack>
        <Button
          variant="light"
          size="sm"
          leftSection={<Icon name="link" size={18} />}
          onClick={() => setLinking(true)}
          data-testid={`open-kiosk-${station.id}`}
        >
          Open kiosk
        </Button>
      </Stack>
      {linking && <KioskLink station={station} onClose={() => setLinking(false)} />}
    </Card>
  );
}

function KeyRow({ station, stationKey }: { station: Station; stationKey: StationKey }) {
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const revoke = useMutation({
    mutationFn: () => api.revokeStationKey(station.id, stationKey.id),
    onSuccess: async () => {
      setAsking(false);
      toast("Key revoked", `That screen of ${station.name} stops at once.`, "plain");
      await queries.invalidateQueries({ queryKey: ["stations"] });
    },
  });
  return (
    <Group justify="space-between" wrap="nowrap" gap="xs">
      <div>
        <Text size="sm">
          {stationKey.label ? `Key: ${stationKey.label}` : `Key made ${midSentence(stationKey.created_at)}`}
        </Text>
        <Text size="xs" c="dimmed">
          {stationKey.last_used_at ? `Last used ${midSentence(stationKey.last_used_at)}` : "Not used yet"}
        </Text>
      </div>
      <Button size="compact-sm" variant="subtle" color="red" onClick={() => setAsking(true)} data-testid="key-revoke">
        Revoke
      </Button>
      <Confirm
        opened={asking}
        title="Revoke this key?"
        action="Revoke"
        busy={revoke.isPending}
        error={revoke.error}
        onConfirm={() => revoke.mutate()}
        onClose={() => setAsking(false)}
      >
        The screen of {station.name} that holds it stops at once and needs a new link.
      </Confirm>
    </Group>
  );
}
