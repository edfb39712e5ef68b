import { Alert, Anchor, Button, Card, Group, NativeSelect, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { fieldErrors } from "../shared/api/problem";
import type { SignedInPerson, Vehicle, VehicleFuel } from "../shared/api/types";
import { countryName } from "../shared/countries";
import { money, parseAmount, plainAmount } from "../shared/format";
import { Icon } from "../shared/ui/Icon";
import { Confirm, ProblemNote, Waiting } from "../shared/ui/notes";
import { PlateTag } from "../shared/ui/PlateTag";
import { toast } from "../shared/ui/toasts";
import { LimitFields } from "./AddVehicle";
import { api } from "./account";
import { Drivers } from "./Drivers";
import { fuels, fuelWords } from "./vehicleWords";

export function VehiclePage({ person }: { person: SignedInPerson }) {
  const { id = "" } = useParams();
  const vehicle = useQuery({ queryKey: ["vehicles", id], queryFn: () => api.vehicle(id) });
  return (
    <Stack gap="lg">
      <Anchor component={Link} to="/vehicles" size="sm" fw={600}>
        All vehicles
      </Anchor>
      {vehicle.isPending && <Waiting label="Loading the vehicle" />}
      <ProblemNote error={vehicle.error} onRetry={() => void vehicle.refetch()} />
      {vehicle.data && <Shown key={JSON.stringify(vehicle.data)} person={person} vehicle={vehicle.data} />}
    </Stack>
  );
}

function Shown({ person, vehicle }: { person: SignedInPerson; vehicle: Vehicle }) {
  const own = vehicle.role === "owner";
  return (
    <>
      <Stack gap={6}>
        <Title order={1} size="h2">
          {vehicle.name || "Your vehicle"}
        </Title>
        <Group gap="sm">
          <PlateTag plate={vehicle.plate} region={vehicle.region} large />
          <Text c="dimmed">{countryName(vehicle.region)}</Text>
        </Group>
      </Stack>
      {vehicle.disputed && own && (
        <Alert
          className="plain-title"
          color="yellow"
          variant="light"
          icon={<Icon name="warning" />}
          title="Somebody claims this plate"
        >
          Until an operator has decided, this car asks you before it pays, whatever your limit is. You do not have to do
          anything. If you have sold it, remove it below: its new owner can then add it at once.
        </Alert>
      )}
      {own ? (
        <>
          <Settings vehicle={vehicle} />
          <Drivers vehicle={vehicle} />
          <Remove vehicle={vehicle} />
        </>
      ) : (
        <Driving person={person} vehicle={vehicle} />
      )}
    </>
  );
}

function Settings({ vehicle }: { vehicle: Vehicle }) {
  const queries = useQueryClient();
  const { currency } = vehicle;
  const [values, setValues] = useState({
    name: vehicle.name,
    fuel: vehicle.fuel,
    limit: vehicle.auto_pay_max_minor === 0 ? "" : plainAmount(vehicle.auto_pay_max_minor, currency),
    password: "",
  });
  const limit = values.limit.trim() === "" ? 0 : parseAmount(values.limit, currency);
  const save = useMutation({
    mutationFn: () =>
      api.changeVehicle(vehicle.id, {
        name: values.name,
        fuel: values.fuel,
        auto_pay_max_minor: limit ?? 0,
        ...(values.password ? { password: values.password } : {}),
      }),
    onSuccess: async () => {
      toast("Saved", "It counts from the next time at a pump.");
      await queries.invalidateQueries({ queryKey: ["vehicles"] });
    },
  });
  const errors = fieldErrors(save.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (limit !== null) save.mutate();
  };
  return (
    <Card>
      <form onSubmit={submit} noValidate>
        <Stack>
          <Title order={2} size="h4">
            At the pump
          </Title>
          <LimitFields
            currency={currency}
            limit={values.limit}
            password={values.password}
            error={limit === null ? "Enter an amount such as 2000, or nothing." : errors.auto_pay_max_minor}
            needsPassword={limit !== null && limit > vehicle.auto_pay_max_minor}
            onChange={(change) => setValues({ ...values, ...change })}
          />
          <Group grow align="flex-start" className="wrap-narrow">
            <NativeSelect
              label="It takes"
              data={fuels}
              value={values.fuel}
              onChange={(event) => setValues({ ...values, fuel: event.currentTarget.value as VehicleFuel })}
              data-testid="vehicle-fuel"
            />
            <TextInput
              label="Name"
              autoComplete="off"
              maxLength={40}
              value={values.name}
              error={errors.name}
              onChange={(event) => setValues({ ...values, name: event.currentTarget.value })}
              data-testid="vehicle-name"
            />
          </Group>
          {Object.keys(errors).length === 0 && <ProblemNote error={save.error} />}
          <Group>
            <Button type="submit" loading={save.isPending} data-testid="vehicle-save">
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}

function Remove({ vehicle }: { vehicle: Vehicle }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () => api.removeVehicle(vehicle.id),
    onSuccess: async () => {
      toast("Vehicle removed", "Pumps no longer know it.", "plain");
      navigate("/vehicles");
      await queries.invalidateQueries({ queryKey: ["vehicles"] });
    },
  });
  return (
    <Card>
      <Stack gap="sm">
        <Title order={2} size="h4">
          Sold it?
        </Title>
        <Text size="sm">Remove it, so that its new owner can add it and you get no bills of theirs.</Text>
        <Group>
          <Button
            size="sm"
            variant="default"
            leftSection={<Icon name="trash" size={18} />}
            onClick={() => setAsking(true)}
            data-testid="vehicle-remove"
          >
            Remove this vehicle
          </Button>
        </Group>
      </Stack>
      <Confirm
        opened={asking}
        title={`Remove ${vehicle.plate}?`}
        action="Remove"
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate()}
        onClose={() => setAsking(false)}
      >
        Its drivers lose it too. Bills that are open stay to be paid. You can add the plate again, unless somebody else
        does before you.
      </Confirm>
    </Card>
  );
}

/** What a driver sees of somebody else's vehicle. */
function Driving({ person, vehicle }: { person: SignedInPerson; vehicle: Vehicle }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const limits = vehicle.drivers[0];
  const stop = useMutation({
    mutationFn: () => api.endDriver(vehicle.id, person.id),
    onSuccess: async () => {
      navigate("/vehicles");
      await queries.invalidateQueries({ queryKey: ["vehicles"] });
    },
  });
  return (
    <Card>
      <Stack gap="sm">
        <Title order={2} size="h4">
          {vehicle.owner_name ?? "Its owner"} pays for this car
        </Title>
        {limits && (
          <Text size="sm">
            You may fill it up with up to {money(limits.max_minor, vehicle.currency)} a time and{" "}
            {money(limits.day_max_minor, vehicle.currency)} a day. It takes: {fuelWords[vehicle.fuel].toLowerCase()}.
          </Text>
        )}
        <ProblemNote error={stop.error} />
        <Group>
          <Button size="sm" variant="default" loading={stop.isPending} onClick={() => stop.mutate()}>
            I no longer drive it
          </Button>
        </Group>
      </Stack>
    </Card>
  );
}
