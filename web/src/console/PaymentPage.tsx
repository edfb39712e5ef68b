import { Anchor, Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { Link, useParams } from "react-router";
import type { Adjustment, Payment } from "../shared/api/types";
import { useWrite } from "../shared/api/useWrite";
import { dayAndClock, money } from "../shared/format";
import { Countdown } from "../shared/payments/Countdown";
import { PaymentBadge } from "../shared/payments/PaymentBadge";
import { actionsOf, exceptionWords, historyOf, paymentWords } from "../shared/payments/paymentWords";
import { RefundList } from "../shared/payments/RefundList";
import { Facts } from "../shared/ui/Facts";
import { Icon } from "../shared/ui/Icon";
import { Confirm, ProblemNote, Waiting } from "../shared/ui/notes";
import { toast } from "../shared/ui/toasts";
import { WriteNote } from "../shared/ui/WriteNote";
import { DecideDispute } from "./DecideDispute";
import { api, pendingWrites, reader, rights } from "./operator";
import { lookAgainMs } from "./queues";
import { RefundForm } from "./RefundForm";
import { Who } from "./Who";

export function PaymentPage() {
  const { id = "" } = useParams();
  const payment = useQuery({
    queryKey: ["payments", "one", id],
    queryFn: () => api.payment(id),
    refetchInterval: lookAgainMs,
  });
  const refunds = useQuery({
    queryKey: ["payments", "refunds", id],
    queryFn: () => api.refunds(id),
    refetchInterval: lookAgainMs,
  });
  return (
    <Stack gap="lg">
      <Anchor component={Link} to="/payments" className="back" fw={600} size="sm">
        <Icon name="back" size={18} /> All payments
      </Anchor>
      {payment.isPending && <Waiting label="Loading the payment" />}
      <ProblemNote
        error={payment.error ?? refunds.error}
        onRetry={() => {
          void payment.refetch();
          void refunds.refetch();
        }}
      />
      {payment.data && <Details payment={payment.data} refunds={refunds.data?.items ?? []} />}
    </Stack>
  );
}

function Details({ payment, refunds }: { payment: Payment; refunds: Adjustment[] }) {
  const { currency } = payment.amount;
  const amount = (minor: number) => money(minor, currency);
  const words = paymentWords(payment, "operator");
  const may = actionsOf(payment, reader());
  return (
    <div className="two-columns">
      <Stack gap="lg">
        <Card data-testid="payment-details" data-status={payment.status} data-refunded={payment.refunded_minor}>
          <Stack>
            <Group justify="space-between" align="flex-start">
              <div>
                <Title order={1} size="h2" className="figures">
                  {amount(payment.amount.amount_minor)}
                </Title>
                <Text c="dimmed">
                  <Who name={`person:${payment.user_id}`} /> at {payment.merchant_id}
                </Text>
              </div>
              <PaymentBadge payment={payment} reader="operator" />
            </Group>
            <Text>
              {words.sentence} {exceptionWords(payment)}
            </Text>
            <Facts
              rows={[
                ["Asked", dayAndClock(payment.created_at)],
                ["Till", payment.till_id],
                ["Paid", payment.captured_at && dayAndClock(payment.captured_at)],
                ["Taken", payment.captured_at && amount(payment.captured_minor)],
                ["Given back", payment.refunded_minor > 0 && amount(payment.refunded_minor)],
                ["Payer's words", payment.dispute_reason],
                [
                  "Number",
                  <span key="id" className="number">
                    {payment.id}
                  </span>,
                ],
              ]}
            />
            <Change payment={payment} />
          </Stack>
        </Card>
        {may.decide && <DecideDispute payment={payment} />}
        {may.refund && <RefundForm payment={payment} />}
      </Stack>
      <Stack gap="lg">
        <Card>
          <Title order={2} size="h4" mb="md">
            What happened
          </Title>
          <History payment={payment} refunds={refunds} />
        </Card>
        {refunds.length > 0 && (
          <Card>
            <Title order={2} size="h4" mb="md">
              Refunds
            </Title>
            <RefundList refunds={refunds} />
          </Card>
        )}
      </Stack>
    </div>
  );
}

function History({ payment, refunds }: { payment: Payment; refunds: Adjustment[] }) {
  // Who objected, and who decided, stands in the audit log alone.
  const acts = useQuery({
    queryKey: ["audit", "of", payment.id, payment.dispute],
    queryFn: () => api.audit({ subject: payment.id }),
    enabled: payment.dispute != null && rights().reads,
  });
  const moments = historyOf(payment, refunds, acts.data?.items ?? []);
  return (
    <ol className="history">
      {moments.map((moment) => (
        <li key={`${moment.at} ${moment.what}`}>
          <Text fw={600}>{moment.what}</Text>
          <Text size="sm" c="dimmed">
            {dayAndClock(moment.at)}
            {moment.who && (
              <>
                {" by "}
                <Who name={moment.who} />
              </>
            )}
          </Text>
          {moment.note && <Text size="sm">{moment.note}</Text>}
        </li>
      ))}
    </ol>
  );
}

/** What an operator may do with a payment that is not paid. */
function Change({ payment }: { payment: Payment }) {
  const queries = useQueryClient();
  const may = actionsOf(payment, reader());
  const [asking, setAsking] = useState(false);
  const cancel = useWrite({
    writes: pendingWrites,
    slot: `console.cancel.${payment.id}`,
    deliver: (key, body: { id: string }) => api.cancelPayment(key, body.id),
    stale: ["payments"],
    onDone: () => setAsking(false),
  });
  const reopen = useWrite({
    writes: pendingWrites,
    slot: `console.reopen.${payment.id}`,
    deliver: (key, body: { id: string }) => api.reopenPayment(key, body.id),
    stale: ["payments"],
    onDone: () => toast("Opened again", "The payer is asked once more.", "plain"),
  });
  const over = useCallback(() => void queries.invalidateQueries({ queryKey: ["payments"] }), [queries]);
  if (!may.cancel && !may.reopen) return null;
  return (
    <>
      {payment.status === "awaiting_confirmation" && payment.expires_at && (
        <Text size="sm" c="dimmed">
          Time left for the payer: <Countdown until={payment.expires_at} onOver={over} />
        </Text>
      )}
      <WriteNote write={reopen} what="Opening it again" />
      <Group>
        {may.reopen && (
          <Button size="sm" loading={reopen.busy} onClick={() => reopen.send({ id: payment.id })} data-testid="reopen">
            Open again
          </Button>
        )}
        <Button size="sm" variant="default" onClick={() => setAsking(true)} data-testid="cancel-payment">
          Cancel the payment
        </Button>
      </Group>
      <Confirm
        opened={asking}
        title="Cancel this payment?"
        action="Cancel the payment"
        keep="Keep it"
        busy={cancel.busy}
        error={cancel.error}
        onConfirm={() => cancel.send({ id: payment.id })}
        onClose={() => setAsking(false)}
      >
        The merchant gets nothing and has to ask again. What was set aside is free at once.
      </Confirm>
    </>
  );
}
