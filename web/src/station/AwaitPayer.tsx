import { Alert, Button, Group, SegmentedControl, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { newId } from "../shared/api/ids";
import { askAgain } from "../shared/api/pendingWrites";
import { ApiProblem } from "../shared/api/problem";
import type { PayerProof, StationApi } from "../shared/api/server";
import type { Payment } from "../shared/api/types";
import { money } from "../shared/format";
import { Countdown } from "../shared/payments/Countdown";
import { Icon } from "../shared/ui/Icon";
import { ProblemNote } from "../shared/ui/notes";
import { CodeReader } from "./CodeReader";
import { PinPad } from "./PinPad";
import { LimitNote } from "./StepUp";

interface AwaitPayerProps {
  station: StationApi;
  payment: Payment;
  name: string;
  /** The payment is no longer waiting. */
  onSettled: (payment: Payment) => void;
}

/** After these a PIN cannot help any more; the app still can. */
const pinIsOver = new Set(["pin_locked", "pin_not_set"]);

const ways = [
  { value: "pin", label: "PIN" },
  { value: "code", label: "App code" },
];

/** The customer's side while their yes is missing: the PIN or their app's code here, or a yes in their app. */
export function AwaitPayer({ station, payment, name, onSettled }: AwaitPayerProps) {
  const [byApp, setByApp] = useState(false);
  const [way, setWay] = useState("pin");
  const sum = money(payment.amount.amount_minor, payment.amount.currency);
  const state = useQuery({
    queryKey: ["payment", payment.id],
    queryFn: () => station.payment(payment.id),
    refetchInterval: 2_000,
  });
  const { refetch } = state;
  const settled = state.data && state.data.status !== "awaiting_confirmation" ? state.data : null;
  useEffect(() => {
    if (settled) onSettled(settled);
  }, [settled, onSettled]);

  // One key for one entry: a lost answer is asked for again and costs no second try.
  const confirm = useMutation({
    mutationFn: (proof: PayerProof) => {
      const key = newId();
      return askAgain(() => station.confirm(key, payment.id, proof, payment.amount));
    },
    gcTime: 0,
    onSuccess: onSettled,
    onError: (error) => {
      const { code, triesLeft } = error instanceof ApiProblem ? error : { code: "", triesLeft: null };
      if (pinIsOver.has(code) || triesLeft === 0) setByApp(true);
    },
  });
  const cancel = useMutation({
    mutationFn: () => {
      const key = newId();
      return askAgain(() => station.cancel(key, payment.id));
    },
    onSuccess: onSettled,
  });

  return (
    <div className="await-payer" data-testid="await-payer">
      <Stack gap="md" className="await-info">
        <div>
          <Text size="lg">{name}</Text>
          <Title order={2} className="await-amount figures" data-testid="await-amount">
            {sum}
          </Title>
          {payment.expires_at && (
            <Text c="dimmed">
              Time left: <Countdown until={payment.expires_at} onOver={refetch} />
            </Text>
          )}
        </div>
        {!byApp && (
          <>
            <Text fw={600}>
              {way === "pin" ? "Enter your PIN" : "Hold your app's code to the camera"}, or press Pay in your SightPay
              app.
            </Text>
            <SegmentedControl
              size="md"
              data={ways}
              value={way}
              disabled={confirm.isPending}
              onChange={setWay}
              aria-label="How"
              data-testid="pay-way"
            />
          </>
        )}
        <ProblemNote error={confirm.error ?? cancel.error} />
        {!byApp && <LimitNote />}
      </Stack>
      {byApp ? (
        <Alert variant="light" icon={<Icon name="hand" />} title="Please confirm in your SightPay app">
          Open the app on your phone and press Pay. This screen goes on by itself.
        </Alert>
      ) : way === "code" ? (
        <CodeReader busy={confirm.isPending} onCode={(qr) => confirm.mutate({ qr })} />
      ) : (
        <PinPad action={`Pay ${sum}`} busy={confirm.isPending} onPin={(pin) => confirm.mutate({ pin })} />
      )}
      <Group justify="center" className="await-cancel">
        <Button
          variant="default"
          size="md"
          loading={cancel.isPending}
          disabled={confirm.isPending}
          onClick={() => cancel.mutate()}
          data-testid="till-cancel"
        >
          Cancel this sale
        </Button>
      </Group>
    </div>
  );
}
