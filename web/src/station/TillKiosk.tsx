import { Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { newId } from "../shared/api/ids";
import { askAgain, type PendingWrite, PendingWrites } from "../shared/api/pendingWrites";
import { ApiProblem, sentenceOf } from "../shared/api/problem";
import { StationApi } from "../shared/api/server";
import type { Money, Payment, TillAnswer } from "../shared/api/types";
import { takePicture } from "../shared/camera/capture";
import { useCamera } from "../shared/camera/useCamera";
import { money } from "../shared/format";
import { ProblemNote } from "../shared/ui/notes";
import { useCurrency } from "../shared/ui/useCurrency";
import { AgreeToPay } from "./AgreeToPay";
import { AmountEntry } from "./AmountEntry";
import { AwaitPayer } from "./AwaitPayer";
import { CameraStage } from "./CameraStage";
import type { KioskProps } from "./credentials";
import { KioskFrame, type Mode } from "./KioskFrame";
import { LastSales, type Sale } from "./LastSales";
import { PhotoAsk } from "./PhotoAsk";
import { StepUp } from "./StepUp";
import { VerdictScreen } from "./VerdictScreen";
import { mayStepUp, paymentVerdict, tillRefusal, type Verdict } from "./verdict";

interface Charge {
  user_id: string;
  name: string;
  merchant_id: string;
  sighting_id: string;
  amount: Money;
}

const size = { width: 640, height: 480 };
const salesMax = 20;
const pendingWrites = new PendingWrites(localStorage);

/** A till: an amount, a look at the customer, their yes, and where that is not enough their PIN. */
export function TillKiosk({ credentials, onUnlink }: KioskProps) {
  const [mode, setMode] = useState<Mode>("camera");
  const [amountMinor, setAmountMinor] = useState<number | null>(null);
  const [asked, setAsked] = useState<TillAnswer | null>(null);
  const [seen, setSeen] = useState<Charge | null>(null);
  const [awaited, setAwaited] = useState<Sale | null>(null);
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [sales, setSales] = useState<Sale[]>([]);
  const [listing, setListing] = useState(false);
  const station = useMemo(() => new StationApi(credentials.station_id, credentials.station_key), [credentials]);
  const looking = amountMinor !== null && !asked && !seen && !awaited;
  const camera = useCamera(mode === "camera" && looking, size);
  const currency = useCurrency();
  const slot = `till.${credentials.station_id}`;

  const deliver = ({ key, body: { name, ...charge } }: PendingWrite<Charge>) =>
    station.pay(key, charge).then((payment) => ({ payment, name }));
  const show = useCallback((sale: Sale) => {
    setSeen(null);
    if (sale.payment.status === "awaiting_confirmation") return setAwaited(sale);
    setAwaited(null);
    setVerdict(paymentVerdict(sale.payment, sale.name));
    if (sale.payment.status !== "captured") return;
    // A second answer about the same sale, the poll's after the PIN's, is no second sale.
    setSales((before) => [sale, ...before.filter((one) => one.payment.id !== sale.payment.id)].slice(0, salesMax));
  }, []);
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
  const onSettled = useCallback(
    (payment: Payment) => awaited && show({ payment, name: awaited.name }),
    [awaited, show],
  );

  const judge = (answer: TillAnswer) => {
    const asks = mayStepUp(answer);
    setAsked(asks ? answer : null);
    if (asks) return;
    if (answer.decision !== "accept" || !answer.person || amountMinor === null) return setVerdict(tillRefusal(answer));
    setSeen({
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

  const waiting = pendingWrites.waiting<Charge>(slot);
  const done = () => {
    if (verdict?.tone === "open" || verdict?.reason === "cancelled") setAmountMinor(null);
    setVerdict(null);
    setSeen(null);
    pay.reset();
    look.reset();
  };

  return (
    <KioskFrame
      credentials={credentials}
      state={null}
      mode={looking ? mode : null}
      onMode={setMode}
      onUnlink={onUnlink}
    >
      {waiting && !pay.isPending && !verdict ? (
        <UnansweredSale charge={waiting.body} error={resume.error} busy={resume.isPending} onCheck={() => settle()} />
      ) : awaited ? (
        <AwaitPayer station={station} payment={awaited.payment} name={awaited.name} onSettled={onSettled} />
      ) : amountMinor === null ? (
        <AmountEntry
          currency={currency}
          onAmount={setAmountMinor}
          {...(sales.length > 0 ? { onLastSales: () => setListing(true) } : {})}
        />
      ) : asked ? (
        <StepUp
          confirm={(key, proof) => station.confirmSighting<TillAnswer>(key, asked.sighting_id, proof)}
          onAnswer={judge}
          onCancel={() => setAsked(null)}
          reason={asked.reason}
        />
      ) : seen ? (
        <AgreeToPay
          name={seen.name}
          amountMinor={amountMinor}
          currency={currency}
          busy={pay.isPending}
          onYes={() => pay.mutate(seen)}
          onNo={() => setSeen(null)}
        />
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
                loading={look.isPending}
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
      {listing && (
        <LastSales station={station} writes={pendingWrites} sales={sales} onClose={() => setListing(false)} />
      )}
    </KioskFrame>
  );
}

interface UnansweredSaleProps {
  charge: Charge;
  error: unknown;
  busy: boolean;
  onCheck: () => void;
}

function UnansweredSale({ charge, error, busy, onCheck }: UnansweredSaleProps) {
  return (
    <Card className="till-card" role="status">
      <Stack>
        <Text>
          A payment of {money(charge.amount.amount_minor, charge.amount.currency)} has no answer yet. It is asked for
          again with the same number, so it is never charged twice.
        </Text>
        <ProblemNote error={error} />
        <Button loading={busy} onClick={onCheck} data-testid="till-settle">
          Check again
        </Button>
      </Stack>
    </Card>
  );
}

function refusalOf(error: unknown): Verdict {
  const funds = error instanceof ApiProblem && error.code === "insufficient_funds";
  if (funds)
    return { tone: "deny", reason: "insufficient_funds", headline: "Not enough money", text: sentenceOf(error) };
  return { tone: "deny", reason: "problem", headline: "Not paid", text: sentenceOf(error) };
}
