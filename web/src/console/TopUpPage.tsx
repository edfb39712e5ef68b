import { Anchor, Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useParams } from "react-router";
import type { StaffTopUp } from "../shared/api/types";
import { useWrite } from "../shared/api/useWrite";
import { dayAndClock, money } from "../shared/format";
import { ToneBadge } from "../shared/payments/PaymentBadge";
import { TopUpRefundList } from "../shared/payments/TopUpRefundList";
import { Facts } from "../shared/ui/Facts";
import { Icon } from "../shared/ui/Icon";
import { Confirm, ProblemNote, Waiting } from "../shared/ui/notes";
import { toast } from "../shared/ui/toasts";
import { WriteNote } from "../shared/ui/WriteNote";
import { api, pendingWrites, rights, session } from "./operator";
import { lookAgainMs } from "./queues";
import { SendBackForm } from "./SendBackForm";
import { noteWords, staffTopUpState } from "./staffTopUpWords";
import { Who } from "./Who";

/** One top-up: why it waits for people, what went back to its card, and what an operator can do. */
export function TopUpPage() {
  const { id = "" } = useParams();
  const topUp = useQuery({
    queryKey: ["top-ups", "one", id],
    queryFn: () => api.staffTopUp(id),
    refetchInterval: lookAgainMs,
  });
  return (
    <Stack gap="lg">
      <Anchor component={Link} to="/decisions" className="back" fw={600} size="sm">
        <Icon name="back" size={18} /> Decisions
      </Anchor>
      {topUp.isPending && <Waiting label="Loading the top-up" />}
      <ProblemNote error={topUp.error} onRetry={() => void topUp.refetch()} />
      {topUp.data && <Details topUp={topUp.data} />}
    </Stack>
  );
}

function Details({ topUp }: { topUp: StaffTopUp }) {
  const { currency, amount_minor: whole } = topUp.amount;
  const left = whole - topUp.refunded_minor;
  const disputed = topUp.dispute === "open" || topUp.dispute === "lost";
  return (
    <div className="two-columns">
      <Stack gap="lg">
        <Card data-testid="top-up-details" data-state={topUp.state}>
          <Stack>
            <Group justify="space-between" align="flex-start">
              <div>
                <Title order={1} size="h2" className="figures">
                  {money(whole, currency)} topped up
                </Title>
                <Text c="dimmed">
                  <Who name={`person:${topUp.user_id}`} /> through {topUp.provider}
                </Text>
              </div>
              <ToneBadge {...staffTopUpState(topUp)} />
            </Group>
            <Facts
              rows={[
                ["Asked", dayAndClock(topUp.created_at)],
                ["Went back", topUp.refunded_minor > 0 && money(topUp.refunded_minor, currency)],
                ["Bank's objection", topUp.dispute],
                ["Why not paid", topUp.failure_code?.replaceAll("_", " ")],
                [
                  "At the provider",
                  <span key="provider" className="number">
                    {topUp.provider_payment_id}
                  </span>,
                ],
                [
                  "Number",
                  <span key="id" className="number">
                    {topUp.id}
                  </span>,
                ],
              ]}
            />
          </Stack>
        </Card>
        {topUp.note && <LookedAt topUp={topUp} note={topUp.note} />}
        {rights().acts && topUp.state === "credited" && !disputed && left > 0 && (
          <SendBackForm topUp={topUp} left={left} />
        )}
      </Stack>
      <Refunds id={topUp.id} />
    </div>
  );
}

/** Says that people have dealt with it; the audit log keeps who. */
function LookedAt({ topUp, note }: { topUp: StaffTopUp; note: string }) {
  const [asking, setAsking] = useState(false);
  const clear = useWrite({
    writes: pendingWrites,
    slot: `console.top-up.${topUp.id}`,
    deliver: (key) => api.clearTopUp(key, topUp.id),
    stale: ["top-ups", "audit"],
    onDone: () => {
      setAsking(false);
      toast("Cleared", "It waits for nobody any more.", "plain");
    },
  });
  const own = topUp.user_id === session.person?.id;
  return (
    <Card data-testid="top-up-note">
      <Stack gap="sm">
        <Title order={2} size="h4">
          People have to look at it
        </Title>
        <Text>{noteWords(note)}</Text>
        {own && <Text size="sm">This is your own top-up. Another operator has to clear it.</Text>}
        {rights().acts && !own && (
          <Group>
            <Button size="sm" onClick={() => setAsking(true)} data-testid="clear-top-up">
              It is dealt with
            </Button>
          </Group>
        )}
        {!asking && <WriteNote write={clear} what="The word" />}
      </Stack>
      <Confirm
        opened={asking}
        title="Is it dealt with?"
        action="Clear"
        busy={clear.busy}
        error={clear.error}
        onConfirm={() => clear.send({})}
        onClose={() => setAsking(false)}
      >
        {topUp.state === "credited"
          ? "No money moves by this. The audit log keeps who said so."
          : "No money moves by this, and the top-up is given up. Send what the provider took back there first."}
      </Confirm>
    </Card>
  );
}

function Refunds({ id }: { id: string }) {
  const refunds = useQuery({ queryKey: ["top-ups", "refunds", id], queryFn: () => api.topUpRefunds(id) });
  const items = refunds.data?.items ?? [];
  return (
    <Card>
      <Title order={2} size="h4" mb="md">
        Back to the card
      </Title>
      <ProblemNote error={refunds.error} onRetry={() => void refunds.refetch()} />
      {refunds.data && items.length === 0 && <Text c="dimmed">Nothing was sent back.</Text>}
      {items.length > 0 && <TopUpRefundList refunds={items} />}
    </Card>
  );
}
