import { Stack } from "@mantine/core";
import type { TopUpRefund } from "../api/types";
import { dayAndClock } from "../format";
import type { Tone } from "./paymentWords";
import { RefundRow } from "./RefundRow";

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
        <RefundRow
          key={refund.id}
          amount={refund.amount}
          line={dayAndClock(refund.created_at)}
          words={words(refund)}
          testId="top-up-refund"
          state={refund.state}
        />
      ))}
    </Stack>
  );
}
