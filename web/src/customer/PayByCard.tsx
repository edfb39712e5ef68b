import { Button, Radio, Stack, Text } from "@mantine/core";
import { useCallback, useState } from "react";
import type { FuelSession, TopUpWish } from "../shared/api/types";
import { useWrite } from "../shared/api/useWrite";
import { money } from "../shared/format";
import { ProblemNote } from "../shared/ui/notes";
import { WriteNote } from "../shared/ui/WriteNote";
import { api, pendingWrites } from "./account";
import { GooglePay } from "./GooglePay";
import { usePaymentMethods } from "./queries";
import { TopUpProgress } from "./TopUpProgress";

/** The least that a card is charged. */
const leastMinor = 100;

interface PayByCardProps {
  session: FuelSession;
  /** What the wallet lacks for the bill. */
  lackingMinor: number;
  busy: boolean;
  /** What was lacking is in the wallet: the tap here was the yes to the bill as well. */
  onPaid: () => void;
}

/** Pays a bill that the wallet does not hold: the card pays what is missing, then the wallet pays the bill. */
export function PayByCard({ session, lackingMinor, busy, onPaid }: PayByCardProps) {
  const methods = usePaymentMethods();
  const [chosen, setChosen] = useState<string | null>(null);
  const [choosing, setChoosing] = useState(false);
  const [begun, setBegun] = useState<string | null>(null);
  const { currency } = session;
  const amount = { amount_minor: Math.max(lackingMinor, leastMinor), currency };
  const topUp = useWrite({
    writes: pendingWrites,
    slot: `fuel.top-up.${session.id}`,
    deliver: (key, wish: TopUpWish) => api.topUp(key, wish),
    stale: ["wallet"],
    onDone: ({ id }) => setBegun(id),
  });
  const credited = useCallback(() => {
    setBegun(null);
    onPaid();
  }, [onPaid]);
  const cards = methods.data?.cards ?? [];
  const card = chosen ?? cards[0]?.token ?? null;
  if (begun) return <TopUpProgress id={begun} onCredited={credited} onEnd={() => setBegun(null)} />;
  return (
    <Stack gap="sm" data-testid="pay-by-card">
      <Text>
        The wallet lacks <b>{money(lackingMinor, currency)}</b>. A card pays what is missing, and the bill is paid with
        it.
      </Text>
      <ProblemNote error={methods.error} onRetry={() => void methods.refetch()} />
      <WriteNote write={topUp} what="Your card payment" />
      {choosing && (
        <Radio.Group label="Pay with" value={card} onChange={setChosen}>
          <Stack gap="xs" mt="xs">
            {cards.map(({ token, name }) => (
              <Radio key={token} value={token} label={name} data-testid={`card-${token}`} />
            ))}
          </Stack>
        </Radio.Group>
      )}
      {card && (
        <Button
          size="md"
          loading={topUp.busy || busy}
          onClick={() => topUp.send({ ...amount, method: { type: "card", token: card } })}
          data-testid="pay-card"
        >
          Pay {money(amount.amount_minor, currency)} by card
        </Button>
      )}
      {cards.length > 1 && !choosing && (
        <Button variant="default" disabled={topUp.busy || busy} onClick={() => setChoosing(true)}>
          Another card than “{cards[0]?.name}”
        </Button>
      )}
      {methods.data?.google_pay && (
        <GooglePay
          parameters={methods.data.google_pay}
          amount={() => amount}
          busy={topUp.busy || busy}
          onToken={(sum, token) => topUp.send({ ...sum, method: { type: "google_pay", token } })}
        />
      )}
      {methods.data && cards.length === 0 && !methods.data.google_pay && (
        <Text c="dimmed">Nobody takes cards for this installation yet. Pay in the shop.</Text>
      )}
    </Stack>
  );
}
