import { Anchor, Button, Card, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link, useParams } from "react-router";
import type { Money, TopUpRefund } from "../shared/api/types";
import { useWrite } from "../shared/api/useWrite";
import { minorDigits, money, parseAmount } from "../shared/format";
import { amountFault } from "../shared/payments/amountFault";
import { TopUpRefundList } from "../shared/payments/TopUpRefundList";
import { Icon } from "../shared/ui/Icon";
import { ProblemNote, Waiting } from "../shared/ui/notes";
import { toast } from "../shared/ui/toasts";
import { WriteNote } from "../shared/ui/WriteNote";
import { api, pendingWrites } from "./account";
import { useWallet } from "./queries";

/** One top-up: what of it went back to its card, and a way to send back what is left. */
export function TopUpPage() {
  const { id = "" } = useParams();
  const topUp = useQuery({ queryKey: ["wallet", "top-up", id], queryFn: () => api.topUpState(id) });
  const refunds = useQuery({
    queryKey: ["wallet", "top-up", id, "refunds"],
    queryFn: () => api.topUpRefunds(id),
    refetchInterval: ({ state }) => (state.data?.items.some(isUnderWay) ? 3_000 : false),
  });
  const wallet = useWallet();
  const { amount_minor: whole, currency } = topUp.data ?? {};
  const known = whole !== undefined && currency !== undefined && refunds.data && wallet.data;
  const left = known ? whole - sentBack(refunds.data.items) : 0;
  return (
    <Stack gap="lg">
      <Anchor component={Link} to="/wallet/top-ups" className="back" fw={600} size="sm">
        <Icon name="back" size={18} /> All top-ups
      </Anchor>
      {(topUp.isPending || refunds.isPending) && <Waiting label="Loading the top-up" />}
      <ProblemNote
        error={topUp.error ?? refunds.error}
        onRetry={() => {
          void topUp.refetch();
          void refunds.refetch();
        }}
      />
      {known && (
        <>
          <div>
            <Title order={1} size="h2" className="figures">
              {money(whole, currency)} topped up
            </Title>
            <Text c="dimmed">
              {left < whole ? `${money(whole - left, currency)} of it went back.` : "Nothing of it went back yet."}
            </Text>
          </div>
          {left > 0 && <SendBack id={id} currency={currency} most={Math.min(left, wallet.data.available_minor)} />}
          {refunds.data.items.length > 0 && (
            <Card>
              <TopUpRefundList refunds={refunds.data.items} />
            </Card>
          )}
        </>
      )}
    </Stack>
  );
}

const isUnderWay = ({ state }: TopUpRefund) => state !== "done" && state !== "failed";

/** What failed is in the wallet again. */
const sentBack = (refunds: TopUpRefund[]) =>
  refunds.reduce((sum, { state, amount }) => (state === "failed" ? sum : sum + amount.amount_minor), 0);

function SendBack({ id, currency, most }: { id: string; currency: string; most: number }) {
  // Null: nobody has typed yet, and all of it is meant.
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed ?? (most / 10 ** minorDigits(currency)).toFixed(minorDigits(currency));
  const [wrong, setWrong] = useState<string | null>(null);
  const send = useWrite({
    writes: pendingWrites,
    slot: `top-up-refund.${id}`,
    deliver: (key, body: { amount: Money }) => api.refundTopUp(key, id, body),
    stale: ["wallet"],
    onDone: () => {
      setTyped(null);
      toast("On its way back", "Your bank shows it in a few days.", "plain");
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const minor = parseAmount(text, currency);
    const fault = amountFault(minor, most, `At most ${money(most, currency)} can go back.`);
    setWrong(fault);
    if (minor !== null && !fault) send.send({ amount: { amount_minor: minor, currency } });
  };
  if (most <= 0)
    return (
      <Card>
        <Text c="dimmed">There is no money in your wallet that could go back.</Text>
      </Card>
    );
  return (
    <Card>
      <form onSubmit={submit} noValidate>
        <Stack>
          <div>
            <Title order={2} size="h4">
              Send back to the card
            </Title>
            <Text size="sm" c="dimmed">
              Up to {money(most, currency)}. It leaves your wallet at once; should it not arrive, it comes back.
            </Text>
          </div>
          <TextInput
            label={`Amount in ${currency}`}
            inputMode="decimal"
            autoComplete="off"
            value={text}
            error={wrong}
            onChange={(event) => setTyped(event.currentTarget.value)}
            data-testid="send-back-amount"
          />
          <WriteNote write={send} what="Sending it back" />
          <Group>
            <Button type="submit" loading={send.busy} data-testid="send-back">
              Send back
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}
