import { Button, Card, Group, Stack, Text, Textarea, TextInput, Title } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { Adjustment, Money, Payment } from "../shared/api/types";
import { useWrite } from "../shared/api/useWrite";
import { minorDigits, money, parseAmount } from "../shared/format";
import { amountFault } from "../shared/payments/amountFault";
import { refundableMinor } from "../shared/payments/paymentWords";
import { reasonFault, reasonLengthMax } from "../shared/payments/reason";
import { toast } from "../shared/ui/toasts";
import { WriteNote } from "../shared/ui/WriteNote";
import { api, pendingWrites, rights } from "./operator";

/** Gives back all that is left of a payment, or a part of it. */
export function RefundForm({ payment }: { payment: Payment }) {
  const { currency } = payment.amount;
  const left = refundableMinor(payment);
  const whole = (left / 10 ** minorDigits(currency)).toFixed(minorDigits(currency));
  const [values, setValues] = useState({ amount: whole, reason: "" });
  const [wrong, setWrong] = useState<{ amount?: string; reason?: string }>({});
  const refund = useWrite({
    writes: pendingWrites,
    slot: `console.refund.${payment.id}`,
    deliver: (key, body: { amount: Money; reason: string }) => api.refundPayment(key, payment.id, body),
    stale: ["payments", "approvals"],
    onDone: (answer) => {
      tell(answer);
      setValues({ amount: "", reason: "" });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const minor = parseAmount(values.amount, currency);
    const fault = reasonFault(values.reason);
    const amount = amountFault(minor, left, `At most ${money(left, currency)} is left of this payment.`);
    setWrong({ ...(amount ? { amount } : {}), ...(fault ? { reason: fault } : {}) });
    if (minor === null || amount || fault) return;
    refund.send({ amount: { amount_minor: minor, currency }, reason: values.reason.trim() });
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
          <Group align="flex-end" wrap="nowrap">
            <TextInput
              flex={1}
              label={`Amount in ${currency}`}
              inputMode="decimal"
              autoComplete="off"
              value={values.amount}
              error={wrong.amount}
              onChange={(event) => setValues({ ...values, amount: event.currentTarget.value })}
              data-testid="refund-amount"
            />
            <Button variant="default" onClick={() => setValues({ ...values, amount: whole })}>
              All of it
            </Button>
          </Group>
          <Textarea
            label="Reason"
            description="The payer reads it."
            size="md"
            autosize
            minRows={2}
            maxLength={reasonLengthMax}
            value={values.reason}
            error={wrong.reason}
            onChange={(event) => setValues({ ...values, reason: event.currentTarget.value })}
            data-testid="refund-reason"
          />
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
