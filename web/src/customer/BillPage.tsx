import { Anchor, Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { Link, useParams } from "react-router";
import type { FuelSession } from "../shared/api/types";
import { useWrite } from "../shared/api/useWrite";
import { dayAndClock, money } from "../shared/format";
import { Countdown } from "../shared/payments/Countdown";
import { ToneBadge } from "../shared/payments/PaymentBadge";
import { Facts } from "../shared/ui/Facts";
import { Icon } from "../shared/ui/Icon";
import { Confirm, ProblemNote, Waiting } from "../shared/ui/notes";
import { toast } from "../shared/ui/toasts";
import { WriteNote } from "../shared/ui/WriteNote";
import { api, pendingWrites } from "./account";
import { answersOf, carOf, fuelWords, isBill, quantity, unitPrice } from "./fuelWords";
import { PayByCard } from "./PayByCard";
import { useWallet } from "./queries";
import { ReceiptsOfPayment } from "./Receipts";

/** One session at a pump: what is asked, what it comes to, what became of it. Opens by itself, see useBillAtPump. */
export function BillPage() {
  const { id = "" } = useParams();
  const session = useQuery({
    queryKey: ["fuel", "one", id],
    queryFn: () => api.fuelSession(id),
    // Messages come by the feed; only a meter has to be looked at.
    refetchInterval: ({ state }) => (state.data?.state === "fuelling" ? 2_000 : 30_000),
  });
  return (
    <Stack gap="lg">
      <Anchor component={Link} to="/fuel" className="back" fw={600} size="sm">
        <Icon name="back" size={18} /> All fill-ups
      </Anchor>
      {session.isPending && <Waiting label="Loading the bill" />}
      <ProblemNote error={session.error} onRetry={() => void session.refetch()} />
      {session.data && <Bill session={session.data} />}
    </Stack>
  );
}

function Bill({ session }: { session: FuelSession }) {
  const words = fuelWords(session);
  const setAside = session.hold_minor > 0 && session.delivered_at == null;
  const flowing = session.state === "fuelling" && session.meter_thousandths != null;
  return (
    <>
      <Card data-testid="bill" data-state={session.state} data-session={session.id}>
        <Stack>
          <div>
            <Group justify="space-between" wrap="nowrap">
              <Text c="dimmed" size="sm">
                {session.site_name}, pump&nbsp;{session.pump_number}
              </Text>
              <ToneBadge label={words.label} tone={words.tone} />
            </Group>
            <Title
              order={1}
              className={isBill(session) || session.state === "paid" ? "bill-sum figures" : "bill-title"}
            >
              {flowing ? quantity(session.meter_thousandths ?? 0, session.unit) : words.title}
            </Title>
            <Text c="dimmed">
              {carOf(session)}
              {session.payer_name && `, ${session.payer_name} pays`}
            </Text>
          </div>
          <Text aria-live="polite">{words.sentence}</Text>
          <Answers session={session} />
          <Facts
            rows={[
              ["Fuel", session.grade_name],
              ["Quantity", session.delivered_thousandths && quantity(session.delivered_thousandths, session.unit)],
              ["Price", unitPrice(session)],
              ["Set aside", setAside && money(session.hold_minor, session.currency)],
              ["At the pump", dayAndClock(session.began_at)],
              ["Filled", session.delivered_at && dayAndClock(session.delivered_at)],
            ]}
          />
        </Stack>
      </Card>
      {session.transaction_id && (session.state === "paid" || session.note === "paid_twice") && (
        <Paid payment={session.transaction_id} />
      )}
    </>
  );
}

/** Receipts, and the way to object, are those of the payment. */
function Paid({ payment }: { payment: string }) {
  const found = useQuery({ queryKey: ["payments", "one", payment], queryFn: () => api.payment(payment) });
  return (
    <>
      <ProblemNote error={found.error} onRetry={() => void found.refetch()} />
      {found.data && <ReceiptsOfPayment payment={found.data} refunds={[]} />}
      <Anchor component={Link} to={`/payments/${payment}`} size="sm" fw={600} data-testid="bill-payment">
        Was this not you? Look at the payment
      </Anchor>
    </>
  );
}

const stale = ["fuel", "payments", "wallet"];

/** What may be said now: yes, not me, open it again. */
function Answers({ session }: { session: FuelSession }) {
  const queries = useQueryClient();
  const wallet = useWallet();
  const may = answersOf(session);
  const [asking, setAsking] = useState(false);
  const { id, currency, amount_minor } = session;
  const confirm = useWrite({
    writes: pendingWrites,
    slot: `fuel.confirm.${id}`,
    deliver: (key, body: { id: string; minor: number | null }) =>
      api.confirmFuel(key, body.id, body.minor === null ? null : { amount_minor: body.minor, currency }),
    stale,
  });
  const reopen = useWrite({
    writes: pendingWrites,
    slot: `fuel.reopen.${id}`,
    deliver: (key, body: { id: string }) => api.reopenFuel(key, body.id),
    stale,
  });
  const decline = useWrite({
    writes: pendingWrites,
    slot: `fuel.decline.${id}`,
    deliver: (key, body: { id: string }) => api.declineFuel(key, body.id),
    stale,
    onDone: () => {
      setAsking(false);
      toast("Not you", "Nothing was taken. The site's staff sees that it was somebody else.", "plain");
    },
  });
  const over = useCallback(() => void queries.invalidateQueries({ queryKey: ["fuel"] }), [queries]);
  const busy = confirm.busy || reopen.busy || decline.busy;
  const lacking = session.role === "payer" && may.pay && wallet.data ? amount_minor - wallet.data.available_minor : 0;
  const pay = useCallback(() => confirm.send({ id, minor: amount_minor }), [confirm.send, id, amount_minor]);
  return (
    <>
      {(may.hold || may.pay) && session.expires_at && (
        <Text size="sm" c="dimmed">
          Time left to say yes: <Countdown until={session.expires_at} onOver={over} />
        </Text>
      )}
      <WriteNote write={confirm} what="Your yes" />
      <WriteNote write={reopen} what="Opening it again" />
      {!asking && <WriteNote write={decline} what="Your no" />}
      {lacking > 0 && <PayByCard session={session} lackingMinor={lacking} busy={busy} onPaid={pay} />}
      {(may.hold || may.pay || may.reopen || may.decline) && (
        <Stack gap="sm">
          {may.pay && lacking <= 0 && (
            <Button size="md" loading={confirm.busy} disabled={busy} onClick={pay} data-testid="pay-bill">
              Pay {money(amount_minor, currency)}
            </Button>
          )}
          {may.hold && (
            <Button
              size="md"
              loading={confirm.busy}
              disabled={busy}
              onClick={() => confirm.send({ id, minor: null })}
              data-testid="fill-up"
            >
              Yes, fill up
            </Button>
          )}
          {may.reopen && (
            <Button
              size="md"
              loading={reopen.busy}
              disabled={busy}
              onClick={() => reopen.send({ id })}
              data-testid="reopen-bill"
            >
              Open again
            </Button>
          )}
          {may.decline && (
            <Button variant="subtle" disabled={busy} onClick={() => setAsking(true)} data-testid="not-me">
              Not me
            </Button>
          )}
        </Stack>
      )}
      <Confirm
        opened={asking}
        title="Was this somebody else?"
        action="It was not me"
        keep="Back"
        busy={decline.busy}
        error={decline.error}
        onConfirm={() => decline.send({ id })}
        onClose={() => setAsking(false)}
      >
        {isBill(session)
          ? "The bill leaves your app, and the site's staff finds out whose it is. Whoever took the fuel has to pay it."
          : "Your car is taken off this pump, and what was set aside is free at once."}
      </Confirm>
    </>
  );
}
