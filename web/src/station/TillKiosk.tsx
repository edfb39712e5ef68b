import { Button, Card, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useMemo, useState } from "react";
import { newId } from "../shared/api/ids";
import { askAgain, type PendingWrite, PendingWrites } from "../shared/api/pendingWrites";
import { ApiProblem, sentenceOf } from "../shared/api/problem";
import { StationApi } from "../shared/api/server";
import type { Payment, TillAnswer } from "../shared/api/types";
import { takePicture } from "../shared/camera/capture";
import { useCamera } from "../shared/camera/useCamera";
import { money, parseAmount } from "../shared/format";
import { ProblemNote } from "../shared/ui/notes";
import { useCurrency } from "../shared/ui/useCurrency";
import { CameraStage } from "./CameraStage";
import { KioskFrame, type Mode } from "./KioskFrame";
import { PhotoAsk } from "./PhotoAsk";
import type { KioskProps } from "./Station";
import { VerdictScreen } from "./VerdictScreen";
import { paymentVerdict, tillRefusal, type Verdict } from "./verdict";

interface Charge {
  user_id: string;
  name: string;
  merchant_id: string;
  sighting_id: string;
  amount: { amount_minor: number; currency: string };
}

interface Sale {
  payment: Payment;
  name: string;
}

const size = { width: 640, height: 480 };
const pendingWrites = new PendingWrites(localStorage);

/** A till: an amount, a look at the customer, the payment. */
export function TillKiosk({ credentials, onUnlink }: KioskProps) {
  const [mode, setMode] = useState<Mode>("camera");
  const [amountMinor, setAmountMinor] = useState<number | null>(null);
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [awaited, setAwaited] = useState<Sale | null>(null);
  const station = useMemo(() => new StationApi(credentials.station_id, credentials.station_key), [credentials]);
  const camera = useCamera(mode === "camera" && amountMinor !== null, size);
  const currency = useCurrency();
  const slot = `till.${credentials.station_id}`;

  const deliver = ({ key, body: { name, ...charge } }: PendingWrite<Charge>) =>
    station.pay(key, charge).then((payment) => ({ payment, name }));
  const show = ({ payment, name }: Sale) => {
    setAwaited(payment.status === "awaiting_confirmation" ? { payment, name } : null);
    setVerdict(paymentVerdict(payment, name));
  };
  const pay = useMutation({
    mutationFn: (charge: Charge) => pendingWrites.send(slot, charge, deliver),
    onSuccess: show,
    onError: (error) => setVerdict(refusalOf(error)),
  });
  const resume = useMutation({
    mutationFn: () => pendingWrites.resume(slot, deliver),
    onSuccess: (settled) => settled && show(settled),
  });
  // A payment whose answer was lost with the page is settled before the next one starts.
  const { mutate: settle } = resume;
  useEffect(() => {
    if (pendingWrites.waiting(slot)) settle();
  }, [settle, slot]);

  const judge = (answer: TillAnswer) => {
    if (answer.decision !== "accept" || !answer.person || amountMinor === null) return setVerdict(tillRefusal(answer));
    pay.mutate({
      user_id: answer.person.id,
      name: answer.person.display_name,
      merchant_id: credentials.place_id,
      sighting_id: answer.sighting_id,
      amount: { amount_minor: amountMinor, currency },
    });
  };
  const look = useMutation({
    mutationFn: async () => {
      const video = camera.videoRef.current;
      const picture = video && (await takePicture(video, size.width, size.height, 0.9));
      if (!picture) throw new ApiProblem(0, "no_picture", "The camera gave no picture. Please try again.");
      const key = newId();
      return await askAgain(() => station.tillSighting(key, picture));
    },
    onSuccess: judge,
  });
  // While the customer confirms in their app, the till looks what became of it.
  const outcome = useQuery({
    queryKey: ["payment", awaited?.payment.id],
    queryFn: () => station.payment(awaited?.payment.id ?? ""),
    enabled: awaited !== null,
    refetchInterval: 2_000,
  });
  const decided = outcome.data && outcome.data.status !== "awaiting_confirmation" ? outcome.data : null;
  useEffect(() => {
    if (!awaited || decided?.id !== awaited.payment.id) return;
    setAwaited(null);
    setVerdict(paymentVerdict(decided, awaited.name));
  }, [awaited, decided]);

  const waiting = pendingWrites.waiting<Charge>(slot);
  const done = () => {
    if (verdict?.tone === "open") setAmountMinor(null);
    setVerdict(null);
    setAwaited(null);
    pay.reset();
    look.reset();
  };

  return (
    <KioskFrame credentials={credentials} state={null} mode={mode} onMode={setMode} onUnlink={onUnlink}>
      {waiting && !pay.isPending && !verdict ? (
        <Card className="till-card" role="status">
          <Stack>
            <Text>
              A payment of {money(waiting.body.amount.amount_minor, waiting.body.amount.currency)} has no answer yet. It
              is asked for again with the same number, so it is never charged twice.
            </Text>
            <ProblemNote error={resume.error} />
            <Button loading={resume.isPending} onClick={() => settle()} data-testid="till-settle">
              Check again
            </Button>
          </Stack>
        </Card>
      ) : amountMinor === null ? (
        <AmountEntry currency={currency} onAmount={setAmountMinor} />
      ) : (
        <Stack className="till" gap="md">
          <Group justify="space-between">
            <Title order={2} className="figures" data-testid="till-amount">
              {money(amountMinor, currency)}
            </Title>
            <Button variant="default" onClick={() => setAmountMinor(null)}>
              Change amount
            </Button>
          </Group>
          {mode === "camera" ? (
            <>
              <CameraStage camera={camera} hint="Look at the camera to pay" trouble={null} onTrouble={null} />
              <ProblemNote error={look.error} />
              <Button
                size="lg"
                disabled={camera.state.kind !== "on"}
                loading={look.isPending || pay.isPending}
                onClick={() => look.mutate()}
                data-testid="till-look"
              >
                Pay with a look
              </Button>
            </>
          ) : (
            <PhotoAsk ask={station.tillSighting} onAnswer={judge} />
          )}
        </Stack>
      )}
      <VerdictScreen verdict={verdict} action={{ label: verdict?.tone === "open" ? "Next sale" : "Back", run: done }} />
    </KioskFrame>
  );
}

function refusalOf(error: unknown): Verdict {
  const funds = error instanceof ApiProblem && error.code === "insufficient_funds";
  if (funds)
    return { tone: "deny", reason: "insufficient_funds", headline: "Not enough money", text: sentenceOf(error) };
  return { tone: "deny", reason: "problem", headline: "Not paid", text: sentenceOf(error) };
}

function AmountEntry({ currency, onAmount }: { currency: string; onAmount: (amountMinor: number) => void }) {
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
        </Stack>
      </form>
    </Card>
  );
}
