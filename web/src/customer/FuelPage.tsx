import { Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { FuelSession } from "../shared/api/types";
import { dayAndClock, money } from "../shared/format";
import { ToneBadge } from "../shared/payments/PaymentBadge";
import { EmptyNote, ProblemNote, Waiting } from "../shared/ui/notes";
import { api } from "./account";
import { carOf, fuelWords, quantity } from "./fuelWords";

/** Every time at a pump, newest first. */
export function FuelPage() {
  const sessions = useInfiniteQuery({
    queryKey: ["fuel", "all"],
    queryFn: ({ pageParam }) => api.fuelSessions({}, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const items = sessions.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Stack gap="lg">
      <Title order={1} size="h2">
        Fill-ups
      </Title>
      <Card>
        {sessions.isPending && <Waiting label="Loading your fill-ups" />}
        <ProblemNote error={sessions.error} onRetry={() => void sessions.refetch()} />
        {sessions.isSuccess && items.length === 0 && (
          <EmptyNote icon="pump">
            Nothing yet. Register your car, drive up to a pump, and its bill opens here by itself.
          </EmptyNote>
        )}
        <Stack gap={4} aria-live="polite">
          {items.map((session) => (
            <FuelRow key={session.id} session={session} />
          ))}
          {sessions.hasNextPage && (
            <Button
              variant="default"
              loading={sessions.isFetchingNextPage}
              onClick={() => void sessions.fetchNextPage()}
            >
              Show earlier ones
            </Button>
          )}
        </Stack>
      </Card>
    </Stack>
  );
}

function FuelRow({ session }: { session: FuelSession }) {
  const { label, tone } = fuelWords(session);
  const delivered = session.delivered_thousandths ?? 0;
  return (
    <Link to={`/fuel/${session.id}`} className="row-link" data-testid="fill-up-row" data-state={session.state}>
      <Group justify="space-between" wrap="nowrap">
        <div>
          <Text fw={600}>
            {session.site_name}, pump {session.pump_number}
          </Text>
          <Text size="sm" c="dimmed">
            {carOf(session)}
            {delivered > 0 && `, ${quantity(delivered, session.unit)}`}
          </Text>
          <Text size="sm" c="dimmed">
            {dayAndClock(session.began_at)}
          </Text>
        </div>
        <Stack gap={4} align="flex-end">
          {session.amount_minor > 0 && (
            <Text fw={700} className="figures">
              {money(session.amount_minor, session.currency)}
            </Text>
          )}
          {session.state !== "paid" && <ToneBadge label={label} tone={tone} />}
        </Stack>
      </Group>
    </Link>
  );
}
