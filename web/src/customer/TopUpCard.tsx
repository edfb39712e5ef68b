import { Button, Card, Chip, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { ApiProblem } from "../shared/api/problem";
import type { TopUp } from "../shared/api/types";
import { minorDigits, money, parseAmount } from "../shared/format";
import { ProblemNote } from "../shared/ui/notes";
import { toast } from "../shared/ui/toasts";
import { api, pendingWrites, session } from "./account";
import { useWallet } from "./queries";

interface Amount {
  amount_minor: number;
  currency: string;
}

const choices = [50, 100, 200, 500];
const slot = () => `top-up.${session.person?.id ?? ""}`;
const deliver = (write: { key: string; body: Amount }) => api.topUp(write.key, write.body);
const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

const underWay = (topUp: TopUp) => topUp.state === "created" || topUp.state === "provider_pending";

/** The payment provider reports by itself, as a rule at once; a few looks show the result without a reload. */
async function settled(topUp: TopUp): Promise<TopUp> {
  let state = topUp;
  for (let look = 0; look < 8 && underWay(state); look++) {
    await sleep(250 * look);
    state = await api.topUpState(topUp.id);
  }
  return state;
}

export function TopUpCard() {
  const queries = useQueryClient();
  const wallet = useWallet();
  const currency = wallet.data?.currency ?? "INR";
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const waiting = pendingWrites.waiting<Amount>(slot());

  const told = async (topUp: TopUp | null, amount: Amount | undefined) => {
    if (!topUp) return;
    const state = await settled(topUp).catch(() => topUp);
    await queries.invalidateQueries({ queryKey: ["wallet"] });
    const words = amount ? money(amount.amount_minor, amount.currency) : "The money";
    if (state.state === "failed")
      throw new ApiProblem(
        402,
        "top_up_failed",
        "The payment did not go through and nothing was taken. Please try again.",
      );
    if (underWay(state))
      toast("Payment under way", `${words} will be in your wallet as soon as it is confirmed.`, "plain");
    else toast(`${words} added`, "It is in your wallet now.");
    setText("");
  };
  const topUp = useMutation({
    mutationFn: async (amount: Amount) => told(await pendingWrites.send(slot(), amount, deliver), amount),
  });
  const resume = useMutation({
    mutationFn: async () => {
      const body = pendingWrites.waiting<Amount>(slot())?.body;
      await told(await pendingWrites.resume<Amount, TopUp>(slot(), deliver), body);
    },
  });

  // A top-up whose answer was lost, perhaps with the tab, is asked for again as soon as this page is seen.
  const { mutate: ask } = resume;
  useEffect(() => {
    if (pendingWrites.waiting(slot())) ask();
  }, [ask]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const minor = parseAmount(text, currency);
    if (minor === null || minor <= 0) return setWrong("Enter an amount such as 100 or 99.50.");
    setWrong(null);
    resume.reset();
    topUp.mutate({ amount_minor: minor, currency });
  };
  const busy = topUp.isPending || resume.isPending;

  return (
    <Card>
      <Stack>
        <Title order={2} size="h4">
          Top up
        </Title>
        {waiting && !topUp.isPending ? (
          <Stack gap="sm" role="status">
            <Text>
              Your top-up of {money(waiting.body.amount_minor, waiting.body.currency)} has no answer yet. It is asked
              for again with the same number, so it is never charged twice.
            </Text>
            <ProblemNote error={resume.error ?? topUp.error} />
            <Button onClick={() => ask()} loading={resume.isPending} data-testid="top-up-again">
              Check again
            </Button>
          </Stack>
        ) : (
          <form onSubmit={submit} noValidate>
            <Stack>
              <Chip.Group value={text} onChange={(value) => setText(String(value))}>
                <Group gap="xs" role="radiogroup" aria-label="Common amounts">
                  {choices.map((choice) => (
                    <Chip key={choice} value={String(choice)} size="md" radius="md">
                      {money(choice * 10 ** minorDigits(currency), currency).replace(/[.,]0+$/, "")}
                    </Chip>
                  ))}
                </Group>
              </Chip.Group>
              <TextInput
                label={`Amount in ${currency}`}
                inputMode="decimal"
                autoComplete="off"
                value={text}
                error={wrong}
                onChange={(event) => setText(event.currentTarget.value)}
                data-testid="top-up-amount"
              />
              <ProblemNote error={topUp.error ?? resume.error} />
              <Button type="submit" loading={busy} disabled={!wallet.data} data-testid="top-up">
                Add money
              </Button>
            </Stack>
          </form>
        )}
      </Stack>
    </Card>
  );
}
