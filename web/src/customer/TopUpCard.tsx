import { Button, Card, Chip, Group, Radio, Stack, Text, TextInput, Title } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { PaymentMethods, TopUpWish } from "../shared/api/types";
import { useWrite } from "../shared/api/useWrite";
import { minorDigits, money, parseAmount } from "../shared/format";
import { ProblemNote } from "../shared/ui/notes";
import { api, pendingWrites, session } from "./account";
import { GooglePay } from "./GooglePay";
import { openTopUp } from "./openTopUp";
import { usePaymentMethods, useWallet } from "./queries";
import { TopUpProgress } from "./TopUpProgress";

const choices = [50, 100, 200, 500];
const me = () => session.person?.id ?? "";

/** Money from outside into the wallet: how much, paid with what, and what becomes of it. */
export function TopUpCard() {
  const wallet = useWallet();
  const methods = usePaymentMethods();
  const [open, setOpen] = useState(() => openTopUp.of(me()));
  const follow = (id: string | null) => {
    openTopUp.put(me(), id);
    setOpen(id);
  };
  const topUp = useWrite({
    writes: pendingWrites,
    slot: `top-up.${me()}`,
    deliver: (key, body: TopUpWish) => api.topUp(key, body),
    stale: ["wallet"],
    onDone: (begun) => follow(begun.id),
  });
  const { waiting } = topUp;
  return (
    <Card>
      <Stack>
        <Title order={2} size="h4">
          Top up
        </Title>
        {waiting ? (
          <Stack gap="sm" role="status">
            <Text>
              Your top-up of {money(waiting.amount_minor, waiting.currency)} has no answer yet. It is asked for again
              with the same number, so it is never charged twice.
            </Text>
            <ProblemNote error={topUp.error} />
            <Button onClick={topUp.resume} data-testid="top-up-again">
              Check again
            </Button>
          </Stack>
        ) : open ? (
          <TopUpProgress key={open} id={open} onEnd={() => follow(null)} />
        ) : (
          <>
            <ProblemNote error={methods.error} onRetry={() => void methods.refetch()} />
            <TopUpForm
              currency={wallet.data?.currency ?? null}
              methods={methods.data ?? null}
              busy={topUp.busy}
              error={topUp.error}
              onWish={topUp.send}
            />
          </>
        )}
      </Stack>
    </Card>
  );
}

interface TopUpFormProps {
  /** Null until it is known. */
  currency: string | null;
  methods: PaymentMethods | null;
  busy: boolean;
  error: unknown;
  onWish: (wish: TopUpWish) => void;
}

function TopUpForm({ currency, methods, busy, error, onWish }: TopUpFormProps) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const cards = methods?.cards ?? [];
  const card = chosen ?? cards[0]?.token ?? null;

  const amount = () => {
    const minor = currency && parseAmount(text, currency);
    const valid = minor !== null && minor !== "" && minor > 0;
    setWrong(valid ? null : "Enter an amount such as 100 or 99.50.");
    return valid && currency ? { amount_minor: minor, currency } : null;
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const sum = amount();
    if (sum && card) onWish({ ...sum, method: { type: "card", token: card } });
  };
  const digits = currency ? minorDigits(currency) : 2;

  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <Chip.Group value={text} onChange={(value) => setText(String(value))}>
          <Group gap="xs" role="radiogroup" aria-label="Common amounts">
            {choices.map((choice) => (
              <Chip key={choice} value={String(choice)} size="md" radius="md">
                {money(choice * 10 ** digits, currency ?? "INR").replace(/[.,]0+$/, "")}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
        <TextInput
          label={currency ? `Amount in ${currency}` : "Amount"}
          inputMode="decimal"
          autoComplete="off"
          value={text}
          error={wrong}
          onChange={(event) => setText(event.currentTarget.value)}
          data-testid="top-up-amount"
        />
        {cards.length > 0 && (
          <Radio.Group
            label="Pay with"
            description="This installation plays its payments: no card is real, and each shows one way they behave."
            value={card}
            onChange={setChosen}
          >
            <Stack gap="xs" mt="sm">
              {cards.map(({ token, name, does }) => (
                <Radio
                  key={token}
                  value={token}
                  label={name}
                  description={`It ${does}.`}
                  data-testid={`top-up-${token}`}
                />
              ))}
            </Stack>
          </Radio.Group>
        )}
        <ProblemNote error={error} />
        {cards.length > 0 && (
          <Button type="submit" loading={busy} disabled={!currency} data-testid="top-up">
            Add money
          </Button>
        )}
        {methods?.google_pay && (
          <GooglePay
            parameters={methods.google_pay}
            amount={amount}
            busy={busy}
            onToken={(sum, token) => onWish({ ...sum, method: { type: "google_pay", token } })}
          />
        )}
        {methods && cards.length === 0 && !methods.google_pay && (
          <Text c="dimmed">Nobody takes payments for this installation yet. Ask its operator.</Text>
        )}
      </Stack>
    </form>
  );
}
