import { Group, Stack, Text } from "@mantine/core";
import type { TopUpRefund } from "../api/types";
import { dayAndClock, money } from "../format";
import { ToneBadge } from "./PaymentBadge";
import type { Tone } from "./paymentWords";

/** What became of money that goes back to its card. */
function words({ state }: TopUpRefund): { label: string; tone: Tone } {
  if (state === "done") return { label: "Sent back", tone: "good" };
  if (state === "failed") return { label: "In the wallet again", tone: "bad" };
  return { label: "On its way", tone: "waiting" };
}

export function TopUpRefundList({ refunds }: { refunds: TopUpRefund[] }) {
  return (
    <Stack gap="md" aria-live="polite">
      {refunds.map((refund) => (
        <Group
          key={refund.id}
          justify="space-between"
          wrap="nowrap"
          data-testid="top-up-refund"
          data-state={refund.state}
        >
          <div>
            <Text fw={600} className="figures">
              {money(refund.amount.amount_minor, refund.amount.currency)}
            </Text>
            <Text size="sm" c="dimmed">
              {dayAndClock(refund.created_at)}
            </Text>
          </div>
          <ToneBadge {...words(refund)} />
        </Group>
      ))}
    </Stack>
  );
}
