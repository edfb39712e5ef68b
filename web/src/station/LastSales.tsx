import { Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { PendingWrites } from "../shared/api/pendingWrites";
import type { StationApi } from "../shared/api/server";
import type { Payment } from "../shared/api/types";
import { useWrite } from "../shared/api/useWrite";
import { clock, money } from "../shared/format";
import { PaymentBadge } from "../shared/payments/PaymentBadge";
import { actionsOf } from "../shared/payments/paymentWords";
import { reasonFault, reasonLengthMax } from "../shared/payments/reason";
import { ProblemNote } from "../shared/ui/notes";
import { toast } from "../shared/ui/toasts";
import { WriteNote } from "../shared/ui/WriteNote";

export interface Sale {
  payment: Payment;
  name: string;
}

interface LastSalesProps {
  station: StationApi;
  writes: PendingWrites;
  sales: Sale[];
  onClose: () => void;
}

/** What this screen has sold since it was opened, so that a mistake can be given back on the spot. */
export function LastSales({ station, writes, sales, onClose }: LastSalesProps) {
  return (
    <Modal opened onClose={onClose} title={<Text fw={700}>Last sales</Text>}>
      <Stack gap="lg">
        {sales.map((sale) => (
          <SaleRow key={sale.payment.id} station={station} writes={writes} sale={sale} />
        ))}
      </Stack>
    </Modal>
  );
}

function SaleRow({ station, writes, sale }: { station: StationApi; writes: PendingWrites; sale: Sale }) {
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const state = useQuery({
    queryKey: ["sale", sale.payment.id],
    queryFn: () => station.payment(sale.payment.id),
    initialData: sale.payment,
    staleTime: 0,
  });
  const refund = useWrite({
    writes,
    slot: `till.refund.${sale.payment.id}`,
    deliver: (key, body: { reason: string }) => station.refund(key, sale.payment.id, body.reason),
    stale: ["sale"],
    onDone: ({ state: done }) => {
      setOpen(false);
      if (done === "done") toast("Given back", "It is in the customer's wallet.");
      else toast("An operator has to agree", "The money goes back as soon as they have.", "plain");
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const fault = reasonFault(reason);
    setWrong(fault);
    if (!fault) refund.send({ reason: reason.trim() });
  };
  const payment = state.data;
  return (
    <Stack gap="xs" data-testid="sale" data-status={payment.status}>
      <Group justify="space-between" wrap="nowrap">
        <div>
          <Text fw={600} className="figures">
            {money(payment.captured_minor || payment.amount.amount_minor, payment.amount.currency)}
          </Text>
          <Text size="sm" c="dimmed">
            {sale.name}, {clock(payment.created_at)}
          </Text>
        </div>
        {actionsOf(payment, "till").refund && !open ? (
          <Button size="sm" variant="default" onClick={() => setOpen(true)} data-testid="sale-refund">
            Give back
          </Button>
        ) : (
          <PaymentBadge payment={payment} reader="till" />
        )}
      </Group>
      <ProblemNote error={state.error} onRetry={() => void state.refetch()} />
      <WriteNote write={refund} what="The refund" />
      {open && (
        <form onSubmit={submit} noValidate>
          <Stack gap="xs">
            <Textarea
              label="Why is it given back?"
              autosize
              minRows={2}
              maxLength={reasonLengthMax}
              value={reason}
              error={wrong}
              onChange={(event) => setReason(event.currentTarget.value)}
              data-testid="sale-reason"
            />
            <Group justify="flex-end">
              <Button variant="default" size="sm" onClick={() => setOpen(false)}>
                Keep it
              </Button>
              <Button type="submit" size="sm" loading={refund.busy} data-testid="sale-refund-send">
                Give all of it back
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Stack>
  );
}
