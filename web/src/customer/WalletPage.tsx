import { Anchor, Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { WalletEntry } from "../shared/api/types";
import { dayAndClock, money } from "../shared/format";
import { EmptyNote, ProblemNote, Waiting } from "../shared/ui/notes";
import { api } from "./account";
import { BalanceCard } from "./BalanceCard";
import { TopUpCard } from "./TopUpCard";

export function WalletPage() {
  return (
    <Stack gap="lg">
      <Title order={1} size="h2">
        Wallet
      </Title>
      <BalanceCard />
      <TopUpCard />
      <Entries />
    </Stack>
  );
}

function Entries() {
  const entries = useInfiniteQuery({
    queryKey: ["wallet", "entries"],
    queryFn: ({ pageParam }) => api.walletEntries(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const items = entries.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Title order={2} size="h4">
          What went in and out
        </Title>
        <Group gap="md">
          <Anchor component={Link} to="/wallet/top-ups" size="sm" fw={600} data-testid="to-top-ups">
            Top-ups
          </Anchor>
          <Anchor component={Link} to="/wallet/statement" size="sm" fw={600} data-testid="to-statement">
            Statement
          </Anchor>
        </Group>
      </Group>
      <Card>
        {entries.isPending && <Waiting label="Loading the entries" />}
        <ProblemNote error={entries.error} onRetry={() => void entries.refetch()} />
        {entries.isSuccess && items.length === 0 && (
          <EmptyNote icon="wallet">Nothing yet. Top-ups and fares are listed here.</EmptyNote>
        )}
        <Stack gap="md">
          {items.map((entry) => (
            <EntryRow key={`${entry.id} ${entry.kind}`} entry={entry} />
          ))}
          {entries.hasNextPage && (
            <Button variant="default" loading={entries.isFetchingNextPage} onClick={() => void entries.fetchNextPage()}>
              Show earlier ones
            </Button>
          )}
        </Stack>
      </Card>
    </Stack>
  );
}

function EntryRow({ entry }: { entry: WalletEntry }) {
  const moved = entry.change_minor !== 0;
  const incoming = entry.change_minor > 0;
  return (
    <Group
      justify="space-between"
      wrap="nowrap"
      data-testid="entry"
      data-kind={entry.kind}
      data-change={entry.change_minor}
    >
      <div>
        <Text fw={600} {...(moved ? {} : { c: "dimmed" })}>
          {entry.text}
        </Text>
        <Text size="sm" c="dimmed">
          {dayAndClock(entry.at)}
        </Text>
      </div>
      {moved ? (
        <Text fw={700} className="figures" flex="none" {...(incoming ? { c: "var(--open-ink)" } : {})}>
          {incoming ? "+" : ""}
          {money(entry.change_minor, entry.currency)}
        </Text>
      ) : (
        <Text c="dimmed" className="figures" flex="none">
          ({money(entry.amount_minor, entry.currency)})
        </Text>
      )}
    </Group>
  );
}
