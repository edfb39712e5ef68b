import { Anchor, Button, Card, Group, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { Link, useLocation } from "react-router";
import type { Payment } from "../shared/api/types";
import { useWrite } from "../shared/api/useWrite";
import { money } from "../shared/format";
import { Countdown } from "../shared/payments/Countdown";
import { WriteNote } from "../shared/ui/WriteNote";
import { api, pendingWrites } from "./account";
import { usePayments } from "./queries";

/** Payments that wait for the person's yes, above whatever page they are on; their own page says so itself. */
export function PaymentsToConfirm() {
  const payments = usePayments();
  const { pathname } = useLocation();
  const waiting = payments.data?.items.filter(
    ({ id, status }) => status === "awaiting_confirmation" && pathname !== `/payments/${id}`,
  );
  return (
    <div aria-live="polite">
      {waiting?.map((payment) => (
        <PaymentToConfirm key={payment.id} payment={payment} />
      ))}
    </div>
  );
}

function PaymentToConfirm({ payment }: { payment: Payment }) {
  const queries = useQueryClient();
  const confirm = useWrite({
    writes: pendingWrites,
    slot: `confirm.${payment.id}`,
    deliver: (key, body: { id: string }) => api.confirmPayment(key, body.id),
    stale: ["payments", "wallet"],
  });
  const over = useCallback(() => void queries.invalidateQueries({ queryKey: ["payments"] }), [queries]);
  return (
    <Card mb="lg" className="to-confirm" data-testid="payment-waiting">
      <Group justify="space-between" wrap="nowrap">
        <div>
          <Text fw={700}>
            Pay {money(payment.amount.amount_minor, payment.amount.currency)} at {payment.merchant_id}?
          </Text>
          <Text size="sm" c="dimmed">
            {payment.expires_at ? (
              <>
                Nothing is charged unless you agree. <Countdown until={payment.expires_at} onOver={over} /> left.
              </>
            ) : (
              "Nothing is charged unless you agree."
            )}
          </Text>
          <Anchor component={Link} to={`/payments/${payment.id}`} size="sm" fw={600} data-testid="payment-look">
            Look at it first
          </Anchor>
        </div>
        <Button
          flex="none"
          loading={confirm.busy}
          onClick={() => confirm.send({ id: payment.id })}
          data-testid="payment-confirm"
        >
          Pay
        </Button>
      </Group>
      <WriteNote write={confirm} what="Your yes" />
    </Card>
  );
}
