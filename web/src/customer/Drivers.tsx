import { Button, Card, Group, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { fieldErrors } from "../shared/api/problem";
import type { Vehicle, VehicleDriver } from "../shared/api/types";
import { money, parseAmount, plainAmount } from "../shared/format";
import { ToneBadge } from "../shared/payments/PaymentBadge";
import { Icon } from "../shared/ui/Icon";
import { Confirm, ProblemNote } from "../shared/ui/notes";
import { toast } from "../shared/ui/toasts";
import { api } from "./account";

/** Who else may fill a vehicle up at its owner's expense. */
export function Drivers({ vehicle }: { vehicle: Vehicle }) {
  const [asking, setAsking] = useState(false);
  return (
    <Card>
      <Stack>
        <div>
          <Title order={2} size="h4">
            Drivers
          </Title>
          <Text size="sm" c="dimmed">
            Family or staff who may fill this car up from your wallet, within limits that you set. They accept in their
            own app.
          </Text>
        </div>
        {vehicle.drivers.map((driver) => (
          <DriverRow key={driver.user_id} vehicle={vehicle} driver={driver} />
        ))}
        {asking ? (
          <LimitsForm vehicle={vehicle} driver={null} onDone={() => setAsking(false)} />
        ) : (
          <Group>
            <Button
              size="sm"
              variant="default"
              leftSection={<Icon name="plus" size={18} />}
              onClick={() => setAsking(true)}
              data-testid="driver-add"
            >
              Name a driver
            </Button>
          </Group>
        )}
      </Stack>
    </Card>
  );
}

function DriverRow({ vehicle, driver }: { vehicle: Vehicle; driver: VehicleDriver }) {
  const queries = useQueryClient();
  const [doing, setDoing] = useState<"limits" | "removing" | null>(null);
  const end = useMutation({
    mutationFn: () => api.endDriver(vehicle.id, driver.user_id),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["vehicles"] }),
  });
  return (
    <Stack gap="sm" data-testid="driver" data-accepted={driver.accepted} data-max={driver.max_minor}>
      <Group justify="space-between" wrap="nowrap">
        <div className="vehicle-words">
          <Group gap="xs">
            <Text fw={600} className="breaks">
              {driver.who}
            </Text>
            {!driver.accepted && <ToneBadge label="Invited" tone="waiting" />}
          </Group>
          <Text size="sm" c="dimmed" className="figures">
            {money(driver.max_minor, vehicle.currency)} a time, {money(driver.day_max_minor, vehicle.currency)} a day
          </Text>
        </div>
        <Group gap="xs" wrap="nowrap" flex="none">
          <Button
            size="xs"
            variant="light"
            aria-expanded={doing === "limits"}
            onClick={() => setDoing(doing === "limits" ? null : "limits")}
            data-testid="driver-limits"
          >
            Limits
          </Button>
          <Button size="xs" variant="default" onClick={() => setDoing("removing")}>
            Remove
          </Button>
        </Group>
      </Group>
      {doing === "limits" && <LimitsForm vehicle={vehicle} driver={driver} onDone={() => setDoing(null)} />}
      <Confirm
        opened={doing === "removing"}
        title={`Remove ${driver.who}?`}
        action="Remove"
        busy={end.isPending}
        error={end.error}
        onConfirm={() => end.mutate()}
        onClose={() => setDoing(null)}
      >
        They can no longer fill this car up at your expense, from now on.
      </Confirm>
    </Stack>
  );
}

interface LimitsFormProps {
  vehicle: Vehicle;
  /** Whose limits are changed; null: somebody new is named. */
  driver: VehicleDriver | null;
  onDone: () => void;
}

/** How much a driver may spend. Saying it for somebody new, or saying more, takes the password. */
function LimitsForm({ vehicle, driver, onDone }: LimitsFormProps) {
  const queries = useQueryClient();
  const { currency } = vehicle;
  const [values, setValues] = useState({
    email: "",
    max: driver ? plainAmount(driver.max_minor, currency) : "",
    day: driver ? plainAmount(driver.day_max_minor, currency) : "",
    password: "",
  });
  const [max, day] = [parseAmount(values.max, currency), parseAmount(values.day, currency)];
  const raises = !driver || (max ?? 0) > driver.max_minor || (day ?? 0) > driver.day_max_minor;
  const save = useMutation({
    mutationFn: () => {
      const limits = {
        max_minor: max ?? 0,
        day_max_minor: day ?? 0,
        ...(raises ? { password: values.password } : {}),
      };
      return driver
        ? api.limitDriver(vehicle.id, driver.user_id, limits)
        : api.inviteDriver(vehicle.id, { ...limits, email: values.email.trim() });
    },
    onSuccess: async () => {
      if (driver) toast("Limits saved", "They count from the next fill on.");
      else toast("Invited", "They find it under Vehicles in their app.");
      await queries.invalidateQueries({ queryKey: ["vehicles"] });
      onDone();
    },
  });
  const errors = fieldErrors(save.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const set = (change: Partial<typeof values>) => setValues({ ...values, ...change });
  const incomplete = max === null || day === null || (!driver && !values.email.trim()) || (raises && !values.password);
  return (
    <form onSubmit={submit} noValidate data-testid="driver-form">
      <Stack>
        {!driver && (
          <TextInput
            label="Their e-mail address"
            type="email"
            autoComplete="off"
            value={values.email}
            onChange={(event) => set({ email: event.currentTarget.value })}
            data-testid="driver-email"
          />
        )}
        <Group grow align="flex-start">
          <TextInput
            label={`A time, ${currency}`}
            inputMode="decimal"
            autoComplete="off"
            value={values.max}
            error={errors.max_minor}
            onChange={(event) => set({ max: event.currentTarget.value })}
            data-testid="driver-max"
          />
          <TextInput
            label={`A day, ${currency}`}
            inputMode="decimal"
            autoComplete="off"
            value={values.day}
            error={errors.day_max_minor}
            onChange={(event) => set({ day: event.currentTarget.value })}
            data-testid="driver-day"
          />
        </Group>
        {raises && (
          <PasswordInput
            label="Your password"
            description="So that nobody who finds your phone can spend your money through others."
            autoComplete="current-password"
            value={values.password}
            onChange={(event) => set({ password: event.currentTarget.value })}
            data-testid="driver-password"
          />
        )}
        {Object.keys(errors).length === 0 && <ProblemNote error={save.error} />}
        <Group>
          <Button type="submit" loading={save.isPending} disabled={incomplete} data-testid="driver-send">
            {driver ? "Save limits" : "Invite"}
          </Button>
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
