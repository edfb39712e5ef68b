import { Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import type { FormEvent } from "react";
import type { Adjustment, Money, Payment } from "../shared/api/types";
import { useWrite } from "../shared/api/useWrite";
import { minorDigits, money } from "../shared/format";
import { refundableMinor } from "../shared/payments/paymentWords";
import { toast } from "../shared/ui/toasts";
import { WriteNote } from "../shared/ui/WriteNote";
import { AmountAndReason, useAmountAndReason } from "./AmountAndReason";
import { api, pendingWrites, rights } from "./operator";

/** Gives back all that is left of a payment, or a part of it. */
export function RefundForm({ payment }: { payment: Payment }) {
  const { currency } = payment.amount;
  const left = refundableMinor(payment);
  const whole = (left / 10 ** minorDigits(currency)).toFixed(minorDigits(currency));
  const beyond = `At most ${money(left, currency)} is left of this payment.`;
  const typed = useAmountAndReason(currency, whole, { most: left, beyond });
  const refund = useWrite({
    writes: pendingWrites,
    slot: `console.refund.${payment.id}`,
    deliver: (key, body: { amount: Money; reason: string }) => api.refundPayment(key, payment.id, body),
    stale: ["payments", "approvals"],
    onDone: (answer) => {
      tell(answer);
      typed.clear();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const said = typed.read();
    if (said) refund.send(said);
  };
  return (
    <Card>
      <form onSubmit={submit} noValidate>
        <Stack>
          <div>
            <Title order={2} size="h4">
              Give money back
            </Title>
            <Text size="sm" c="dimmed">
              {money(left, currency)} can be given back. A large amount waits until another operator has agreed.
            </Text>
          </div>
          <AmountAndReason of={typed} name="refund" whole={whole} readBy="The payer reads it." />
          <WriteNote write={refund} what="The refund" />
          <Group>
            <Button type="submit" loading={refund.busy} data-testid="refund-send">
              Give back
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}

function tell(refund: Adjustment): void {
  const amount = money(refund.amount.amount_minor, refund.amount.currency);
  if (refund.state === "done") toast(`${amount} given back`, "It is in the payer's wallet.");
  else if (rights().sells) toast("An operator has to agree", `The refund of ${amount} waits for one.`, "plain");
  else toast("A second operator has to agree", `The refund of ${amount} waits under Decisions.`, "plain");
}
