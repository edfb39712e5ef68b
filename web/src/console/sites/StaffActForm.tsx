import { Button, Group, Modal, Radio, Select, Stack, Text, Textarea } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { FuelSession } from "../../shared/api/types";
import { useWrite } from "../../shared/api/useWrite";
import { money } from "../../shared/format";
import type { Site } from "../../shared/fuel/types";
import { reasonFault, reasonLengthMax } from "../../shared/payments/reason";
import { toast } from "../../shared/ui/toasts";
import { WriteNote } from "../../shared/ui/WriteNote";
import { pendingWrites, sites } from "../operator";
import { mayMove, type StaffAct } from "./boardWords";

interface StaffActFormProps {
  session: FuelSession;
  act: StaffAct;
  site: Site;
  /** Cars that are here, of which it may be one. */
  cars: readonly FuelSession[];
  onClose: () => void;
}

const words: Readonly<Record<StaffAct, readonly [title: string, text: string, action: string]>> = {
  cash: [
    "Paid in the shop",
    "The bill is closed. What the app had set aside is free again; what it had taken goes back.",
    "The shop has the money",
  ],
  cancel: ["End it", "Nothing was delivered, and nothing is charged. The pump is free for the next car.", "End it"],
  reassign: ["Another car or pump", "Whoever it is now is asked before anything is charged.", "Change"],
  "not-theirs": [
    "Not this car",
    "Its owner is not asked any more and pays nothing for it. What was delivered is to be paid in the shop.",
    "Not this car",
  ],
  "drive-off": [
    "The car drove off",
    "The owner is asked to pay in the app. The car pays nothing by itself until then.",
    "It drove off",
  ],
  "write-off": ["Give the money up", "The bill is closed and nobody is asked any more.", "Give it up"],
  release: ["Put right what the pump said", "Choose what is right; the driver is asked to pay that.", "This is right"],
};

/** One act of the staff, with what it does in words before it is done. */
export function StaffActForm({ session, act, site, cars, onClose }: StaffActFormProps) {
  const [title, text, action] = words[act];
  const amounts = [...new Set([session.amount_minor, session.said_minor ?? 0])].filter((minor) => minor > 0);
  const [reason, setReason] = useState("");
  const [amount, setAmount] = useState(`${amounts[0] ?? ""}`);
  const [target, setTarget] = useState<string | null>(null);
  const [wrong, setWrong] = useState<string | null>(null);
  const write = useWrite({
    writes: pendingWrites,
    slot: `console.fuel.${session.id}.${act}`,
    deliver: (key, body: object) => sites.act(key, session.id, act, body),
    stale: ["pumps", "site"],
    onDone: () => {
      toast(title, "Done.", "plain");
      onClose();
    },
  });
  const others = new Map(
    cars
      .filter((car) => car.vehicle && car.vehicle.id !== session.vehicle?.id)
      .map((car) => [car.vehicle?.id ?? "", `${car.vehicle?.plate}, pump ${car.pump_number}`]),
  );
  const targets = [
    ...(mayMove(session)
      ? site.pumps
          .filter((pump) => pump.id !== session.pump_id)
          .map((pump) => ({ value: `pump ${pump.id}`, label: `The car stands at pump ${pump.number}` }))
      : []),
    ...[...others].map(([id, label]) => ({ value: `car ${id}`, label: `It was ${label}` })),
  ];
  const bodyOf = (): object | null => {
    if (act === "write-off") {
      const fault = reasonFault(reason);
      setWrong(fault);
      return fault ? null : { reason: reason.trim() };
    }
    if (act === "release") return { amount_minor: Number(amount) };
    if (act !== "reassign") return {};
    setWrong(target ? null : "Choose one.");
    if (!target) return null;
    const [kind, id] = target.split(" ");
    return kind === "pump" ? { pump_id: id } : { vehicle_id: id };
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body = bodyOf();
    if (body) write.send(body);
  };
  return (
    <Modal opened onClose={onClose} title={<Text fw={700}>{title}</Text>}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <Text size="sm">{text}</Text>
          <Text size="sm" c="dimmed" className="figures">
            Pump {session.pump_number}, {session.vehicle?.plate || "unknown car"}
            {session.amount_minor > 0 && `, ${money(session.amount_minor, session.currency)}`}
          </Text>
          {act === "write-off" && (
            <Textarea
              label="Reason"
              autosize
              minRows={2}
              maxLength={reasonLengthMax}
              value={reason}
              error={wrong}
              onChange={(event) => setReason(event.currentTarget.value)}
              data-autofocus
              data-testid="act-reason"
            />
          )}
          {act === "release" && (
            <Radio.Group label="Right is" value={amount} onChange={setAmount}>
              <Stack gap="xs" mt="xs">
                {amounts.map((minor) => (
                  <Radio
                    key={minor}
                    value={`${minor}`}
                    label={`${money(minor, session.currency)}${
                      minor === session.said_minor ? ", as the pump said" : ", what the quantity costs"
                    }`}
                  />
                ))}
              </Stack>
            </Radio.Group>
          )}
          {act === "reassign" &&
            (targets.length === 0 ? (
              <Text size="sm">No other car is here, and it cannot stand at another pump any more.</Text>
            ) : (
              <Select
                label="What it is"
                size="md"
                data={targets}
                value={target}
                error={wrong}
                onChange={setTarget}
                data-testid="act-target"
              />
            ))}
          <WriteNote write={write} what="This" />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button
              type="submit"
              loading={write.busy}
              disabled={act === "reassign" && targets.length === 0}
              {...(act === "write-off" || act === "drive-off" ? { color: "red.8" } : {})}
              data-testid="act-confirm"
            >
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
