import { Button, Card, Group, Text } from "@mantine/core";
import { useCallback, useState } from "react";
import { useNavigate } from "react-router";
import type { LiveEvent } from "../shared/api/types";
import { useWrite } from "../shared/api/useWrite";
import { WriteNote } from "../shared/ui/WriteNote";
import { api, pendingWrites } from "./account";

/** A camera read a plate that may be this person's. */
interface Ask {
  pump_id: string;
  pump_number: number;
  site_name: string;
  vehicle_id: string;
}

/** A car that was asked about has left after that, or its people have answered at the pump. */
const forgottenAfterMs = 2 * 60_000;

const same = (one: Ask, other: Ask) => one.pump_id === other.pump_id && one.vehicle_id === other.vehicle_id;

export interface FuelAskList {
  items: Ask[];
  hear: (event: LiveEvent) => void;
  drop: (ask: Ask) => void;
}

export function useFuelAsks(): FuelAskList {
  const [items, setItems] = useState<Ask[]>([]);
  const drop = useCallback((ask: Ask) => setItems((known) => known.filter((one) => !same(one, ask))), []);
  const hear = useCallback(
    (event: LiveEvent) => {
      const ask = event.data as unknown as Ask;
      setItems((known) => [...known.filter((one) => !same(one, ask)), ask]);
      setTimeout(() => drop(ask), forgottenAfterMs);
    },
    [drop],
  );
  return { items, hear, drop };
}

/** "Are you at this pump?" Nothing happens before the person says so. */
export function FuelAsks({ asks }: { asks: FuelAskList }) {
  return (
    <div aria-live="polite">
      {asks.items.map((ask) => (
        <FuelAsk key={`${ask.pump_id} ${ask.vehicle_id}`} ask={ask} onAnswered={() => asks.drop(ask)} />
      ))}
    </div>
  );
}

function FuelAsk({ ask, onAnswered }: { ask: Ask; onAnswered: () => void }) {
  const navigate = useNavigate();
  const claim = useWrite({
    writes: pendingWrites,
    slot: `fuel.claim.${ask.pump_id}.${ask.vehicle_id}`,
    deliver: (key, body: { pump: string; vehicle: string }) => api.claimPump(key, body.pump, body.vehicle),
    stale: ["fuel"],
    onDone: ({ id }) => {
      onAnswered();
      navigate(`/fuel/${id}`);
    },
  });
  return (
    <Card mb="lg" className="to-confirm" data-testid="fuel-ask">
      <Text fw={700}>Are you at pump {ask.pump_number}?</Text>
      <Text size="sm" c="dimmed" mb="sm">
        The camera at {ask.site_name} read a plate that may be yours. Nothing is paid before you say yes.
      </Text>
      <WriteNote write={claim} what="Your answer" />
      <Group gap="xs">
        <Button
          loading={claim.busy}
          onClick={() => claim.send({ pump: ask.pump_id, vehicle: ask.vehicle_id })}
          data-testid="fuel-ask-yes"
        >
          Yes, I am here
        </Button>
        <Button variant="default" disabled={claim.busy} onClick={onAnswered}>
          No
        </Button>
      </Group>
    </Card>
  );
}
