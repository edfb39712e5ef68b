import { Button, Group, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { type AmountAndReasonFaults, type AmountLimit, readAmountAndReason } from "../shared/payments/amountAndReason";
import { reasonLengthMax } from "../shared/payments/reason";

/** How much money somebody moves by hand, and why, while it is typed. */
export function useAmountAndReason(currency: string, start = "", limit?: AmountLimit) {
  const [text, setText] = useState({ amount: start, reason: "" });
  const [faults, setFaults] = useState<AmountAndReasonFaults>({ amount: null, reason: null });
  return {
    currency,
    text,
    faults,
    setText,
    clear: () => setText({ amount: "", reason: "" }),
    /** What was said; null when something is wrong, and the fields then say what. */
    read: () => {
      const { said, faults } = readAmountAndReason(text, currency, limit);
      setFaults(faults);
      return said;
    },
  };
}

/**
 * The two fields of it.
 * @param whole What "All of it" fills in; left out, there is no such button.
 * @param readBy Says who reads the reason.
 */
export function AmountAndReason({
  of: { currency, text, faults, setText },
  name,
  whole,
  readBy,
}: {
  of: ReturnType<typeof useAmountAndReason>;
  name: string;
  whole?: string;
  readBy?: string;
}) {
  return (
    <>
      <Group align="flex-end" wrap="nowrap">
        <TextInput
          flex={1}
          label={`Amount in ${currency}`}
          inputMode="decimal"
          autoComplete="off"
          value={text.amount}
          error={faults.amount}
          onChange={(event) => setText({ ...text, amount: event.currentTarget.value })}
          data-testid={`${name}-amount`}
        />
        {whole !== undefined && (
          <Button variant="default" onClick={() => setText({ ...text, amount: whole })}>
            All of it
          </Button>
        )}
      </Group>
      <Textarea
        label="Reason"
        description={readBy}
        size="md"
        autosize
        minRows={2}
        maxLength={reasonLengthMax}
        value={text.reason}
        error={faults.reason}
        onChange={(event) => setText({ ...text, reason: event.currentTarget.value })}
        data-testid={`${name}-reason`}
      />
    </>
  );
}
