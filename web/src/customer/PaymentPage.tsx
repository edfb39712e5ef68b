import { Anchor, Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { Link, useParams } from "react-router";
import type { Payment } from "../shared/api/types";
import { useWrite } from "../shared/api/useWrite";
import { dayAndClock, money } from "../shared/format";
import { Countdown } from "../shared/payments/Countdown";
import { PaymentBadge } from "../shared/payments/PaymentBadge";
import { actionsOf, exceptionWords, paymentWords } from "../shared/payments/paymentWords";
import { RefundList } from "../shared/payments/RefundList";
import { Facts } from "../shared/ui/Facts";
import { Icon } from "../shared/ui/Icon";
import { Confirm, ProblemNote, Waiting } from "../shared/ui/notes";
import { toast } from "../shared/ui/toasts";
import { WriteNote } from "../shared/ui/WriteNote";
import { api, pendingWrites } from "./account";
import { ObjectToPayment } from "./ObjectToPayment";
import { ReceiptsOfPayment } from "./Receipts";

export function PaymentPage() {
  const { id = "" } = useParams();
  const payment = useQuery({ queryKey: ["payments", "one", id], queryFn: () => api.payment(id) });
  return (
    <Stack gap="lg">
      <Anchor component={Link} to="/payments" className="back" fw={600} size="sm">
        <Icon name="back" size={18} /> All payments
      </Anchor>
      {payment.isPending && <Waiting label="Loading the payment" />}
      <ProblemNote error={payment.error} onRetry={() => void payment.refetch()} />
      {payment.data && <PaymentDetails payment={payment.data} />}
    </Stack>
  );
}

function PaymentDetails({ payment }: { payment: Payment }) {
  const refunds = useQuery({
    queryKey: ["payments", "refunds", payment.id, payment.refunded_minor],
    queryFn: () => api.refunds(payment.id),
    enabled: payment.captured_at != null,
  });
  const { currency } = payment.amount;
  const words = paymentWords(payment, "payer");
  const taken = payment.captured_at != null;
  return (
    <>
      <Card data-testid="payment-details" data-status={payment.status} data-refunded={payment.refunded_minor}>
        <Stack>
          <Group justify="space-between" align="flex-start">
            <div>
              <Title order={1} className="payment-amount figures">
                {money(taken ? payment.captured_minor : payment.amount.amount_minor, currency)}
              </Title>
              <Text c="dimmed">at {payment.merchant_id}</Text>
            </div>
            <PaymentBadge payment={payment} reader="payer" />
          </Group>
          <Text>
            {words.sentence} {exceptionWords(payment)}
          </Text>
          <Answer payment={payment} />
          <Facts
            rows={[
              ["Asked", dayAndClock(payment.created_at)],
              ["Paid", payment.captured_at && dayAndClock(payment.captured_at)],
              ["Till", payment.till_id],
              ["Asked for", payment.exception ? money(payment.amount.amount_minor, currency) : null],
              ["Given back", payment.refunded_minor > 0 ? money(payment.refunded_minor, currency) : null],
              ["Your words", payment.dispute_reason],
              [
                "Number",
                <span key="id" className="number">
                  {payment.id}
                </span>,
              ],
            ]}
          />
        </Stack>
      </Card>
      <ProblemNote error={refunds.error} onRetry={() => void refunds.refetch()} />
      {refunds.data && refunds.data.items.length > 0 && (
        <Card>
          <Title order={2} size="h4" mb="md">
            Given back
          </Title>
          <RefundList refunds={refunds.data.items} />
        </Card>
      )}
      {taken && <ReceiptsOfPayment payment={payment} refunds={refunds.data?.items ?? []} />}
      {actionsOf(payment, "payer").dispute && <ObjectToPayment payment={payment} />}
    </>
  );
}

/** What the payer may say to a payment now: yes, no, or ask me again. */
function Answer({ payment }: { payment: Payment }) {
  const queries = useQueryClient();
  const may = actionsOf(payment, "payer");
  const [asking, setAsking] = useState(false);
  const stale = ["payments", "wallet"];
  const confirm = useWrite({
    writes: pendingWrites,
    slot: `confirm.${payment.id}`,
    deliver: (key, body: { id: string }) => api.confirmPayment(key, body.id),
    stale,
  });
  const reopen = useWrite({
    writes: pendingWrites,
    slot: `reopen.${payment.id}`,
    deliver: (key, body: { id: string }) => api.reopenPayment(key, body.id),
    stale,
  });
  const cancel = useWrite({
    writes: pendingWrites,
    slot: `cancel.${payment.id}`,
    deliver: (key, body: { id: string }) => api.cancelPayment(key, body.id),
    stale,
    onDone: () => {
      setAsking(false);
      toast("Payment cancelled", "Nothing was taken.", "plain");
    },
  });
  const over = useCallback(() => void queries.invalidateQueries({ queryKey: ["payments"] }), [queries]);
  const busy = confirm.busy || reopen.busy || cancel.busy;
  const sum = money(payment.amount.amount_minor, payment.amount.currency);
  return (
    <>
      {may.confirm && payment.expires_at && (
        <Text size="sm" c="dimmed">
          Time left to agree: <Countdown until={payment.expires_at} onOver={over} />
        </Text>
      )}
      <WriteNote write={confirm} what="Your yes" />
      <WriteNote write={reopen} what="Opening it again" />
      {!asking && <WriteNote write={cancel} what="Cancelling" />}
      {(may.confirm || may.reopen || may.cancel) && (
        <Group>
          {may.confirm && (
            <Button
              loading={confirm.busy}
              disabled={busy}
              onClick={() => confirm.send({ id: payment.id })}
              data-testid="pay"
            >
              Pay {sum}
            </Button>
          )}
          {may.reopen && (
            <Button
              loading={reopen.busy}
              disabled={busy}
              onClick={() => reopen.send({ id: payment.id })}
              data-testid="reopen"
            >
              Open again
            </Button>
          )}
          {may.cancel && (
            <Button variant="default" disabled={busy} onClick={() => setAsking(true)} data-testid="cancel-payment">
              {payment.status === "expired" ? "Close for good" : "Do not pay"}
            </Button>
          )}
        </Group>
      )}
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
        {payment.merchant_id} does not get {sum} and has to ask again. Money that was set aside is free at once.
      </Confirm>
    </>
  );
}
