import { Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import type { Payment } from "../shared/api/types";
import { useWrite } from "../shared/api/useWrite";
import { money } from "../shared/format";
import { refundableMinor } from "../shared/payments/paymentWords";
import { Confirm } from "../shared/ui/notes";
import { toast } from "../shared/ui/toasts";
import { WriteNote } from "../shared/ui/WriteNote";
import { api, pendingWrites, session } from "./operator";

type Party = "customer" | "merchant";

/** Decides on a payer's objection; never on one's own. */
export function DecideDispute({ payment }: { payment: Payment }) {
  const [party, setParty] = useState<Party | null>(null);
  const decide = useWrite({
    writes: pendingWrites,
    slot: `console.dispute.${payment.id}`,
    deliver: (key, body: { outcome: Party }) => api.resolveDispute(key, payment.id, body.outcome),
    stale: ["payments", "disputes", "audit"],
    onDone: () => {
      setParty(null);
      toast("Decided", "The payer sees the decision.", "plain");
    },
  });
  const sum = money(refundableMinor(payment), payment.amount.currency);
  const own = payment.user_id === session.person?.id;
  return (
    <Card data-testid="dispute-decision">
      <Stack gap="sm">
        <Title order={2} size="h4">
          The payer says: that was not me
        </Title>
        <blockquote className="quote">{payment.dispute_reason}</blockquote>
        {own ? (
          <Text size="sm">This is your own payment. Another operator has to decide.</Text>
        ) : (
          <Group>
            <Button size="sm" onClick={() => setParty("customer")} data-testid="dispute-customer">
              Give {sum} back
            </Button>
            <Button size="sm" variant="default" onClick={() => setParty("merchant")} data-testid="dispute-merchant">
              The merchant keeps it
            </Button>
          </Group>
        )}
        {!party && <WriteNote write={decide} what="The decision" />}
      </Stack>
      <Confirm
        opened={party !== null}
        title={party === "customer" ? `Give ${sum} back?` : "Let the merchant keep it?"}
        action="Decide"
        busy={decide.busy}
        error={decide.error}
        onConfirm={() => party && decide.send({ outcome: party })}
        onClose={() => setParty(null)}
      >
        {party === "customer"
          ? "All that is left of this payment goes back to the payer's wallet at once. This cannot be taken back."
          : "The objection is declined and the payer sees it. The merchant may still give money back."}
      </Confirm>
    </Card>
  );
}
