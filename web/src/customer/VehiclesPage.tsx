import { Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import type { PlateClaim, SignedInPerson, Vehicle } from "../shared/api/types";
import { midSentence, money } from "../shared/format";
import { ToneBadge } from "../shared/payments/PaymentBadge";
import { Icon } from "../shared/ui/Icon";
import { EmptyNote, ProblemNote, Waiting } from "../shared/ui/notes";
import { PlateTag } from "../shared/ui/PlateTag";
import { toast } from "../shared/ui/toasts";
import { AddVehicle } from "./AddVehicle";
import { api } from "./account";
import { AskConsent, ConsentGiven } from "./Consent";
import { useClaims, useConsents, useVehicles } from "./queries";
import { claimWords, fuelWords, payWords } from "./vehicleWords";

const points = [
  "A camera at a pump reads your plate. The bill opens on your phone, and you drive off when it is paid.",
  "We keep the plates that you add, encrypted, and no pictures. Displays show them with their middle hidden.",
  "Nothing is paid without your tap unless you set a limit for it.",
];

export function VehiclesPage({ person }: { person: SignedInPerson }) {
  const consents = useConsents();
  const vehicles = useVehicles();
  const claims = useClaims();
  const consent = consents.data?.items.find((one) => one.purpose === "plate" && !one.withdrawn_at);
  const items = vehicles.data?.items ?? [];
  const invitations = items.filter((vehicle) => vehicle.role === "invited");
  const mine = items.filter((vehicle) => vehicle.role !== "invited");
  return (
    <Stack gap="lg">
      <Title order={1} size="h2">
        Vehicles
      </Title>
      <ProblemNote error={consents.error} onRetry={() => void consents.refetch()} />
      <ProblemNote error={vehicles.error} onRetry={() => void vehicles.refetch()} />
      {vehicles.isPending && <Waiting label="Loading your vehicles" />}
      {invitations.map((vehicle) => (
        <Invitation key={vehicle.id} person={person} vehicle={vehicle} />
      ))}
      {vehicles.data && (mine.length > 0 || consent) && <Mine vehicles={mine} />}
      {consents.data && !consent && (
        <AskConsent
          person={person}
          purpose="plate"
          title="May we recognise your car?"
          points={points}
          without="Without it pumps do not know your car, and you pay as everybody does."
        />
      )}
      {consent && <AddVehicle first={mine.length === 0} last={mine.at(-1)?.region ?? null} />}
      {claims.data && claims.data.items.length > 0 && <Claims claims={claims.data.items} />}
      {consent && (
        <ConsentGiven
          person={person}
          consent={consent}
          to="plate recognition"
          then="your vehicles are then deleted"
          done="Your vehicles are deleted. Your wallet stays as it is."
        >
          All your vehicles are deleted with their drivers, and pumps no longer know them. Bills that are open stay to
          be paid.
        </ConsentGiven>
      )}
    </Stack>
  );
}

function Mine({ vehicles }: { vehicles: readonly Vehicle[] }) {
  return (
    <Card>
      {vehicles.length === 0 && <EmptyNote icon="car">No vehicle yet. Add the plate of your car below.</EmptyNote>}
      <Stack gap={4} aria-live="polite">
        {vehicles.map((vehicle) => (
          <VehicleRow key={vehicle.id} vehicle={vehicle} />
        ))}
      </Stack>
    </Card>
  );
}

function VehicleRow({ vehicle }: { vehicle: Vehicle }) {
  const own = vehicle.role === "owner";
  const limits = vehicle.drivers[0];
  const upTo = limits ? `, up to ${money(limits.max_minor, vehicle.currency)}` : "";
  const words = own ? payWords(vehicle) : `${vehicle.owner_name ?? "Its owner"} pays${upTo}`;
  return (
    <Link to={`/vehicles/${vehicle.id}`} className="row-link" data-testid="vehicle" data-plate={vehicle.plate}>
      <Group justify="space-between" wrap="nowrap">
        <Stack gap={6} className="vehicle-words">
          <Group gap="sm">
            <PlateTag plate={vehicle.plate} region={vehicle.region} />
            {vehicle.name && <Text fw={600}>{vehicle.name}</Text>}
          </Group>
          <Text size="sm" c="dimmed">
            {vehicle.fuel === "unknown" ? words : `${fuelWords[vehicle.fuel]} · ${words}`}
          </Text>
        </Stack>
        {vehicle.disputed && <ToneBadge label="Claimed" tone="waiting" />}
      </Group>
    </Link>
  );
}

function Invitation({ person, vehicle }: { person: SignedInPerson; vehicle: Vehicle }) {
  const queries = useQueryClient();
  const limits = vehicle.drivers[0];
  const settle = { onSettled: () => queries.invalidateQueries({ queryKey: ["vehicles"] }) };
  const accept = useMutation({
    mutationFn: () => api.acceptVehicle(vehicle.id, person.id),
    onSuccess: () => toast("You may fill it up now", "Its bills open here, and its owner pays."),
    ...settle,
  });
  const decline = useMutation({ mutationFn: () => api.endDriver(vehicle.id, person.id), ...settle });
  return (
    <Card className="travelling" data-testid="invitation">
      <Stack gap="sm">
        <Text fw={700}>{vehicle.owner_name ?? "Somebody"} asks you to drive</Text>
        <PlateTag plate={vehicle.plate} region={vehicle.region} />
        {limits && (
          <Text size="sm">
            You may fill it up at their expense: up to {money(limits.max_minor, vehicle.currency)} a time and{" "}
            {money(limits.day_max_minor, vehicle.currency)} a day. They see what you filled up, where and when.
          </Text>
        )}
        <ProblemNote error={accept.error ?? decline.error} />
        <Group>
          <Button loading={accept.isPending} onClick={() => accept.mutate()} data-testid="invitation-accept">
            Accept
          </Button>
          <Button variant="default" loading={decline.isPending} onClick={() => decline.mutate()}>
            No, thank you
          </Button>
        </Group>
      </Stack>
    </Card>
  );
}

function Claims({ claims }: { claims: readonly PlateClaim[] }) {
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        Plates that you claim
      </Title>
      <Card>
        <Stack gap="lg">
          {claims.map((claim) => (
            <ClaimRow key={claim.id} claim={claim} />
          ))}
        </Stack>
      </Card>
    </Stack>
  );
}

function ClaimRow({ claim }: { claim: PlateClaim }) {
  const queries = useQueryClient();
  const [sure, setSure] = useState(false);
  const takeBack = useMutation({
    mutationFn: () => api.takeClaimBack(claim.id),
    onSettled: () => queries.invalidateQueries({ queryKey: ["plate-claims"] }),
  });
  const words = claimWords[claim.state];
  return (
    <Stack gap={6} data-testid="my-claim" data-state={claim.state}>
      <Group gap="sm">
        <PlateTag plate={claim.plate} region={claim.region} />
        <Text fw={600}>{words.title}</Text>
      </Group>
      <Text size="sm" c="dimmed">
        {claim.decision ? `"${claim.decision}"` : words.text} You said {midSentence(claim.opened_at)}: "{claim.reason}"
      </Text>
      <ProblemNote error={takeBack.error} />
      {claim.state === "open" && (
        <Group gap="xs">
          <Button
            size="xs"
            variant="default"
            loading={takeBack.isPending}
            leftSection={sure ? <Icon name="check" size={14} /> : null}
            onClick={() => (sure ? takeBack.mutate() : setSure(true))}
          >
            {sure ? "Yes, take it back" : "Take it back"}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
