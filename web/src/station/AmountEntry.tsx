import { Button, Card, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { parseAmount } from "../shared/format";

interface AmountEntryProps {
  currency: string;
  onAmount: (amountMinor: number) => void;
  /** Absent while nothing was sold here. */
  onLastSales?: () => void;
}

export function AmountEntry({ currency, onAmount, onLastSales }: AmountEntryProps) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const minor = parseAmount(text, currency);
    if (minor === null || minor <= 0) return setWrong("Enter an amount such as 45 or 45.50.");
    onAmount(minor);
  };
  return (
    <Card className="till-card">
      <form onSubmit={submit} noValidate>
        <Stack>
          <TextInput
            label={`Amount to pay in ${currency}`}
            size="xl"
            inputMode="decimal"
            autoComplete="off"
            value={text}
            error={wrong}
            onChange={(event) => setText(event.currentTarget.value)}
            data-testid="till-amount-entry"
          />
          <Button type="submit" size="lg" data-testid="till-continue">
            Continue
          </Button>
          {onLastSales && (
            <Button variant="default" onClick={onLastSales} data-testid="last-sales">
              Last sales and refunds
            </Button>
          )}
        </Stack>
      </form>
    </Card>
  );
}
