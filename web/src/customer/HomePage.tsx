import { Anchor, Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { Link } from "react-router";
import type { SignedInPerson } from "../shared/api/types";
import { clock, firstName } from "../shared/format";
import { Icon } from "../shared/ui/Icon";
import { EmptyNote, ProblemNote } from "../shared/ui/notes";
import { BalanceCard } from "./BalanceCard";
import { JourneyRow } from "./JourneyRow";
import { isOpen } from "./journeyWords";
import { useFace, useRecentJourneys, useVehicles, useWallet } from "./queries";
import { SiteInvitations } from "./SiteInvitations";

export function HomePage({ person }: { person: SignedInPerson }) {
  const journeys = useRecentJourneys();
  const travelling = journeys.data?.items.find(isOpen);
  return (
    <Stack gap="lg">
      <Title order={1} size="h2">
        Hello, {firstName(person.name)}
      </Title>
      {travelling && (
        <Card className="travelling" data-testid="travelling">
          <Group wrap="nowrap">
            <Icon name="journeys" size={28} />
            <div>
              <Text fw={700}>You are on the way</Text>
              <Text size="sm">
                In at {travelling.entry?.stop_name} since {travelling.entry && clock(travelling.entry.at)}. Look at the
                camera of any exit gate to leave.
              </Text>
            </div>
          </Group>
        </Card>
      )}
      <SiteInvitations />
      <BalanceCard withTopUp />
      <NextSteps />
      <VehiclesCard />
      <Stack gap="xs">
        <Group justify="space-between">
          <Title order={2} size="h4">
            Latest journeys
          </Title>
          <Anchor component={Link} to="/journeys" size="sm" fw={600}>
            All journeys
          </Anchor>
        </Group>
        <Card>
          <ProblemNote error={journeys.error} onRetry={() => void journeys.refetch()} />
          {journeys.data?.items.length === 0 && (
            <EmptyNote icon="journeys">Your journeys appear here after the first gate.</EmptyNote>
          )}
          <Stack gap="md">
            {journeys.data?.items.slice(0, 3).map((journey) => (
              <JourneyRow key={journey.id} journey={journey} />
            ))}
          </Stack>
        </Card>
      </Stack>
    </Stack>
  );
}

/** The way to one's cars; pumps know them. */
function VehiclesCard() {
  const vehicles = useVehicles();
  if (!vehicles.data) return null;
  const asked = vehicles.data.items.some((vehicle) => vehicle.role === "invited");
  const cars = vehicles.data.items.filter((vehicle) => vehicle.role !== "invited");
  return (
    <Card component={Link} to="/vehicles" className="way" data-testid="home-vehicles">
      <Group wrap="nowrap">
        <Icon name="car" size={28} />
        <div>
          <Text fw={600}>{cars.length === 0 ? "Fill up and drive off" : "Vehicles"}</Text>
          <Text size="sm" c="dimmed">
            {asked
              ? "Somebody asks you to drive their car."
              : cars.length === 0
                ? "Add your car: pumps know its plate, and the bill opens here."
                : cars.map((car) => car.name || car.plate).join(", ")}
          </Text>
        </div>
      </Group>
    </Card>
  );
}

/** What is still missing before a gate can open; nothing once all is done. */
function NextSteps() {
  const face = useFace();
  const wallet = useWallet();
  if (!face.data || !wallet.data) return null;
  const steps = [
    {
      done: face.data.enrolled,
      title: "Add your face",
      text: "So that gates know you.",
      to: "/face",
      action: "Add face",
    },
    {
      done: wallet.data.available_minor > 0,
      title: "Put money in your wallet",
      text: "So that fares can be paid.",
      to: "/wallet",
      action: "Top up",
    },
  ];
  if (steps.every((step) => step.done)) return null;
  return (
    <Card data-testid="next-steps">
      <Stack gap="md">
        <Title order={2} size="h4">
          Ready to travel in two steps
        </Title>
        {steps.map((step, index) => (
          <Group key={step.to} justify="space-between" wrap="nowrap">
            <Group wrap="nowrap" gap="sm">
              <span className="step" data-done={step.done}>
                {step.done ? <Icon name="check" size={16} weight={2.6} /> : index + 1}
              </span>
              <div>
                <Text fw={600}>{step.title}</Text>
                <Text size="sm" c="dimmed">
                  {step.done ? "Done." : step.text}
                </Text>
              </div>
            </Group>
            {!step.done && (
              <Button component={Link} to={step.to} size="sm" variant="light" flex="none">
                {step.action}
              </Button>
            )}
          </Group>
        ))}
      </Stack>
    </Card>
  );
}
