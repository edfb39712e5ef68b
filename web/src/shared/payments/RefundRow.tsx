import { Group, Text } from "@mantine/core";
import type { Money } from "../api/types";
import { money } from "../format";
import { ToneBadge } from "./PaymentBadge";
import type { Tone } from "./paymentWords";

type Props = {
  amount: Money;
  /** When, and why where a reason was given. */
  line: string;
  words: { label: string; tone: Tone };
  testId: string;
  state: string;
};

/** Money that goes back, and how far it has got. */
export function RefundRow({ amount, line, words, testId, state }: Props) {
  return (
    <Group justify="space-between" align="flex-start" wrap="nowrap" data-testid={testId} data-state={state}>
      <div>
        <Text fw={600} className="figures">
          {money(amount.amount_minor, amount.currency)}
        </Text>
        <Text size="sm" c="dimmed">
          {line}
        </Text>
      </div>
      <ToneBadge {...words} />
    </Group>
  );
}
