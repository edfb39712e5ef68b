import { Anchor, Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { dayAndClock, money } from "../shared/format";
import { Icon } from "../shared/ui/Icon";
import { EmptyNote, ProblemNote, Waiting } from "../shared/ui/notes";
import { api, session } from "./account";

/** Money that came in from outside, newest first; what was not spent can go back the way it came. */
export function TopUpsPage() {
  const receipts = useInfiniteQuery({
    queryKey: ["wallet", "top-ups"],
    queryFn: ({ pageParam }) => api.receiptsOfPerson(session.person?.id ?? "", pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const topUps = receipts.data?.pages.flatMap((page) => page.items).filter(({ kind }) => kind === "top_up") ?? [];
  return (
    <Stack gap="lg">
      <Anchor component={Link} to="/wallet" className="back" fw={600} size="sm">
        <Icon name="back" size={18} /> Wallet
      </Anchor>
      <div>
        <Title order={1} size="h2">
          Top-ups
        </Title>
        <Text c="dimmed">What you did not spend can go back to the card that it came from. Press a top-up.</Text>
      </div>
      <Card>
        {receipts.isPending && <Waiting label="Loading your top-ups" />}
        <ProblemNote error={receipts.error} onRetry={() => void receipts.refetch()} />
        {receipts.isSuccess && topUps.length === 0 && (
          <EmptyNote icon="wallet">
            {receipts.hasNextPage ? "None of late. Look further back." : "No money came in yet."}
          </EmptyNote>
        )}
        <Stack gap={4}>
          {topUps.map(({ id, subject, at, amount }) => (
            <Link key={id} to={`/wallet/top-ups/${subject}`} className="row-link" data-testid="top-up-row">
              <Group justify="space-between" wrap="nowrap">
                <Text>{dayAndClock(at)}</Text>
                <Text fw={700} className="figures">
                  {money(amount.amount_minor, amount.currency)}
                </Text>
              </Group>
            </Link>
          ))}
          {receipts.hasNextPage && (
            <Button
              variant="default"
              loading={receipts.isFetchingNextPage}
              onClick={() => void receipts.fetchNextPage()}
            >
              Show earlier ones
            </Button>
          )}
        </Stack>
      </Card>
    </Stack>
  );
}
