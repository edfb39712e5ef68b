import { Anchor, Card, Group, List, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import type { Reconciliation } from "../shared/api/types";
import { dayAndClock, midSentence } from "../shared/format";
import { ToneBadge } from "../shared/payments/PaymentBadge";
import { Facts } from "../shared/ui/Facts";
import { Icon } from "../shared/ui/Icon";
import { EmptyNote, ProblemNote, Waiting } from "../shared/ui/notes";
import { api } from "./operator";
import { checkWords, runWords } from "./reconciliationWords";
import { Who } from "./Who";

/** What one run compared, and every difference that it found. */
export function ReconciliationPage() {
  const { id = "" } = useParams();
  const run = useQuery({
    queryKey: ["reconciliations", "one", id],
    queryFn: () => api.reconciliation(id),
    refetchInterval: ({ state }) => (state.data?.state === "waiting" ? 2_000 : false),
  });
  return (
    <Stack gap="lg">
      <Anchor component={Link} to="/reconciliations" className="back" fw={600} size="sm">
        <Icon name="back" size={18} /> All runs
      </Anchor>
      {run.isPending && <Waiting label="Loading the run" />}
      <ProblemNote error={run.error} onRetry={() => void run.refetch()} />
      {run.data && (
        <>
          <Summary run={run.data} />
          <Differences run={run.data} />
        </>
      )}
    </Stack>
  );
}

function Summary({ run }: { run: Reconciliation }) {
  return (
    <Card data-testid="reconciliation-details" data-state={run.state} data-differences={run.differences_found ?? ""}>
      <Stack>
        <Group justify="space-between" align="flex-start">
          <Title order={1} size="h3">
            Compared {midSentence(run.requested_at)}
          </Title>
          <ToneBadge {...runWords(run)} />
        </Group>
        <Facts
          rows={[
            ["Asked by", <Who key="who" name={run.requested_by} />],
            ["Reports from", dayAndClock(run.from)],
            ["Reports until", dayAndClock(run.to)],
            ["Took", run.duration_ms != null && span(run.duration_ms)],
          ]}
        />
      </Stack>
    </Card>
  );
}

const span = (ms: number) => (ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`);

function Differences({ run }: { run: Reconciliation }) {
  const named = run.differences ?? [];
  if (run.state === "waiting")
    return (
      <Card>
        <Waiting label="Comparing" />
      </Card>
    );
  if (named.length === 0)
    return (
      <Card>
        <EmptyNote icon="check">Ledger, payments, providers and receipts say the same.</EmptyNote>
      </Card>
    );
  return (
    <Stack gap="lg">
      {[...new Set(named.map((difference) => difference.check))].map((check) => (
        <Card key={check}>
          <Title order={2} size="h4" mb="sm">
            {checkWords(check)}
          </Title>
          <List spacing="xs" className="differences">
            {named
              .filter((difference) => difference.check === check)
              .map(({ text }) => (
                <List.Item key={text} data-testid="difference" data-check={check}>
                  {text}
                </List.Item>
              ))}
          </List>
        </Card>
      ))}
      {(run.differences_found ?? 0) > named.length && (
        <Text c="dimmed">
          {(run.differences_found ?? 0) - named.length} more are counted and not listed. Mend these first.
        </Text>
      )}
    </Stack>
  );
}
