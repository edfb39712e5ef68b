import { Stack } from "@mantine/core";
import type { Adjustment } from "../api/types";
import { dayAndClock } from "../format";
import { adjustmentWords } from "./paymentWords";
import { RefundRow } from "./RefundRow";

export function RefundList({ refunds }: { refunds: Adjustment[] }) {
  return (
    <Stack gap="md" aria-live="polite">
      {refunds.map((refund) => (
        <RefundRow
          key={refund.id}
          amount={refund.amount}
          line={`${dayAndClock(refund.decided_at ?? refund.requested_at)}: ${refund.reason}`}
          words={adjustmentWords(refund)}
          testId="refund"
          state={refund.state}
        />
      ))}
    </Stack>
  );
}
