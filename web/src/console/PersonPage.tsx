import { Anchor, Badge, Button, Card, Checkbox, Group, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useParams } from "react-router";
import type { Person } from "../shared/api/types";
import { money } from "../shared/format";
import { Facts } from "../shared/ui/Facts";
import { Icon } from "../shared/ui/Icon";
import { Confirm, EmptyNote, ProblemNote, Waiting } from "../shared/ui/notes";
import { toast } from "../shared/ui/toasts";
import { CorrectionForm } from "./CorrectionForm";
import { api, rights, session } from "./operator";
import { PaymentTable } from "./PaymentsPage";
import { Workplace } from "./Workplace";

export function PersonPage() {
  const { id = "" } = useParams();
  const person = useQuery({ queryKey: ["person", id], queryFn: () => api.person(id) });
  const wallet = useQuery({ queryKey: ["person", id, "wallet"], queryFn: () => api.walletOf(id) });
  return (
    <Stack gap="lg">
      <Anchor component={Link} to="/people" className="back" fw={600} size="sm">
        <Icon name="back" size={18} /> All people
      </Anchor>
      {person.isPending && <Waiting label="Loading the person" />}
      <ProblemNote error={person.error ?? wallet.error} onRetry={() => void person.refetch()} />
      {person.data && (
        <>
          <div>
            <Title order={1} size="h2" data-testid="person-name">
              {person.data.name}
            </Title>
            <Text c="dimmed">{person.data.email}</Text>
          </div>
          <div className="two-columns">
            <Stack gap="lg">
              <Card>
                <Title order={2} size="h4" mb="md">
                  Wallet
                </Title>
                <Facts
                  rows={[
                    ["Balance", wallet.data && money(wallet.data.balance_minor, wallet.data.currency)],
                    ["Held", wallet.data && money(wallet.data.held_minor, wallet.data.currency)],
                    ["Available", wallet.data && money(wallet.data.available_minor, wallet.data.currency)],
                    [
                      "Number",
                      <span key="id" className="number">
                        {id}
                      </span>,
                    ],
                  ]}
                />
              </Card>
              {rights().acts && id === session.person?.id ? (
                <Card>
                  <Text size="sm" c="dimmed">
                    Nobody corrects their own wallet. Ask another operator.
                  </Text>
                </Card>
              ) : (
                rights().acts && wallet.data && <CorrectionForm user={id} currency={wallet.data.currency} />
              )}
            </Stack>
            <Stack gap="lg">
              <PinState person={person.data} />
              {person.data.roles.includes("cashier") && <Workplace person={person.data} />}
              {rights().givesRoles && <Roles key={person.data.roles.join(" ")} person={person.data} />}
            </Stack>
          </div>
          <PaymentsOf user={id} />
        </>
      )}
    </Stack>
  );
}

function PinState({ person }: { person: Person }) {
  const unlock = useMutation({
    mutationFn: () => api.unlockPin(person.id),
    onSuccess: () => toast("PIN unlocked", `${person.name} has five tries again.`, "plain"),
  });
  const [asking, setAsking] = useState(false);
  return (
    <Card>
      <Stack gap="sm">
        <Title order={2} size="h4">
          PIN and phone
        </Title>
        <Facts
          rows={[
            ["PIN", person.has_pin ? "Set" : "Not set"],
            ["Phone number", person.has_phone ? "Stored" : "None"],
          ]}
        />
        {person.has_pin && rights().acts && (
          <Group>
            <Button size="sm" variant="default" onClick={() => setAsking(true)} data-testid="pin-unlock">
              Give a locked PIN its tries back
            </Button>
          </Group>
        )}
        <ProblemNote error={unlock.error} />
      </Stack>
      <Confirm
        opened={asking}
        title="Unlock this PIN?"
        action="Unlock"
        busy={unlock.isPending}
        onConfirm={() => {
          unlock.mutate();
          setAsking(false);
        }}
        onClose={() => setAsking(false)}
      >
        Make sure first that it is really {person.name} who asks: whoever guesses gets five more tries.
      </Confirm>
    </Card>
  );
}

const roles = [
  { value: "customer", label: "Customer", text: "Pays and travels." },
  { value: "manager", label: "Manager", text: "Refunds, decisions, stations." },
  { value: "admin", label: "Admin", text: "The same, and gives roles." },
  { value: "auditor", label: "Auditor", text: "Reads everything, changes nothing." },
  { value: "cashier", label: "Cashier", text: "Gives money back at one merchant." },
  { value: "gate", label: "Gate staff", text: "Works at a gate." },
  { value: "forecourt", label: "Forecourt", text: "Works at pumps." },
];

function Roles({ person }: { person: Person }) {
  const queries = useQueryClient();
  const [chosen, setChosen] = useState(person.roles);
  const save = useMutation({
    mutationFn: () => api.setRoles(person.id, chosen),
    onSuccess: async () => {
      toast("Roles saved", "They count at once.", "plain");
      await queries.invalidateQueries({ queryKey: ["person"] });
      await queries.invalidateQueries({ queryKey: ["people"] });
    },
  });
  const same = [...chosen].sort().join() === [...person.roles].sort().join();
  return (
    <Card>
      <Stack gap="sm">
        <Title order={2} size="h4">
          Roles
        </Title>
        <Checkbox.Group value={chosen} onChange={setChosen} aria-label="Roles">
          <Stack gap="xs">
            {roles.map((role) => (
              <Checkbox
                key={role.value}
                value={role.value}
                label={role.label}
                description={role.text}
                data-testid={`role-${role.value}`}
              />
            ))}
          </Stack>
        </Checkbox.Group>
        {chosen.length === 0 && (
          <Text size="sm" c="var(--mantine-color-error)">
            Everybody has at least one role; leave Customer.
          </Text>
        )}
        <ProblemNote error={save.error} />
        <Group>
          <Button
            size="sm"
            disabled={same || chosen.length === 0}
            loading={save.isPending}
            onClick={() => save.mutate()}
            data-testid="roles-save"
          >
            Save roles
          </Button>
          {!same && <Badge variant="light">Not saved</Badge>}
        </Group>
      </Stack>
    </Card>
  );
}

function PaymentsOf({ user }: { user: string }) {
  const payments = useQuery({
    queryKey: ["payments", "of", user],
    queryFn: () => api.payments({ user_id: user }),
  });
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Title order={2} size="h4">
          Latest payments
        </Title>
        <Anchor component={Link} to={`/payments?user=${user}`} size="sm" fw={600}>
          All of them
        </Anchor>
      </Group>
      <Card padding={0}>
        {payments.isPending && <Waiting label="Loading the payments" />}
        <ProblemNote error={payments.error} onRetry={() => void payments.refetch()} />
        {payments.data?.items.length === 0 && <EmptyNote icon="till">No payments yet.</EmptyNote>}
        {payments.data && payments.data.items.length > 0 && <PaymentTable payments={payments.data.items.slice(0, 5)} />}
      </Card>
    </Stack>
  );
}
