import { Button, Card, Group, Stack, Table, Text, TextInput, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link } from "react-router";
import type { AuditSearch } from "../shared/api/types";
import { clockWithSeconds, day, dayBounds } from "../shared/format";
import { EmptyNote, ProblemNote, Waiting } from "../shared/ui/notes";
import { actWords } from "./auditWords";
import { api } from "./operator";
import { isId } from "./paymentSearch";
import { Who } from "./Who";

const nothing = { who: "", what: "", subject: "", day: "" };

function searchOf({ who, what, subject, day: date }: typeof nothing): AuditSearch {
  return {
    ...(who ? { who: isId(who) ? `person:${who}` : who } : {}),
    ...(what ? { what: what.trim().toLowerCase().replace(/\s+/g, "_") } : {}),
    ...(subject ? { subject } : {}),
    ...(dayBounds(date) ?? {}),
  };
}

/** Who did what, newest first. Nobody can change it. */
export function AuditPage() {
  const [search, setSearch] = useState<AuditSearch>({});
  const entries = useInfiniteQuery({
    queryKey: ["audit", "list", search],
    queryFn: ({ pageParam }) => api.audit(search, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const items = entries.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Stack gap="lg">
      <div>
        <Title order={1} size="h2">
          Audit log
        </Title>
        <Text c="dimmed">What people and stations did to money, roles and keys. Nobody can change it.</Text>
      </div>
      <Filters onSearch={setSearch} />
      <Card padding={0}>
        {entries.isPending && <Waiting label="Loading the log" />}
        <ProblemNote error={entries.error} onRetry={() => void entries.refetch()} />
        {entries.isSuccess && items.length === 0 && (
          <EmptyNote icon="book">Nothing matches. Take a condition away.</EmptyNote>
        )}
        {items.length > 0 && (
          <Table.ScrollContainer minWidth={640} type="native" tabIndex={0} role="region" aria-label="Audit log">
            <Table verticalSpacing="sm" horizontalSpacing="lg">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>When</Table.Th>
                  <Table.Th>Who</Table.Th>
                  <Table.Th>What</Table.Th>
                  <Table.Th>About</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {items.map((entry) => (
                  <Table.Tr key={entry.seq} data-testid="audit-entry" data-what={entry.what}>
                    <Table.Td className="figures">
                      {day(entry.at)}, {clockWithSeconds(entry.at)}
                    </Table.Td>
                    <Table.Td>
                      <Who name={entry.who} />
                    </Table.Td>
                    <Table.Td>{actWords(entry.what)}</Table.Td>
                    <Table.Td>
                      <Subject name={entry.subject} what={entry.what} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Card>
      {entries.hasNextPage && (
        <Group justify="center">
          <Button variant="default" loading={entries.isFetchingNextPage} onClick={() => void entries.fetchNextPage()}>
            Show earlier ones
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function Subject({ name, what }: { name: string; what: string }) {
  if (name.includes(":")) return <Who name={name} />;
  const isPayment = what === "payment_disputed" || what.startsWith("dispute_resolved");
  if (isPayment) return <Link to={`/payments/${name}`}>The payment</Link>;
  return <span className="number">{name}</span>;
}

function Filters({ onSearch }: { onSearch: (search: AuditSearch) => void }) {
  const [values, setValues] = useState(nothing);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSearch(searchOf(values));
  };
  const field = (name: keyof typeof nothing) => ({
    autoComplete: "off",
    value: values[name],
    onChange: (event: { currentTarget: { value: string } }) =>
      setValues({ ...values, [name]: event.currentTarget.value }),
    "data-testid": `audit-${name}`,
  });
  return (
    <Card component="search" padding="md">
      <form onSubmit={submit} noValidate>
        <div className="filters">
          <TextInput label="Who" placeholder="station:canteen-till, or a person's number" {...field("who")} />
          <TextInput label="What" placeholder="refund paid" {...field("what")} />
          <TextInput label="About" placeholder="Number of a payment or refund" {...field("subject")} />
          <TextInput label="Day" type="date" {...field("day")} />
        </div>
        <Group mt="md" gap="sm">
          <Button type="submit" size="sm" data-testid="audit-search">
            Search
          </Button>
          <Button
            size="sm"
            variant="subtle"
            onClick={() => {
              setValues(nothing);
              onSearch({});
            }}
          >
            Show all
          </Button>
        </Group>
      </form>
    </Card>
  );
}
