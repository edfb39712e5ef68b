import { Button, Card, Group, SegmentedControl, Stack, Text, Title } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { WalletCorrection } from "../shared/api/server";
import type { Adjustment } from "../shared/api/types";
import { useWrite } from "../shared/api/useWrite";
import { money } from "../shared/format";
import { toast } from "../shared/ui/toasts";
import { WriteNote } from "../shared/ui/WriteNote";
import { AmountAndReason, useAmountAndReason } from "./AmountAndReason";
import { api, pendingWrites } from "./operator";

/** Puts a wallet right, with a reason; above the limit a second operator has to agree. */
export function CorrectionForm({ user, currency }: { user: string; currency: string }) {
  const [direction, setDirection] = useState<"credit" | "debit">("credit");
  const typed = useAmountAndReason(currency);
  const correct = useWrite({
    writes: pendingWrites,
    slot: `console.correction.${user}`,
    deliver: (key, body: WalletCorrection) => api.correctWallet(key, body),
    stale: ["person", "approvals"],
    onDone: (answer) => {
      tell(answer);
      typed.clear();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const said = typed.read();
    if (said) correct.send({ user_id: user, direction, ...said });
  };
  return (
    <Card>
      <form onSubmit={submit} noValidate>
        <Stack>
          <div>
            <Title order={2} size="h4">
              Correct the wallet
            </Title>
            <Text size="sm" c="dimmed">
              When no payment can be refunded instead. It stands in the audit log under your name.
            </Text>
          </div>
          <SegmentedControl
            fullWidth
            value={direction}
            onChange={(value) => setDirection(value as "credit" | "debit")}
            data={[
              { value: "credit", label: "Give money" },
              { value: "debit", label: "Take money" },
            ]}
            aria-label="Direction"
            data-testid="correction-direction"
          />
          <AmountAndReason of={typed} name="correction" />
          <WriteNote write={correct} what="The correction" />
          <Group>
            <Button type="submit" loading={correct.busy} data-testid="correction-send">
              {direction === "credit" ? "Give" : "Take"}
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}

function tell({ state, direction, amount }: Adjustment): void {
  const sum = money(amount.amount_minor, amount.currency);
  if (state === "done") toast(direction === "credit" ? `${sum} given` : `${sum} taken`, "The wallet is corrected.");
  else toast("A second operator has to agree", `The correction of ${sum} waits under Decisions.`, "plain");
}
