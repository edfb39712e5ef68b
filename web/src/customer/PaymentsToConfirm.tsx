import { Button, Card, Group, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Payment } from "../shared/api/types";
import { clock, money } from "../shared/format";
import { ProblemNote } from "../shared/ui/notes";
import { api, pendingWrites } from "./account";
import { usePayments } from "./queries";

/** Payments that wait for the person's yes, above whatever page they are on. */
export function PaymentsToConfirm() {
  const payments = usePayments();
  const waiting = payments.data?.items.filter((payment) => payment.status === "awaiting_confirmation") ?? [];
  return (
    <div aria-live="polite">
      {waiting.map((payment) => (
        <PaymentToConfirm key={payment.id} payment={payment} />
      ))}
    </div>
  );
}

function PaymentToConfirm({ payment }: { payment: Payment }) {
  const queries = useQueryClient();
  const confirm = useMutation({
    mutationFn: () =>
      pendingWrites.send(`confirm.${payment.id}`, { id: payment.id }, ({ key, body }) =>
        api.confirmPayment(key, body.id),
      ),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["payments"] });
      void queries.invalidateQueries({ queryKey: ["wallet"] });
    },
  });
  return (
    <Card mb="lg" data-testid="payment-waiting">
      <Group justify="space-between" wrap="nowrap">
        <div>
          <Text fw={700}>
            Pay {money(payment.amount.amount_minor, payment.amount.currency)} at {payment.merchant_id}?
          </Text>
          <Text size="sm" c="dimmed">
            {payment.expires_at
              ? `Nothing is charged unless you agree by ${clock(payment.expires_at)}.`
              : "Nothing is charged unless you agree."}
          </Text>
        </div>
        <Button flex="none" loading={confirm.isPending} onClick={() => confirm.mutate()} data-testid="payment-confirm">
          Pay
        </Button>
      </Group>
      <ProblemNote error={confirm.error} />
    </Card>
  );
}
