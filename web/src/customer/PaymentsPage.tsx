import { Anchor, Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { Payment } from "../shared/api/types";
import { dayAndClock, money } from "../shared/format";
import { PaymentBadge } from "../shared/payments/PaymentBadge";
import { EmptyNote, ProblemNote, Waiting } from "../shared/ui/notes";
import { api, session } from "./account";

export function PaymentsPage() {
  const payments = useInfiniteQuery({
    queryKey: ["payments", "all"],
    queryFn: ({ pageParam }) => api.payments({ user_id: session.person?.id ?? "" }, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const items = payments.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Stack gap="lg">
      <Group justify="space-between">
        <Title order={1} size="h2">
          Payments
        </Title>
        <Anchor component={Link} to="/fuel" size="sm" fw={600} data-testid="to-fuel">
          Fill-ups
        </Anchor>
      </Group>
      <Card>
        {payments.isPending && <Waiting label="Loading your payments" />}
        <ProblemNote error={payments.error} onRetry={() => void payments.refetch()} />
        {payments.isSuccess && items.length === 0 && (
          <EmptyNote icon="till">No payments yet. What you pay at tills is listed here, with its receipt.</EmptyNote>
        )}
        <Stack gap={4} aria-live="polite">
          {items.map((payment) => (
            <PaymentRow key={payment.id} payment={payment} />
          ))}
          {payments.hasNextPage && (
            <Button
              variant="default"
              loading={payments.isFetchingNextPage}
              onClick={() => void payments.fetchNextPage()}
            >
              Show earlier ones
            </Button>
          )}
        </Stack>
      </Card>
    </Stack>
  );
}

function PaymentRow({ payment }: { payment: Payment }) {
  const minor = payment.captured_at ? payment.captured_minor : payment.amount.amount_minor;
  return (
    <Link
      to={`/payments/${payment.id}`}
      className="row-link"
      data-testid="payment"
      data-status={payment.status}
      data-refunded={payment.refunded_minor}
    >
      <Group justify="space-between" wrap="nowrap">
        <div>
          <Text fw={600}>{payment.merchant_id}</Text>
          <Text size="sm" c="dimmed">
            {dayAndClock(payment.created_at)}
          </Text>
        </div>
        <Stack gap={4} align="flex-end">
          <Text fw={700} className="figures">
            {money(minor, payment.amount.currency)}
          </Text>
          {payment.status !== "captured" || payment.refunded_minor > 0 || payment.dispute ? (
            <PaymentBadge payment={payment} reader="payer" />
          ) : null}
        </Stack>
      </Group>
    </Link>
  );
}
