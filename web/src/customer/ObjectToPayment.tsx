import { Button, Card, Group, Modal, Stack, Text, Textarea, Title } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { Payment } from "../shared/api/types";
import { useWrite } from "../shared/api/useWrite";
import { reasonFault, reasonLengthMax } from "../shared/payments/reason";
import { toast } from "../shared/ui/toasts";
import { WriteNote } from "../shared/ui/WriteNote";
import { api, pendingWrites } from "./account";

/** "That was not me": the payer objects, in their own words. */
export function ObjectToPayment({ payment }: { payment: Payment }) {
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const object = useWrite({
    writes: pendingWrites,
    slot: `dispute.${payment.id}`,
    deliver: (key, body: { reason: string }) => api.disputePayment(key, payment.id, body.reason),
    stale: ["payments"],
    onDone: () => {
      setOpen(false);
      toast("Your objection is recorded", "An operator decides. You see the decision here.", "plain");
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const fault = reasonFault(reason);
    setWrong(fault);
    if (!fault) object.send({ reason: reason.trim() });
  };
  return (
    <Card>
      <Stack gap="sm">
        <Title order={2} size="h4">
          Something wrong?
        </Title>
        <Text size="sm" c="dimmed">
          If you did not make this payment, say so. For a wrong amount, ask the merchant first: they can give money back
          at once.
        </Text>
        {!open && <WriteNote write={object} what="Your objection" />}
        <Group>
          <Button variant="default" size="sm" onClick={() => setOpen(true)} data-testid="not-me">
            That was not me
          </Button>
        </Group>
      </Stack>
      <Modal opened={open} onClose={() => setOpen(false)} title={<Text fw={700}>That was not me</Text>}>
        <form onSubmit={submit} noValidate>
          <Stack>
            <Textarea
              label="What happened?"
              description="For instance: I was not at this shop on that day."
              autosize
              minRows={3}
              maxLength={reasonLengthMax}
              value={reason}
              error={wrong}
              onChange={(event) => setReason(event.currentTarget.value)}
              data-testid="not-me-reason"
            />
            <Text size="sm" c="dimmed">
              Nothing moves until an operator has decided. Replace your PIN and your face too if somebody else uses
              them.
            </Text>
            <WriteNote write={object} what="Your objection" />
            <Group justify="flex-end">
              <Button variant="default" onClick={() => setOpen(false)}>
                Back
              </Button>
              <Button type="submit" color="red.8" loading={object.busy} data-testid="not-me-send">
                Send
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </Card>
  );
}
