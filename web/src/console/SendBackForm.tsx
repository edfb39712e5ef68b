import { Button, Card, Group, Stack, Text, Textarea, TextInput, Title } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { Money, StaffTopUp } from "../shared/api/types";
import { useWrite } from "../shared/api/useWrite";
import { minorDigits, money, parseAmount } from "../shared/format";
import { amountFault } from "../shared/payments/amountFault";
import { reasonFault, reasonLengthMax } from "../shared/payments/reason";
import { toast } from "../shared/ui/toasts";
import { WriteNote } from "../shared/ui/WriteNote";
import { api, pendingWrites } from "./operator";

/** Sends money of a top-up back to its card for the customer. Nobody else has to agree: it can go nowhere else. */
export function SendBackForm({ topUp, left }: { topUp: StaffTopUp; left: number }) {
  const { currency } = topUp.amount;
  const digits = minorDigits(currency);
  const [values, setValues] = useState({ amount: (left / 10 ** digits).toFixed(digits), reason: "" });
  const [wrong, setWrong] = useState<{ amount?: string; reason?: string }>({});
  const send = useWrite({
    writes: pendingWrites,
    slot: `console.top-up-refund.${topUp.id}`,
    deliver: (key, body: { amount: Money; reason: string }) => api.refundTopUp(key, topUp.id, body),
    stale: ["top-ups"],
    onDone: () => {
      setValues({ amount: "", reason: "" });
      toast("On its way to the card", "It has left the wallet; should it not arrive, it comes back.", "plain");
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const minor = parseAmount(values.amount, currency);
    const reason = reasonFault(values.reason);
    const amount = amountFault(minor, left, `At most ${money(left, currency)} is left of this top-up.`);
    setWrong({ ...(amount ? { amount } : {}), ...(reason ? { reason } : {}) });
    if (minor === null || amount || reason) return;
    send.send({ amount: { amount_minor: minor, currency }, reason: values.reason.trim() });
  };
  return (
    <Card>
      <form onSubmit={submit} noValidate>
        <Stack>
          <div>
            <Title order={2} size="h4">
              Send back to the card
            </Title>
            <Text size="sm" c="dimmed">
              {money(left, currency)} is left of it. Only what the wallet holds can go back.
            </Text>
          </div>
          <TextInput
            label={`Amount in ${currency}`}
            inputMode="decimal"
            autoComplete="off"
            value={values.amount}
            error={wrong.amount}
            onChange={(event) => setValues({ ...values, amount: event.currentTarget.value })}
            data-testid="send-back-amount"
          />
          <Textarea
            label="Reason"
            size="md"
            autosize
            minRows={2}
            maxLength={reasonLengthMax}
            value={values.reason}
            error={wrong.reason}
            onChange={(event) => setValues({ ...values, reason: event.currentTarget.value })}
            data-testid="send-back-reason"
          />
          <WriteNote write={send} what="Sending it back" />
          <Group>
            <Button type="submit" loading={send.busy} data-testid="send-back">
              Send back
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}
