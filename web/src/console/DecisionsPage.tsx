import { Button, Card, Group, SegmentedControl, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import type { Adjustment, AdjustmentState, Payment, StaffTopUp } from "../shared/api/types";
import { useWrite } from "../shared/api/useWrite";
import { midSentence, money } from "../shared/format";
import { ToneBadge } from "../shared/payments/PaymentBadge";
import { adjustmentWords } from "../shared/payments/paymentWords";
import { EmptyNote, ProblemNote, Waiting } from "../shared/ui/notes";
import { toast } from "../shared/ui/toasts";
import { WriteNote } from "../shared/ui/WriteNote";
import { api, pendingWrites, rights, session } from "./operator";
import { PlateClaims } from "./PlateClaims";
import { lookAgainMs, useDisputes, useWaitingTopUps } from "./queues";
import { noteWords } from "./staffTopUpWords";
import { Who } from "./Who";

/** What waits for somebody's judgement: objections of payers, and money that needs four eyes. */
export function DecisionsPage() {
  return (
    <Stack gap="xl">
      <div>
        <Title order={1} size="h2">
          Decisions
        </Title>
        <Text c="dimmed">
          Objections of payers, refunds and corrections that need a second operator, plates that two people call theirs,
          and top-ups to look at.
        </Text>
      </div>
      <Disputes />
      <Approvals />
      <PlateClaims />
      <TopUps />
    </Stack>
  );
}

function Disputes() {
  const disputes = useDisputes();
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        "That was not me"
      </Title>
      <Card>
        {disputes.isPending && <Waiting label="Loading the objections" />}
        <ProblemNote error={disputes.error} onRetry={() => void disputes.refetch()} />
        {disputes.data?.items.length === 0 && <EmptyNote icon="scales">No objection waits for a decision.</EmptyNote>}
        <Stack gap={4} aria-live="polite">
          {disputes.data?.items.map((payment) => (
            <DisputeRow key={payment.id} payment={payment} />
          ))}
        </Stack>
      </Card>
    </Stack>
  );
}

function DisputeRow({ payment }: { payment: Payment }) {
  return (
    <Group justify="space-between" wrap="nowrap" py={8} data-testid="dispute">
      <div>
        <Text fw={600} className="figures">
          {money(payment.captured_minor - payment.refunded_minor, payment.amount.currency)} at {payment.merchant_id}
        </Text>
        <Text size="sm" c="dimmed">
          <Who name={`person:${payment.user_id}`} />, paid {midSentence(payment.captured_at ?? payment.created_at)}
        </Text>
        <Text size="sm">{payment.dispute_reason}</Text>
      </div>
      <Button component={Link} to={`/payments/${payment.id}`} size="sm" variant="light" flex="none">
        {rights().acts ? "Decide" : "Look"}
      </Button>
    </Group>
  );
}

function TopUps() {
  const waiting = useWaitingTopUps();
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        Top-ups to look at
      </Title>
      <Card>
        {waiting.isPending && <Waiting label="Loading the top-ups" />}
        <ProblemNote error={waiting.error} onRetry={() => void waiting.refetch()} />
        {waiting.data?.items.length === 0 && <EmptyNote icon="balance">No top-up waits for people.</EmptyNote>}
        <Stack gap={4} aria-live="polite">
          {waiting.data?.items.map((topUp) => (
            <TopUpRow key={topUp.id} topUp={topUp} />
          ))}
        </Stack>
      </Card>
    </Stack>
  );
}

function TopUpRow({ topUp }: { topUp: StaffTopUp }) {
  return (
    <Group justify="space-between" wrap="nowrap" py={8} data-testid="waiting-top-up">
      <div>
        <Text fw={600} className="figures">
          {money(topUp.amount.amount_minor, topUp.amount.currency)} through {topUp.provider}
        </Text>
        <Text size="sm" c="dimmed">
          <Who name={`person:${topUp.user_id}`} />, asked {midSentence(topUp.created_at)}
        </Text>
        {topUp.note && <Text size="sm">{noteWords(topUp.note)}</Text>}
      </div>
      <Button component={Link} to={`/top-ups/${topUp.id}`} size="sm" variant="light" flex="none">
        Look
      </Button>
    </Group>
  );
}

const shownStates = [
  { value: "pending_approval", label: "Waiting" },
  { value: "done", label: "Done" },
  { value: "rejected", label: "Declined" },
];

function Approvals() {
  const [state, setState] = useState<AdjustmentState>("pending_approval");
  const approvals = useQuery({
    queryKey: ["approvals", state],
    queryFn: () => api.approvals(state),
    refetchInterval: lookAgainMs,
  });
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Title order={2} size="h4">
          Refunds and corrections
        </Title>
        <SegmentedControl
          size="sm"
          data={shownStates}
          value={state}
          onChange={(value) => setState(value as AdjustmentState)}
          aria-label="Which ones"
          data-testid="approval-state"
        />
      </Group>
      <Card>
        {approvals.isPending && <Waiting label="Loading refunds and corrections" />}
        <ProblemNote error={approvals.error} onRetry={() => void approvals.refetch()} />
        {approvals.data?.items.length === 0 && (
          <EmptyNote icon="shield">
            {state === "pending_approval" ? "Nothing waits for a second operator." : "Nothing here yet."}
          </EmptyNote>
        )}
        <Stack gap="lg" aria-live="polite">
          {approvals.data?.items.map((asked) => (
            <Approval key={asked.id} asked={asked} />
          ))}
        </Stack>
      </Card>
    </Stack>
  );
}

/** Why this operator may not decide, in words; null when they may. */
function ownWish(asked: Adjustment, me: string | undefined): string | null {
  if (asked.requested_by === `person:${me}`) return "You asked for this. Another operator has to agree.";
  if (asked.user_id === me) return "This is your own money. Another operator has to decide.";
  return null;
}

function titleOf({ kind, direction, amount }: Adjustment): string {
  const sum = money(amount.amount_minor, amount.currency);
  if (kind === "refund") return `Give back ${sum}`;
  return direction === "credit" ? `Correct a wallet by +${sum}` : `Correct a wallet by -${sum}`;
}

function Approval({ asked }: { asked: Adjustment }) {
  const words = adjustmentWords(asked);
  const pending = asked.state === "pending_approval";
  const mayDecide = pending && rights().acts;
  const hindrance = mayDecide ? ownWish(asked, session.person?.id) : null;
  return (
    <Group
      justify="space-between"
      align="flex-start"
      data-testid="approval"
      data-kind={asked.kind}
      data-state={asked.state}
    >
      <div className="approval-text">
        <Text fw={600} className="figures">
          {titleOf(asked)}
        </Text>
        <Text size="sm" c="dimmed">
          For <Who name={`person:${asked.user_id}`} />, asked by <Who name={asked.requested_by} />{" "}
          {midSentence(asked.requested_at)}
          {asked.decided_by && (
            <>
              , decided by <Who name={asked.decided_by} />
            </>
          )}
          {asked.transaction_id && (
            <>
              {" · "}
              <Link to={`/payments/${asked.transaction_id}`}>the payment</Link>
            </>
          )}
        </Text>
        <Text size="sm">{asked.reason}</Text>
        {hindrance && (
          <Text size="sm" c="dimmed" fs="italic" data-testid="own-wish">
            {hindrance}
          </Text>
        )}
      </div>
      {mayDecide && !hindrance ? <Decide asked={asked} /> : <ToneBadge {...words} />}
    </Group>
  );
}

function Decide({ asked }: { asked: Adjustment }) {
  const decide = useWrite({
    writes: pendingWrites,
    slot: `console.approval.${asked.id}`,
    deliver: (key, body: { approve: boolean }) =>
      body.approve ? api.approve(key, asked.id) : api.reject(key, asked.id),
    stale: ["approvals", "payments", "person"],
    onDone: (answer) =>
      answer.state === "done"
        ? toast("Agreed", "The money has moved.")
        : toast("Declined", "No money has moved.", "plain"),
  });
  return (
    <Stack gap="xs" align="flex-end">
      <Group gap="xs" wrap="nowrap">
        <Button
          size="sm"
          variant="default"
          disabled={decide.busy}
          onClick={() => decide.send({ approve: false })}
          data-testid="reject"
        >
          Decline
        </Button>
        <Button size="sm" loading={decide.busy} onClick={() => decide.send({ approve: true })} data-testid="approve">
          Agree
        </Button>
      </Group>
      <WriteNote write={decide} what="The decision" />
    </Stack>
  );
}
