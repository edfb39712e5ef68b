import { Badge, Button, Card, Group, Stack, Table, Text, TextInput, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { day, money } from "../shared/format";
import { Icon } from "../shared/ui/Icon";
import { EmptyNote, ProblemNote, Waiting } from "../shared/ui/notes";
import { api } from "./operator";

/** Pages that a search reads by itself before it asks whether to go on. */
const searchPagesMax = 20;

export function PeoplePage() {
  const people = useInfiniteQuery({
    queryKey: ["people"],
    queryFn: ({ pageParam }) => api.people(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const [text, setText] = useState("");
  const wanted = text.trim().toLowerCase();
  const all = people.data?.pages.flatMap((page) => page.items) ?? [];
  const shown = all.filter((person) => `${person.name} ${person.email} ${person.id}`.toLowerCase().includes(wanted));

  // A search looks at everybody, not only at the page that is loaded.
  const { hasNextPage, isFetching, fetchNextPage } = people;
  const pages = people.data?.pages.length ?? 0;
  useEffect(() => {
    if (wanted && hasNextPage && !isFetching && pages < searchPagesMax) void fetchNextPage();
  }, [wanted, hasNextPage, isFetching, fetchNextPage, pages]);

  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-end">
        <div>
          <Title order={1} size="h2">
            People
          </Title>
          <Text c="dimmed">Everybody with an account, newest first.</Text>
        </div>
        <TextInput
          aria-label="Find a person"
          placeholder="Name or e-mail address"
          leftSection={<Icon name="search" size={18} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          data-testid="people-search"
        />
      </Group>
      <Card padding={0}>
        {people.isPending && <Waiting label="Loading the people" />}
        <ProblemNote error={people.error} onRetry={() => void people.refetch()} />
        {people.isSuccess && shown.length === 0 && !people.isFetching && (
          <EmptyNote icon="people">Nobody matches. Try a part of the name or of the e-mail address.</EmptyNote>
        )}
        {shown.length > 0 && (
          <Table.ScrollContainer minWidth={560} type="native" tabIndex={0} role="region" aria-label="People">
            <Table verticalSpacing="sm" horizontalSpacing="lg">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Name</Table.Th>
                  <Table.Th>E-mail address</Table.Th>
                  <Table.Th>Since</Table.Th>
                  <Table.Th ta="right">Wallet</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {shown.map((person) => (
                  <Table.Tr key={person.id} data-testid="person">
                    <Table.Td fw={600}>
                      <Group gap="xs">
                        <Link to={`/people/${person.id}`}>{person.name}</Link>
                        {person.roles
                          .filter((role) => role !== "customer")
                          .map((role) => (
                            <Badge key={role} size="sm" variant="light" tt="none">
                              {role}
                            </Badge>
                          ))}
                      </Group>
                    </Table.Td>
                    <Table.Td>{person.email}</Table.Td>
                    <Table.Td>{person.created_at ? day(person.created_at) : ""}</Table.Td>
                    <Table.Td ta="right" className="figures">
                      {person.wallet ? money(person.wallet.amount_minor, person.wallet.currency) : ""}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Card>
      {people.hasNextPage && (
        <Group justify="center">
          <Button variant="default" loading={people.isFetchingNextPage} onClick={() => void people.fetchNextPage()}>
            {wanted ? "Search further" : "Show more"}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
