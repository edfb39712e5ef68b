import { Button, Card, Group, Select, Stack, Table, Text, Title } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { MerchantStatement } from "../shared/api/types";
import { money } from "../shared/format";
import { type Days, dayName, daysFault, monthOf, utcDaysOf } from "../shared/statement/days";
import { PeriodChoice } from "../shared/statement/PeriodChoice";
import { Facts } from "../shared/ui/Facts";
import { Icon } from "../shared/ui/Icon";
import { EmptyNote, ProblemNote, Waiting } from "../shared/ui/notes";
import { saveFile } from "../shared/ui/saveFile";
import { api } from "./operator";

/** What a merchant took and gave back, day by day, and what they are owed. */
export function MerchantsPage() {
  const merchants = useQuery({ queryKey: ["merchants"], queryFn: api.merchants });
  const [chosen, setChosen] = useState<string | null>(null);
  const [days, setDays] = useState<Days>(() => monthOf(new Date(), 0));
  const merchant = merchants.data?.items.find(({ id }) => id === chosen) ?? merchants.data?.items[0];
  const choices = merchants.data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? [];
  return (
    <Stack gap="lg">
      <div>
        <Title order={1} size="h2">
          Merchants
        </Title>
        <Text c="dimmed">What they took and gave back, day by day, and what they are owed.</Text>
      </div>
      {merchants.isPending && <Waiting label="Loading the merchants" />}
      <ProblemNote error={merchants.error} onRetry={() => void merchants.refetch()} />
      {merchants.data?.items.length === 0 && <EmptyNote icon="till">There is no merchant yet.</EmptyNote>}
      {merchant && (
        <>
          <Card padding="md">
            <div className="statement-choice">
              <Select
                label="Merchant"
                size="md"
                allowDeselect={false}
                data={choices}
                value={merchant.id}
                onChange={setChosen}
                data-testid="merchant"
              />
              <PeriodChoice days={days} onChange={setDays} />
            </div>
          </Card>
          {!daysFault(days) && <Statement merchant={merchant.id} days={days} />}
        </>
      )}
    </Stack>
  );
}

function Statement({ merchant, days }: { merchant: string; days: Days }) {
  const period = utcDaysOf(days);
  const statement = useQuery({
    queryKey: ["payments", "merchant", merchant, period],
    queryFn: () => api.merchantStatement(merchant, period),
  });
  const keep = useMutation({
    mutationFn: async () => {
      const text = await api.merchantStatementCsv(merchant, period);
      saveFile(`${merchant}-${days.first}-${days.last}.csv`, "text/csv", text);
    },
  });
  if (!statement.data)
    return (
      <>
        {statement.isPending && <Waiting label="Loading the statement" />}
        <ProblemNote error={statement.error} onRetry={() => void statement.refetch()} />
      </>
    );
  const { currency, opening_minor, closing_minor } = statement.data;
  return (
    <>
      <Card
        className="figures"
        data-testid="merchant-statement"
        data-opening={opening_minor}
        data-closing={closing_minor}
      >
        <Group justify="space-between" align="flex-end">
          <Facts
            rows={[
              ["Owed before", money(opening_minor, currency)],
              [
                "Owed at the end",
                <Text key="closing" span fw={750} size="lg">
                  {money(closing_minor, currency)}
                </Text>,
              ],
            ]}
          />
          <Button
            size="sm"
            variant="default"
            leftSection={<Icon name="download" size={18} />}
            loading={keep.isPending}
            onClick={() => keep.mutate()}
            data-testid="merchant-csv"
          >
            Download as CSV
          </Button>
        </Group>
        <ProblemNote error={keep.error} />
      </Card>
      <Card padding={0}>
        {statement.data.days.length === 0 ? (
          <EmptyNote icon="till">Nothing was taken or given back on these days.</EmptyNote>
        ) : (
          <DayTable statement={statement.data} />
        )}
      </Card>
    </>
  );
}

function DayTable({ statement }: { statement: MerchantStatement }) {
  const amount = (minor: number) => (minor === 0 ? "–" : money(minor, statement.currency));
  return (
    <Table.ScrollContainer minWidth={620} type="native" tabIndex={0} role="region" aria-label="Days">
      <Table verticalSpacing="sm" horizontalSpacing="lg" className="figures">
        <Table.Thead>
          <Table.Tr>
            <Table.Th className="day-cell">Day (UTC)</Table.Th>
            <Table.Th ta="right">Taken</Table.Th>
            <Table.Th ta="right">Refunds</Table.Th>
            <Table.Th ta="right">Objections</Table.Th>
            <Table.Th ta="right">Other</Table.Th>
            <Table.Th ta="right">In all</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {statement.days.map((day) => (
            <Table.Tr key={day.date} data-testid="merchant-day" data-net={day.net_minor}>
              <Table.Td className="day-cell">{dayName(day.date)}</Table.Td>
              <Table.Td ta="right">{amount(day.gross_minor)}</Table.Td>
              <Table.Td ta="right">{amount(-day.refunds_minor)}</Table.Td>
              <Table.Td ta="right">{amount(-day.chargebacks_minor)}</Table.Td>
              <Table.Td ta="right">{amount(day.other_minor)}</Table.Td>
              <Table.Td ta="right" fw={700}>
                {amount(day.net_minor)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
