import { Button, Group, SegmentedControl, Stack, Text, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { newId } from "../shared/api/ids";
import { askAgain } from "../shared/api/pendingWrites";
import type { StepUpProof } from "../shared/api/server";
import { ProblemNote } from "../shared/ui/notes";
import { PinPad } from "./PinPad";

interface StepUpProps<A> {
  confirm: (key: string, proof: StepUpProof) => Promise<A>;
  onAnswer: (answer: A) => void;
  onCancel: () => void;
  /** The last entry did not fit. */
  wrong: boolean;
}

const ways = [
  { value: "pin", label: "My PIN" },
  { value: "phone", label: "My phone number" },
];

/** The camera is not sure who this is: the customer says it with their PIN, or with the last digits of their phone. */
export function StepUp<A>({ confirm, onAnswer, onCancel, wrong }: StepUpProps<A>) {
  const [way, setWay] = useState("pin");
  const byPin = way === "pin";
  const asking = useMutation({
    mutationFn: (digits: string) => {
      const key = newId();
      return askAgain(() => confirm(key, byPin ? { pin: digits } : { phone_last4: digits }));
    },
    gcTime: 0,
    onSuccess: onAnswer,
  });
  return (
    <div className="await-payer" data-testid="step-up">
      <Stack gap="md" className="await-info">
        <Title order={2}>Who are you?</Title>
        <Text>
          The camera is not sure. {byPin ? "Enter your PIN." : "Enter the last four digits of your phone number."}
        </Text>
        <SegmentedControl data={ways} value={way} onChange={setWay} aria-label="How" data-testid="step-up-way" />
        {wrong && !asking.isPending && (
          <Text c="var(--mantine-color-error)" fw={600} role="alert" data-testid="step-up-wrong">
            That did not fit. Please try once more.
          </Text>
        )}
        <ProblemNote error={asking.error} />
      </Stack>
      <PinPad
        key={way}
        action="That is me"
        lengthMax={byPin ? 8 : 4}
        busy={asking.isPending}
        onPin={(digits) => asking.mutate(digits)}
      />
      <Group justify="center" className="await-cancel">
        <Button variant="default" size="md" disabled={asking.isPending} onClick={onCancel} data-testid="step-up-cancel">
          Look again instead
        </Button>
      </Group>
    </div>
  );
}
