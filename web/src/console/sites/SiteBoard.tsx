import { Badge, Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { FuelSession } from "../../shared/api/types";
import { clock, money } from "../../shared/format";
import { quantity } from "../../shared/fuel/fuelWords";
import type { PumpNow, Site } from "../../shared/fuel/types";
import { Countdown } from "../../shared/payments/Countdown";
import { EmptyNote, ProblemNote, Waiting } from "../../shared/ui/notes";
import { sites } from "../operator";
import { actsOn, noteWords, type StaffAct, stateWords } from "./boardWords";
import { StaffActForm } from "./StaffActForm";

const tones = { good: "green", waiting: "yellow", bad: "red", plain: "gray" } as const;

const actWords: Readonly<Record<StaffAct, string>> = {
  cash: "Paid in the shop",
  cancel: "End it",
  reassign: "Re-assign",
  "not-theirs": "Not this car",
  "drive-off": "Drove off",
  "write-off": "Give up",
  release: "Put right",
};

interface Chosen {
  session: FuelSession;
  act: StaffAct;
}

/** The forecourt as it is now. It follows the live feed; nothing here is asked for again and again. */
export function SiteBoard({ site }: { site: Site }) {
  const pumps = useQuery({ queryKey: ["pumps", site.id], queryFn: () => sites.pumpsNow(site.id) });
  const open = useQuery({ queryKey: ["pumps", site.id, "open"], queryFn: () => sites.openSessions(site.id) });
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const again = () => {
    void pumps.refetch();
    void open.refetch();
  };
  const shown = new Set(pumps.data?.items.map((pump) => pump.session?.id));
  const others = open.data?.items.filter((session) => !shown.has(session.id)) ?? [];
  const act = (session: FuelSession) => (what: StaffAct) => setChosen({ session, act: what });
  return (
    <Stack gap="lg">
      {pumps.isPending && <Waiting label="Loading the pumps" />}
      <ProblemNote error={pumps.error ?? open.error} onRetry={again} />
      {pumps.data?.items.length === 0 && <EmptyNote icon="pump">There is no pump yet. Add one under Pumps.</EmptyNote>}
      <div className="board">
        {pumps.data?.items.map((pump) => (
          <PumpCard
            key={pump.id}
            pump={pump}
            site={site}
            onAct={pump.session ? act(pump.session) : null}
            onOver={again}
          />
        ))}
      </div>
      {others.length > 0 && (
        <section aria-label="Open bills and cars in line">
          <Title order={2} size="h4" mb="sm">
            Open bills and cars in line
          </Title>
          <div className="board">
            {others.map((session) => (
              <Card key={session.id} data-testid="open-session" data-state={session.state}>
                <SessionFacts session={session} onOver={again} pump />
                <Acts session={session} site={site} onAct={act(session)} />
              </Card>
            ))}
          </div>
        </section>
      )}
      {chosen && (
        <StaffActForm
          key={`${chosen.session.id} ${chosen.act}`}
          {...chosen}
          site={site}
          cars={open.data?.items ?? []}
          onClose={() => setChosen(null)}
        />
      )}
    </Stack>
  );
}

interface PumpCardProps {
  pump: PumpNow;
  site: Site;
  onAct: ((act: StaffAct) => void) | null;
  onOver: () => void;
}

/** A bill that is left to be paid stands at its pump for people to see, and keeps it from nobody. */
const hasPump = (session: FuelSession | null) => ["offered", "held", "fuelling"].includes(session?.state ?? "");

function PumpCard({ pump, site, onAct, onOver }: PumpCardProps) {
  const { session } = pump;
  return (
    <Card
      className="board-pump"
      data-testid={`board-${pump.number}`}
      data-state={session?.state ?? (pump.out_of_order ? "out" : "free")}
    >
      <Stack gap="sm" h="100%">
        <Group justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <span className="board-number figures">{pump.number}</span>
            <Text size="sm" c="dimmed">
              {pump.id}
            </Text>
          </Group>
          {pump.out_of_order ? (
            <Badge color="red" variant="light" tt="none">
              {pump.closed ? "Closed by staff" : "Out of order"}
            </Badge>
          ) : (
            !hasPump(session) && (
              <Badge color="green" variant="light" tt="none" data-testid={`free-${pump.number}`}>
                Free
              </Badge>
            )
          )}
          {pump.waiting > 0 && (
            <Badge color="sight" variant="light" tt="none">
              {pump.waiting} in line
            </Badge>
          )}
        </Group>
        {session && onAct ? (
          <>
            <SessionFacts session={session} onOver={onOver} />
            <Acts session={session} site={site} onAct={onAct} />
          </>
        ) : (
          <Text c="dimmed">No car.</Text>
        )}
      </Stack>
    </Card>
  );
}

interface SessionFactsProps {
  session: FuelSession;
  onOver: () => void;
  pump?: boolean;
}

function SessionFacts({ session, onOver, pump = false }: SessionFactsProps) {
  const [label, tone] = stateWords[session.state];
  const volume = session.delivered_thousandths ?? session.meter_thousandths;
  const due = session.amount_minor > 0;
  return (
    <Stack gap={6}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div>
          {session.vehicle?.plate ? (
            <span className="plate">
              <span className="plate-text">{session.vehicle.plate}</span>
            </span>
          ) : (
            <Text fw={700}>Unknown car</Text>
          )}
          <Text size="sm" c="dimmed">
            {pump && `Pump ${session.pump_number}, `}since {clock(session.lifted_at ?? session.began_at)}
            {session.grade_name && `, ${session.grade_name}`}
          </Text>
        </div>
        <Badge color={tones[tone]} variant="light" tt="none" flex="none" data-testid="session-state">
          {label}
        </Badge>
      </Group>
      <Group gap="md" className="figures">
        {due && <Text className="price">{money(session.amount_minor, session.currency)}</Text>}
        {volume !== null && volume !== undefined && session.unit && (
          <Text c={due ? "dimmed" : "inherit"} size={due ? "sm" : "lg"}>
            {quantity(volume, session.unit, 2)}
          </Text>
        )}
        {!due && session.hold_minor > 0 && (
          <Text size="sm" c="dimmed">
            up to {money(session.hold_minor, session.currency)}
          </Text>
        )}
        {session.expires_at && ["waiting", "offered", "held", "delivered"].includes(session.state) && (
          <Text size="sm" c="dimmed">
            <Countdown until={session.expires_at} onOver={onOver} /> left
          </Text>
        )}
      </Group>
      {session.note && (
        <Text size="sm" c="var(--mantine-color-error)">
          {noteWords[session.note] ?? session.note}
        </Text>
      )}
      {session.doubtful && (
        <Text size="sm" c="dimmed">
          Another car was seen here too.
        </Text>
      )}
    </Stack>
  );
}

interface ActsProps {
  session: FuelSession;
  site: Site;
  onAct: (act: StaffAct) => void;
}

function Acts({ session, site, onAct }: ActsProps) {
  if (site.right === "read") return null;
  const acts = actsOn(session, site.right === "manage");
  if (acts.length === 0) return null;
  return (
    <Group gap="xs" mt="auto" pt="xs">
      {acts.map((act) => (
        <Button
          key={act}
          size="sm"
          px="sm"
          variant={act === "cash" || act === "release" ? "light" : "default"}
          onClick={() => onAct(act)}
          data-testid={`act-${act}`}
        >
          {actWords[act]}
        </Button>
      ))}
    </Group>
  );
}
