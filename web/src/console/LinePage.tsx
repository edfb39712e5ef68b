import { Card, Group, Stack, Switch, Text, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { sentenceOf } from "../shared/api/problem";
import type { Gate, LineStops, Passage, StopActivity } from "../shared/api/types";
import { clockWithSeconds, day, money } from "../shared/format";
import { EmptyNote, ProblemNote, Waiting } from "../shared/ui/notes";
import { toast } from "../shared/ui/toasts";
import { useCurrency } from "../shared/ui/useCurrency";
import { api, rights } from "./operator";

/** The line as a map: its stops in order, how many people are inside each, and who came and went. */
export function LinePage() {
  const line = useQuery({ queryKey: ["stops"], queryFn: api.stops });
  const activity = useQuery({ queryKey: ["stop-activity"], queryFn: api.stopActivity, refetchInterval: 60_000 });
  const [chosen, setChosen] = useState<string | null>(null);
  const details = useRef<HTMLDivElement>(null);
  const choose = (id: string) => {
    setChosen(id);
    // On a phone the details stand below the map, out of sight.
    const hidden = (details.current?.getBoundingClientRect().top ?? 0) > window.innerHeight - 160;
    if (hidden) details.current?.scrollIntoView({ behavior: "smooth" });
  };
  if (line.isPending || activity.isPending) return <Waiting label="Loading the line" />;
  if (!line.data || !activity.data)
    return (
      <ProblemNote
        error={line.error ?? activity.error}
        onRetry={() => {
          void line.refetch();
          void activity.refetch();
        }}
      />
    );
  const byId = new Map(activity.data.stops.map((stop) => [stop.id, stop]));
  const inside = activity.data.stops.reduce((sum, stop) => sum + stop.inside, 0);
  const shown = line.data.stops.find((stop) => stop.id === chosen) ?? busiest(line.data, byId);

  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-end">
        <div>
          <Title order={1} size="h2">
            {line.data.line.name}
          </Title>
          <Text c="dimmed">{line.data.stops.length} stops. Press one to see who came and went.</Text>
        </div>
        <div className="total">
          <Text className="total-number figures" data-testid="inside-total" data-count={inside}>
            {inside}
          </Text>
          <Text size="sm" c="dimmed">
            {inside === 1 ? "person inside" : "people inside"}
          </Text>
        </div>
      </Group>
      <Card padding="md">
        <ol className="line-map" data-testid="line-map">
          {line.data.stops.map((stop) => (
            <StopOnMap
              key={stop.id}
              name={stop.name}
              id={stop.id}
              inside={byId.get(stop.id)?.inside ?? 0}
              closed={stop.gates.some((gate) => gate.closed)}
              chosen={stop.id === shown?.id}
              onChoose={() => choose(stop.id)}
            />
          ))}
        </ol>
      </Card>
      <div ref={details} className="stop-anchor">
        {shown && <StopDetails name={shown.name} id={shown.id} gates={shown.gates} activity={byId.get(shown.id)} />}
      </div>
    </Stack>
  );
}

/** Until somebody chooses, the stop where the last thing happened is the one worth looking at. */
function busiest(line: LineStops, byId: Map<string, StopActivity>) {
  const lastAt = (id: string) => {
    const stop = byId.get(id);
    return Math.max(0, ...[stop?.entries[0], stop?.exits[0]].map((passage) => (passage ? Date.parse(passage.at) : 0)));
  };
  return line.stops.reduce<LineStops["stops"][number] | undefined>(
    (best, stop) => (!best || lastAt(stop.id) > lastAt(best.id) ? stop : best),
    undefined,
  );
}

interface StopOnMapProps {
  id: string;
  name: string;
  inside: number;
  closed: boolean;
  chosen: boolean;
  onChoose: () => void;
}

function StopOnMap({ id, name, inside, closed, chosen, onChoose }: StopOnMapProps) {
  const people = inside === 1 ? "1 person inside" : `${inside} people inside`;
  return (
    <li>
      <button
        type="button"
        className="stop"
        aria-pressed={chosen}
        aria-label={`${name}, ${people}${closed ? ", a gate is closed" : ""}`}
        onClick={onChoose}
        data-testid={`stop-${id}`}
        data-inside={inside}
        data-busy={inside > 0}
      >
        <span className="stop-dot figures">{inside}</span>
        <span className="stop-name">{name}</span>
        {closed && <span className="stop-closed">Gate closed</span>}
      </button>
    </li>
  );
}

interface StopDetailsProps {
  id: string;
  name: string;
  gates: Gate[];
  activity: StopActivity | undefined;
}

function StopDetails({ id, name, gates, activity }: StopDetailsProps) {
  return (
    <section aria-label={name} data-testid="stop-details" data-stop={id}>
      <Stack gap="md">
        <Title order={2} size="h3">
          {name}
        </Title>
        <div className="stop-columns">
          <Passages title="Last entries" kind="entry" passages={activity?.entries ?? []} empty="Nobody came in yet." />
          <Passages title="Last exits" kind="exit" passages={activity?.exits ?? []} empty="Nobody went out yet." />
          <Card>
            <Title order={3} size="h5" mb="md">
              Gates
            </Title>
            <Stack gap="md">
              {gates.map((gate) =>
                rights().acts ? <GateSwitch key={gate.id} gate={gate} /> : <GateState key={gate.id} gate={gate} />,
              )}
            </Stack>
          </Card>
        </div>
      </Stack>
    </section>
  );
}

interface PassagesProps {
  title: string;
  kind: "entry" | "exit";
  passages: Passage[];
  empty: string;
}

function Passages({ title, kind, passages, empty }: PassagesProps) {
  const currency = useCurrency();
  return (
    <Card>
      <Title order={3} size="h5" mb="xs">
        {title}
      </Title>
      {passages.length === 0 && <EmptyNote icon={kind === "entry" ? "gate" : "exit"}>{empty}</EmptyNote>}
      <ul className="passages" aria-live="polite">
        {passages.map((passage) => (
          <li key={`${passage.at} ${passage.gate_id}`} data-testid={kind}>
            <div>
              <Text fw={600}>{passage.person?.display_name ?? "Somebody"}</Text>
              <Text size="xs" c="dimmed">
                {passage.gate_id}
                {day(passage.at) === "Today" ? "" : `, ${day(passage.at)}`}
              </Text>
            </div>
            <div className="passage-right figures">
              <Text size="sm">{clockWithSeconds(passage.at)}</Text>
              {kind === "exit" && typeof passage.fare_minor === "number" && (
                <Text size="sm" fw={700}>
                  {money(passage.fare_minor, currency)}
                </Text>
              )}
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}

const gateWords = (gate: Gate, open: boolean) =>
  `${gate.direction === "in" ? "Entry" : "Exit"}, ${open ? "open" : "closed"}`;

function GateState({ gate }: { gate: Gate }) {
  return (
    <div>
      <Text>{gate.id}</Text>
      <Text size="sm" c="dimmed">
        {gateWords(gate, !gate.closed)}
      </Text>
    </div>
  );
}

function GateSwitch({ gate }: { gate: Gate }) {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: (open: boolean) => api.closeGate(gate.id, !open),
    onSuccess: (_answer, open) => toast(`${gate.id} is ${open ? "open" : "closed"}`, undefined, "plain"),
    onSettled: () => queries.invalidateQueries({ queryKey: ["stops"] }),
  });
  const open = change.isPending ? change.variables : !gate.closed;
  return (
    <Switch
      size="md"
      color="green.8"
      checked={open}
      disabled={change.isPending}
      label={gate.id}
      description={gateWords(gate, open)}
      error={change.error ? sentenceOf(change.error) : undefined}
      onChange={(event) => change.mutate(event.currentTarget.checked)}
      data-testid={`gate-${gate.id}`}
    />
  );
}
