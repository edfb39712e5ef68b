import { Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQueries } from "@tanstack/react-query";
import type { Adjustment, ListedReceipt, Payment } from "../shared/api/types";
import { dayAndClock, money } from "../shared/format";
import { Icon } from "../shared/ui/Icon";
import { ProblemNote, Waiting } from "../shared/ui/notes";
import { saveFile } from "../shared/ui/saveFile";
import { checkAddress, parseEvidence } from "../verify/receipt";
import { api } from "./account";

const kinds: Readonly<Record<string, string>> = {
  purchase: "Payment",
  fuel: "Fuel",
  refund: "Refund",
  chargeback: "Given back after an objection",
  correction: "Correction",
};

/** The receipts of a payment and of what was given back of it. */
export function ReceiptsOfPayment({ payment, refunds }: { payment: Payment; refunds: Adjustment[] }) {
  const done = refunds.filter((refund) => refund.state === "done").map((refund) => refund.id);
  const found = useQueries({
    queries: [payment.id, ...done].map((subject) => ({
      queryKey: ["payments", "receipts", subject, payment.status],
      queryFn: () => api.receiptsOf(subject),
    })),
  });
  const receipts = found.flatMap((query) => query.data?.items ?? []);
  const failed = found.find((query) => query.error);
  return (
    <Card>
      <Stack gap="sm">
        <Title order={2} size="h4">
          Receipts
        </Title>
        <Text size="sm" c="dimmed">
          Each is sealed in a log that nobody can change, not even we. Keep its file, and anybody can check it without
          trusting us.
        </Text>
        {found.some((query) => query.isPending) && <Waiting label="Loading the receipts" />}
        <ProblemNote error={failed?.error} onRetry={() => void failed?.refetch()} />
        {receipts.map((receipt) => (
          <ReceiptRow key={receipt.id} receipt={receipt} />
        ))}
      </Stack>
    </Card>
  );
}

function ReceiptRow({ receipt }: { receipt: ListedReceipt }) {
  const print = useMutation({ mutationFn: () => openPrinted(receipt.id) });
  const keep = useMutation({ mutationFn: () => downloadProof(receipt.id) });
  const check = useMutation({ mutationFn: () => openCheck(receipt.id) });
  return (
    <Stack gap={6} data-testid="receipt" data-kind={receipt.kind}>
      <Group justify="space-between">
        <div>
          <Text fw={600}>
            {kinds[receipt.kind] ?? "Receipt"}, {money(receipt.amount.amount_minor, receipt.amount.currency)}
          </Text>
          <Text size="sm" c="dimmed">
            {dayAndClock(receipt.at)}
          </Text>
        </div>
        <Group gap="xs">
          <Button
            size="xs"
            variant="default"
            leftSection={<Icon name="print" size={16} />}
            loading={print.isPending}
            onClick={() => print.mutate()}
            data-testid="receipt-print"
          >
            View and print
          </Button>
          <Button
            size="xs"
            variant="default"
            leftSection={<Icon name="download" size={16} />}
            loading={keep.isPending}
            onClick={() => keep.mutate()}
            data-testid="receipt-download"
          >
            Download
          </Button>
          <Button
            size="xs"
            variant="default"
            leftSection={<Icon name="shield" size={16} />}
            loading={check.isPending}
            onClick={() => check.mutate()}
            data-testid="receipt-check"
          >
            Check
          </Button>
        </Group>
      </Group>
      <ProblemNote error={print.error ?? keep.error ?? check.error} />
    </Stack>
  );
}

/** Opens a page beside this one whose address is known only later. */
async function openBeside(address: () => Promise<string>): Promise<void> {
  // Opened before the answer, while the press still counts as one: later it would be a pop-up.
  const page = window.open("", "_blank");
  try {
    const found = await address();
    if (page) page.location.href = found;
    else window.location.href = found;
  } catch (error) {
    page?.close();
    throw error;
  }
}

/** The page to print comes with this person's sign-in, which a plain link could not carry. */
const openPrinted = (id: string) =>
  openBeside(async () => {
    const page = new Blob([await api.printedReceipt(id)], { type: "text/html" });
    const address = URL.createObjectURL(page);
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    return address;
  });

/** The public check reads the receipt out of its own address, and asks the log as a stranger would. */
const openCheck = (id: string) =>
  openBeside(async () => checkAddress(parseEvidence(JSON.stringify(await api.receipt(id)))));

async function downloadProof(id: string): Promise<void> {
  saveFile(`receipt-${id}.json`, "application/json", JSON.stringify(await api.receipt(id), null, 2));
}
