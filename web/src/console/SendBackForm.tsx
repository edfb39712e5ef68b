import { Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import type { FormEvent } from "react";
import type { Money, StaffTopUp } from "../shared/api/types";
import { useWrite } from "../shared/api/useWrite";
import { minorDigits, money } from "../shared/format";
import { toast } from "../shared/ui/toasts";
import { WriteNote } from "../shared/ui/WriteNote";
import { AmountAndReason, useAmountAndReason } from "./AmountAndReason";
import { api, pendingWrites } from "./operator";

/** Sends money of a top-up back to its card for the customer. Nobody else has to agree: it can go nowhere else. */
export function SendBackForm({ topUp, left }: { topUp: StaffTopUp; left: number }) {
  const { currency } = topUp.amount;
  const digits = minorDigits(currency);
  const beyond = `At most ${money(left, currency)} is left of this top-up.`;
  const typed = useAmountAndReason(currency, (left / 10 ** digits).toFixed(digits), { most: left, beyond });
  const send = useWrite({
    writes: pendingWrites,
    slot: `console.top-up-refund.${topUp.id}`,
    deliver: (key, body: { amount: Money; reason: string }) => api.refundTopUp(key, topUp.id, body),
    stale: ["top-ups"],
    onDone: () => {
      typed.clear();
      toast("On its way to the card", "It has left the wallet; should it not arrive, it comes back.", "plain");
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const said = typed.read();
    if (said) send.send(said);
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
          <AmountAndReason of={typed} name="send-back" />
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
