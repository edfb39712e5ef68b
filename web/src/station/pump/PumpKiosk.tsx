import { Badge, Button, Card, Group, Stack, Switch, Text, Title } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { clockWithSeconds, money } from "../../shared/format";
import { perUnit, quantity, unitPrice } from "../../shared/fuel/fuelWords";
import type { PumpNozzle } from "../../shared/fuel/types";
import { ProblemNote, Waiting } from "../../shared/ui/notes";
import { useCurrency } from "../../shared/ui/useCurrency";
import type { KioskProps } from "../credentials";
import { KioskFrame } from "../KioskFrame";
import { PumpCamera } from "./PumpCamera";
import { amountOf, priceOf, roomOf } from "./PumpState";
import { type Faults, type PumpDevice, usePump } from "./usePump";
import "./pump.css";

const tickMs = 100;
/** Of a unit in a second: a pump for cars gives about 40 litres a minute. */
const flow = 700;

/**
 * A pump that is not one: what a forecourt's device does, on a screen. It speaks to the server as any pump would and
 * knows no more than its key.
 */
export function PumpKiosk({ credentials, onUnlink }: KioskProps) {
  const pump = usePump(credentials);
  const [faults, setFaults] = useState<Faults>({ twice: false, wrongAmount: false, backwards: false });
  return (
    <KioskFrame credentials={credentials} state={null} mode={null} onMode={() => {}} onUnlink={onUnlink}>
      <div className="pump-page">
        <PumpCamera station={pump.station} onSeen={pump.note} />
        <Stack gap="md">
          <PumpFace pump={pump} faults={faults} />
        </Stack>
        <Stack gap="md">
          <PumpFaults pump={pump} faults={faults} onFaults={setFaults} />
          <PumpLog pump={pump} />
        </Stack>
      </div>
    </KioskFrame>
  );
}

function PumpFace({ pump, faults }: { pump: PumpDevice; faults: Faults }) {
  const currency = useCurrency();
  const { delivery, filled, said, self } = pump;
  const shown = delivery ?? filled;
  const thousandths = shown?.thousandths ?? 0;
  const amount = delivery ? amountOf(delivery.thousandths, priceOf(delivery)) : (filled?.amountMinor ?? 0);
  const unit = shown?.nozzle.unit ?? "litre";
  const price = delivery ? priceOf(delivery) : (filled?.nozzle.unit_price ?? 0);
  return (
    <Card className="pump-face" padding="lg">
      <Stack gap="md">
        <div className="pump-display figures" data-testid="pump-display" data-amount={amount} data-volume={thousandths}>
          <div>
            <span className="pump-amount">{money(amount, currency)}</span>
            <span>{quantity(thousandths, unit, 2)}</span>
            <span>{price > 0 ? `${unitPrice(price, currency)} ${perUnit[unit]}` : "–"}</span>
          </div>
          <p className="pump-said" data-tone={said?.tone ?? "plain"} role="status" data-testid="pump-said">
            {said?.text ?? "Lift a nozzle."}
          </p>
        </div>
        {self.isPending && <Waiting label="Loading the nozzles" />}
        <ProblemNote error={self.error} onRetry={() => void self.refetch()} />
        {self.data?.out_of_order && (
          <Badge color="red" variant="light" size="lg" tt="none" data-testid="pump-out">
            {self.data.closed ? "Closed by staff" : "Out of order"}
          </Badge>
        )}
        {delivery ? (
          <Pouring pump={pump} faults={faults} />
        ) : (
          <div className="pump-nozzles">
            {self.data?.nozzles.map((nozzle) => (
              <NozzleButton key={nozzle.number} nozzle={nozzle} onLift={() => pump.lift(nozzle, faults)} />
            ))}
            {self.data?.nozzles.length === 0 && <Text c="dimmed">This pump has no nozzle yet.</Text>}
          </div>
        )}
      </Stack>
    </Card>
  );
}

function NozzleButton({ nozzle, onLift }: { nozzle: PumpNozzle; onLift: () => void }) {
  const currency = useCurrency();
  return (
    <button type="button" className="pump-nozzle" onClick={onLift} data-testid={`lift-${nozzle.number}`}>
      <span className="pump-nozzle-number figures">{nozzle.number}</span>
      <span>
        <b>{nozzle.grade_name}</b>
        <span className="pump-nozzle-price figures">
          {nozzle.unit_price === null
            ? "not sold"
            : `${unitPrice(nozzle.unit_price, currency)} ${perUnit[nozzle.unit]}`}
        </span>
      </span>
      <span className="pump-nozzle-lift">Lift</span>
    </button>
  );
}

/** The trigger is pressed once to flow and once more to stop; at the limit it stops by itself. */
function Pouring({ pump, faults }: { pump: PumpDevice; faults: Faults }) {
  const [flowing, setFlowing] = useState(false);
  const { pour, delivery } = pump;
  const stopped = !delivery || roomOf(delivery) <= 0;
  const last = useRef(0);
  useEffect(() => {
    if (!flowing || stopped) return;
    last.current = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      const thousandths = Math.round(((now - last.current) * flow) / 1_000);
      last.current = now;
      pour(thousandths);
    }, tickMs);
    return () => clearInterval(timer);
  }, [flowing, stopped, pour]);
  const full = delivery !== null && delivery.thousandths > 0 && stopped;
  return (
    <Stack gap="sm">
      <Group grow>
        <Button
          size="lg"
          color={flowing && !full ? "orange.8" : "sight"}
          disabled={stopped}
          onClick={() => setFlowing(!flowing)}
          data-testid="pump-pour"
        >
          {flowing && !full ? "Stop" : "Pour"}
        </Button>
        <Button size="lg" variant="default" disabled={stopped} onClick={() => pour(10_000)} data-testid="pump-pour-ten">
          10 more
        </Button>
      </Group>
      {full && (
        <Text size="sm" ta="center" data-testid="pump-full">
          The limit is reached; the pump has stopped.
        </Text>
      )}
      <Button size="lg" variant="light" onClick={() => pump.hangUp(faults)} data-testid="pump-hang-up">
        Hang up
      </Button>
    </Stack>
  );
}

interface PumpFaultsProps {
  pump: PumpDevice;
  faults: Faults;
  onFaults: (faults: Faults) => void;
}

function PumpFaults({ pump, faults, onFaults }: PumpFaultsProps) {
  const { line } = pump;
  const [cut, setCut] = useState(line.cut);
  const [skewed, setSkewed] = useState(line.skewMs !== 0);
  const out = (pump.self.data?.out_of_order ?? false) && !pump.self.data?.closed;
  const [broken, setBroken] = useState(out);
  useEffect(() => setBroken(out), [out]);
  return (
    <Card>
      <Stack gap="sm">
        <Title order={2} size="h5">
          What goes wrong
        </Title>
        <Switch
          label="The line is cut"
          description="Messages wait and are told when it is back."
          checked={cut}
          onChange={(event) => {
            line.cut = event.currentTarget.checked;
            setCut(line.cut);
          }}
          data-testid="fault-cut"
        />
        <Switch
          label="Each end is told three times"
          checked={faults.twice}
          onChange={(event) => onFaults({ ...faults, twice: event.currentTarget.checked })}
          data-testid="fault-twice"
        />
        <Switch
          label="The amount is wrong"
          checked={faults.wrongAmount}
          onChange={(event) => onFaults({ ...faults, wrongAmount: event.currentTarget.checked })}
          data-testid="fault-amount"
        />
        <Switch
          label="The end is told before the beginning"
          checked={faults.backwards}
          disabled={pump.delivery !== null}
          onChange={(event) => onFaults({ ...faults, backwards: event.currentTarget.checked })}
          data-testid="fault-backwards"
        />
        <Switch
          label="The clock is three hours ahead"
          checked={skewed}
          onChange={(event) => {
            line.skewMs = event.currentTarget.checked ? 3 * 3_600_000 : 0;
            setSkewed(line.skewMs !== 0);
          }}
          data-testid="fault-skew"
        />
        <Switch
          label="Out of order"
          checked={broken}
          onChange={(event) => {
            setBroken(event.currentTarget.checked);
            line.say({ type: event.currentTarget.checked ? "out_of_order" : "in_order", seq: 0 });
          }}
          data-testid="fault-order"
        />
      </Stack>
    </Card>
  );
}

function PumpLog({ pump }: { pump: PumpDevice }) {
  return (
    <Card>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h5">
          On the line
        </Title>
        {pump.waiting.length > 0 && (
          <Badge color="yellow" variant="light" tt="none" data-testid="pump-waiting" data-count={pump.waiting.length}>
            {pump.waiting.length === 1 ? "1 message waits" : `${pump.waiting.length} messages wait`}
          </Badge>
        )}
      </Group>
      {pump.entries.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing was said yet.
        </Text>
      )}
      <ol className="pump-log">
        {pump.entries.map((entry) => (
          <li key={entry.id} data-tone={entry.tone} data-testid="pump-entry">
            <span className="figures">{clockWithSeconds(new Date(entry.at).toISOString())}</span>
            <span>{entry.text}</span>
          </li>
        ))}
      </ol>
    </Card>
  );
}
