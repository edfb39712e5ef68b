import { Group, Stack, Text } from "@mantine/core";
import type { Adjustment } from "../api/types";
import { dayAndClock, money } from "../format";
import { ToneBadge } from "./PaymentBadge";
import { adjustmentWords } from "./paymentWords";

export function RefundList({ refunds }: { refunds: Adjustment[] }) {
  return (
    <Stack gap="md" aria-live="polite">
      {refunds.map((refund) => (
        <Group
          key={refund.id}
          justify="space-between"
          align="flex-start"
          wrap="nowrap"
          data-testid="refund"
          data-state={refund.state}
        >
          <div>
            <Text fw={600} className="figures">
              {money(refund.amount.amount_minor, refund.amount.currency)}
            </Text>
            <Text size="sm" c="dimmed">
              {dayAndClock(refund.decided_at ?? refund.requested_at)}: {refund.reason}
            </Text>
          </div>
          <ToneBadge {...adjustmentWords(refund)} />
        </Group>
      ))}
    </Stack>
  );
}
