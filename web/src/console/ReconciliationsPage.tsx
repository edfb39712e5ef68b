import { Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { Reconciliation } from "../shared/api/types";
import { useWrite } from "../shared/api/useWrite";
import { dayAndClock } from "../shared/format";
import { ToneBadge } from "../shared/payments/PaymentBadge";
import { EmptyNote, ProblemNote, Waiting } from "../shared/ui/notes";
import { WriteNote } from "../shared/ui/WriteNote";
import { api, pendingWrites, rights } from "./operator";
import { runWords } from "./reconciliationWords";
import { Who } from "./Who";

/** Whether ledger, payments, providers and receipts say the same: the daily runs, and one now. */
export function ReconciliationsPage() {
  const runs = useInfiniteQuery({
    queryKey: ["reconciliations", "list"],
    queryFn: ({ pageParam }) => api.reconciliations(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state }) => (state.data?.pages.some(hasWaiting) ? 2_000 : false),
  });
  const items = runs.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-end">
        <div>
          <Title order={1} size="h2">
            Reconciliation
          </Title>
          <Text c="dimmed">
            Ledger, payments, providers and receipts are compared every night. Each difference is named.
          </Text>
        </div>
        {rights().acts && <RunNow />}
      </Group>
      <Card>
        {runs.isPending && <Waiting label="Loading the runs" />}
        <ProblemNote error={runs.error} onRetry={() => void runs.refetch()} />
        {runs.isSuccess && items.length === 0 && <EmptyNote icon="balance">Nothing was compared yet.</EmptyNote>}
        <Stack gap={4} aria-live="polite">
          {items.map((run) => (
            <Run key={run.id} run={run} />
          ))}
        </Stack>
      </Card>
      {runs.hasNextPage && (
        <Group justify="center">
          <Button variant="default" loading={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
            Show earlier ones
          </Button>
        </Group>
      )}
    </Stack>
  );
}

const hasWaiting = (page: { items: Reconciliation[] }) => page.items.some((run) => run.state === "waiting");

function RunNow() {
  const run = useWrite({
    writes: pendingWrites,
    slot: "console.reconciliation",
    deliver: (key, _body: { now: true }) => api.reconcile(key),
    stale: ["reconciliations"],
  });
  return (
    <Stack gap="xs" align="flex-end">
      <Button size="sm" loading={run.busy} onClick={() => run.send({ now: true })} data-testid="reconcile">
        Run now
      </Button>
      <WriteNote write={run} what="The run" />
    </Stack>
  );
}

function Run({ run }: { run: Reconciliation }) {
  return (
    <Link
      to={`/reconciliations/${run.id}`}
      className="row-link"
      data-testid="reconciliation"
      data-state={run.state}
      data-differences={run.differences_found ?? ""}
    >
      <Group justify="space-between" wrap="nowrap">
        <div>
          <Text fw={600}>{dayAndClock(run.requested_at)}</Text>
          <Text size="sm" c="dimmed">
            <Who name={run.requested_by} plain />
          </Text>
        </div>
        <ToneBadge {...runWords(run)} />
      </Group>
    </Link>
  );
}
