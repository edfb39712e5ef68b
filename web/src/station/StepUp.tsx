import { Button, Group, SegmentedControl, Stack, Text, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { newId } from "../shared/api/ids";
import { askAgain } from "../shared/api/pendingWrites";
import { ApiProblem, sentenceOf } from "../shared/api/problem";
import type { StepUpProof } from "../shared/api/server";
import { serverClock } from "../shared/api/serverClock";
import { Countdown } from "../shared/payments/Countdown";
import { Icon } from "../shared/ui/Icon";
import { ProblemNote } from "../shared/ui/notes";
import { CodeReader } from "./CodeReader";
import { PinPad } from "./PinPad";

interface StepUpProps<A> {
  confirm: (key: string, proof: StepUpProof) => Promise<A>;
  onAnswer: (answer: A) => void;
  onCancel: () => void;
  /** Why the server asks, or asks again. */
  reason: string;
  /** Given: back to the camera when nobody has touched the screen for so long. */
  idleMs?: number;
}

/** The server forgets whom it saw after a minute; a question that is a little old is over here too. */
const askedForMs = 58_000;
const overShownMs = 5_000;

const ways = [
  { value: "pin", label: "PIN" },
  { value: "phone", label: "Phone" },
  { value: "code", label: "App code" },
];

const requests: Readonly<Record<string, string>> = {
  pin: "Enter your PIN.",
  phone: "Enter the last four digits of your phone number.",
  code: "Press the code sign in your SightPay app and hold it to the camera.",
};

/**
 * The camera is not sure who this is: the customer says it with their PIN, the last digits of their phone or the code
 * of their app. The screen is seen by all, so it shows nothing of anybody, not even which part was wrong.
 */
export function StepUp<A>({ confirm, onAnswer, onCancel, reason, idleMs }: StepUpProps<A>) {
  const wrong = reason === "step_up_wrong";
  const [chosen, setWay] = useState("pin");
  // Known by their face, who may not spend more; from then on digits that many know do not help.
  const [overLimit, setOverLimit] = useState(false);
  if (reason === "step_up_required" && !overLimit) setOverLimit(true);
  // What looks like a picture is not settled by them either; the server says so when they are tried.
  const [weak, setWeak] = useState(false);
  const offered = overLimit || weak ? ways.filter(({ value }) => value !== "phone") : ways;
  const way = offered.some(({ value }) => value === chosen) ? chosen : "pin";
  const [until] = useState(() => new Date(serverClock.now() + askedForMs).toISOString());
  const [over, setOver] = useState<string | null>(null);
  const asking = useMutation({
    mutationFn: (proof: StepUpProof) => {
      const key = newId();
      return askAgain(() => confirm(key, proof));
    },
    gcTime: 0,
    onSuccess: onAnswer,
    // What is refused is over: too late, confirmed already, closed meanwhile. Only a lost answer is worth another try.
    onError: (error) => {
      if (error instanceof ApiProblem && error.code === "proof_too_weak") setWeak(true);
      if (error instanceof ApiProblem && !error.unanswered && error.status !== 422) setOver(sentenceOf(error));
    },
  });
  const busy = asking.isPending;
  const expire = useCallback(() => setOver((said) => said ?? sentenceOf(new ApiProblem(409, "sighting_expired"))), []);
  useIdle(idleMs && !busy && !over ? idleMs : null, onCancel);
  useEffect(() => {
    if (!over) return;
    const timer = setTimeout(onCancel, overShownMs);
    return () => clearTimeout(timer);
  }, [over, onCancel]);

  if (over)
    return (
      <Stack className="step-up-over" align="center" role="alert" data-testid="step-up" data-state="over">
        <Icon name="hand" size={56} weight={1.6} />
        <Title order={2} ta="center">
          {over}
        </Title>
        <Button size="lg" onClick={onCancel} data-testid="step-up-cancel">
          Look again
        </Button>
      </Stack>
    );
  const state = busy ? "checking" : wrong ? "wrong" : "asking";
  return (
    <div className="await-payer" data-testid="step-up" data-state={state} data-over-limit={overLimit}>
      <Stack gap="md" className="await-info">
        <Title order={2}>{overLimit ? "Your face alone is not enough" : "Who are you?"}</Title>
        <Text>
          {overLimit ? "It has reached what it may spend today." : "The camera is not sure."} {requests[way]}
        </Text>
        <SegmentedControl
          size="md"
          data={offered}
          value={way}
          disabled={busy}
          onChange={setWay}
          aria-label="How"
          data-testid="step-up-way"
        />
        <Text c="dimmed">
          <Text
            span
            role="status"
            fw={600}
            className="step-up-said"
            data-state={state}
            {...(state === "wrong" ? saidWrong : {})}
          >
            {state === "checking" && "Checking. "}
            {state === "wrong" && "That did not fit. Try again. "}
          </Text>
          {state === "asking" && "Time left: "}
          <Countdown until={until} onOver={expire} />
        </Text>
        {!busy && <ProblemNote error={asking.error} />}
        {overLimit && <LimitNote />}
      </Stack>
      {way === "code" ? (
        <CodeReader busy={busy} onCode={(qr) => asking.mutate({ qr })} />
      ) : (
        <PinPad
          key={way}
          action="That is me"
          lengthMax={way === "pin" ? 8 : 4}
          busy={busy}
          onPin={(digits) => asking.mutate(way === "pin" ? { pin: digits } : { phone_last4: digits })}
        />
      )}
      <Group justify="center" className="await-cancel">
        <Button variant="default" size="lg" disabled={busy} onClick={onCancel} data-testid="step-up-cancel">
          Look again instead
        </Button>
      </Group>
    </div>
  );
}

/** What lifts the limit for good; on a small screen the keys are worth more. */
export function LimitNote() {
  return (
    <Text size="sm" c="dimmed" visibleFrom="sm">
      To spend more by face: in the SightPay app, under Face, press “Prove that it is me” and do the two gestures.
    </Text>
  );
}

const saidWrong = { "data-testid": "step-up-wrong" };

/** Calls back once nobody has touched anything for so long; null: never. */
function useIdle(ms: number | null, onIdle: () => void): void {
  useEffect(() => {
    if (ms === null) return;
    let timer = setTimeout(onIdle, ms);
    const touched = () => {
      clearTimeout(timer);
      timer = setTimeout(onIdle, ms);
    };
    const signs = ["pointerdown", "keydown"] as const;
    for (const sign of signs) addEventListener(sign, touched);
    return () => {
      clearTimeout(timer);
      for (const sign of signs) removeEventListener(sign, touched);
    };
  }, [ms, onIdle]);
}
