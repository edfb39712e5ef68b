import { Anchor, Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import type { StatementLine, WalletStatement } from "../shared/api/types";
import { clock, money } from "../shared/format";
import { type Days, dayName, dayOf, daysFault, momentsOf, monthOf } from "../shared/statement/days";
import { PeriodChoice } from "../shared/statement/PeriodChoice";
import { Facts } from "../shared/ui/Facts";
import { Icon } from "../shared/ui/Icon";
import { EmptyNote, ProblemNote, Waiting } from "../shared/ui/notes";
import { saveFile } from "../shared/ui/saveFile";
import { api } from "./account";

/** Lines that are drawn at once; a busy month has more. */
const linesShown = 100;

/** What the wallet held at the beginning of a period, what moved, and what it held at the end. */
export function StatementPage() {
  const [days, setDays] = useState<Days>(() => monthOf(new Date(), 0));
  const period = daysFault(days) ? null : momentsOf(days);
  const statement = useQuery({
    queryKey: ["wallet", "statement", period],
    queryFn: () => (period ? api.statement(period) : Promise.reject(new Error("No period is chosen."))),
    enabled: period !== null,
  });
  return (
    <Stack gap="lg">
      <Anchor component={Link} to="/wallet" className="back" fw={600} size="sm">
        <Icon name="back" size={18} /> Wallet
      </Anchor>
      <Title order={1} size="h2">
        Statement
      </Title>
      <PeriodChoice days={days} onChange={setDays} />
      {period && statement.isPending && <Waiting label="Loading the statement" />}
      <ProblemNote error={statement.error} onRetry={() => void statement.refetch()} />
      {period && statement.data && (
        <>
          <Summary statement={statement.data} days={days} period={period} />
          <Movements key={statement.data.from} statement={statement.data} />
        </>
      )}
    </Stack>
  );
}

interface SummaryProps {
  statement: WalletStatement;
  days: Days;
  period: { from: string; to: string };
}

function Summary({ statement, days, period }: SummaryProps) {
  const { currency, lines } = statement;
  const keep = useMutation({
    mutationFn: async () => {
      const text = await api.statementCsv(period);
      saveFile(`statement-${days.first}-${days.last}.csv`, "text/csv", text);
    },
  });
  const sum = (sign: 1 | -1) =>
    lines.reduce((all, { change_minor: change }) => all + (change * sign > 0 ? change : 0), 0);
  return (
    <Card
      data-testid="statement"
      data-opening={statement.opening_minor}
      data-closing={statement.closing_minor}
      className="figures"
    >
      <Stack>
        <Text fw={600}>
          {dayName(days.first)} to {dayName(days.last)}
        </Text>
        <Facts
          rows={[
            ["Balance before", money(statement.opening_minor, currency)],
            ["Came in", signed(sum(1), currency)],
            ["Went out", signed(sum(-1), currency)],
            [
              Date.now() < Date.parse(period.to) ? "Balance now" : "Balance at the end",
              <Text key="closing" span fw={750} size="lg" data-testid="statement-closing">
                {money(statement.closing_minor, currency)}
              </Text>,
            ],
          ]}
        />
        <ProblemNote error={keep.error} />
        <Group>
          <Button
            size="sm"
            variant="default"
            leftSection={<Icon name="download" size={18} />}
            loading={keep.isPending}
            onClick={() => keep.mutate()}
            data-testid="statement-csv"
          >
            Download as CSV
          </Button>
        </Group>
      </Stack>
    </Card>
  );
}

function Movements({ statement }: { statement: WalletStatement }) {
  const [shown, setShown] = useState(linesShown);
  // Money that is only set aside or freed moves nothing; the file has those lines too.
  const moved = statement.lines.filter((line) => line.change_minor !== 0).reverse();
  if (moved.length === 0)
    return (
      <Card>
        <EmptyNote icon="wallet">Nothing came in or went out on these days.</EmptyNote>
      </Card>
    );
  return (
    <Card>
      <Stack gap="md">
        {byDay(moved.slice(0, shown)).map(([date, lines]) => (
          <Stack key={date} gap="sm">
            <Text size="sm" fw={600} c="dimmed">
              {dayName(date)}
            </Text>
            {lines.map((line) => (
              <Movement key={`${line.id} ${line.kind}`} line={line} currency={statement.currency} />
            ))}
          </Stack>
        ))}
        {moved.length > shown && (
          <Button variant="default" onClick={() => setShown(shown + linesShown)}>
            Show earlier ones
          </Button>
        )}
      </Stack>
    </Card>
  );
}

function Movement({ line, currency }: { line: StatementLine; currency: string }) {
  return (
    <Group
      justify="space-between"
      align="flex-start"
      wrap="nowrap"
      data-testid="statement-line"
      data-change={line.change_minor}
      data-balance={line.balance_minor}
    >
      <div>
        <Text fw={600}>{line.text}</Text>
        <Text size="sm" c="dimmed">
          {clock(line.at)}
        </Text>
      </div>
      <div className="movement-figures figures">
        <Text fw={700} {...(line.change_minor > 0 ? { c: "var(--open-ink)" } : {})}>
          {signed(line.change_minor, currency)}
        </Text>
        <Text size="sm" c="dimmed">
          {money(line.balance_minor, currency)}
        </Text>
      </div>
    </Group>
  );
}

const signed = (minor: number, currency: string) => `${minor > 0 ? "+" : ""}${money(minor, currency)}`;

function byDay(lines: StatementLine[]): [date: string, lines: StatementLine[]][] {
  const days = new Map<string, StatementLine[]>();
  for (const line of lines) {
    const date = dayOf(line.at);
    days.set(date, [...(days.get(date) ?? []), line]);
  }
  return [...days];
}
