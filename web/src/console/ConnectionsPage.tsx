import { Card, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { dayAndClock } from "../shared/format";
import { EmptyNote, ProblemNote, Waiting } from "../shared/ui/notes";
import { api } from "./operator";

const kinds: Readonly<Record<string, string>> = { station: "Station", live: "Live view" };

export function ConnectionsPage() {
  const connections = useQuery({ queryKey: ["connections"], queryFn: api.connections, refetchInterval: 3_000 });
  const items = connections.data?.items ?? [];
  return (
    <Stack gap="lg">
      <div>
        <Title order={1} size="h2">
          Connections
        </Title>
        <Text c="dimmed">Screens and pages that are connected to the server now, renewed every three seconds.</Text>
      </div>
      <Card padding={0}>
        {connections.isPending && <Waiting label="Loading the connections" />}
        <ProblemNote error={connections.error} onRetry={() => void connections.refetch()} />
        {connections.isSuccess && items.length === 0 && <EmptyNote icon="plug">Nothing is connected.</EmptyNote>}
        {items.length > 0 && (
          <Table.ScrollContainer minWidth={520} type="native" tabIndex={0} role="region" aria-label="Connections">
            <Table verticalSpacing="sm" horizontalSpacing="lg" data-testid="connections">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Kind</Table.Th>
                  <Table.Th>Who</Table.Th>
                  <Table.Th>Since</Table.Th>
                  <Table.Th ta="right">Received</Table.Th>
                  <Table.Th ta="right">Sent</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody className="figures">
                {items.map((connection) => (
                  <Table.Tr key={connection.id} data-testid="connection">
                    <Table.Td>{kinds[connection.kind] ?? connection.kind}</Table.Td>
                    <Table.Td>{who(connection.who)}</Table.Td>
                    <Table.Td>{dayAndClock(connection.opened_at)}</Table.Td>
                    <Table.Td ta="right">{connection.received}</Table.Td>
                    <Table.Td ta="right">{connection.sent}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Card>
    </Stack>
  );
}

/** "station:S1-in" and "person:019…" as a person would say them. */
function who(caller: string): string {
  const [kind = "", name = ""] = caller.split(/:(.*)/);
  if (kind === "station") return name;
  if (kind === "person") return `A person (${name.slice(-6)})`;
  return "Not known yet";
}
