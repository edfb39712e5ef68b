import { Badge, Button, Card, Group, Stack, Table, Text, Title } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { kindWords, perUnit, siteTime, unitPrice } from "../../shared/fuel/fuelWords";
import type { FuelPrice, Grade, Site } from "../../shared/fuel/types";
import { Confirm, EmptyNote, ProblemNote, Waiting } from "../../shared/ui/notes";
import { toast } from "../../shared/ui/toasts";
import { sites } from "../operator";
import { Who } from "../Who";
import { GradeForm } from "./GradeForm";
import { PriceForm } from "./PriceForm";
import { SetUpList } from "./SetUpList";

/** What the site sells and what it costs, now and from later moments on, and what it cost before. */
export function SitePrices({ site }: { site: Site }) {
  const manages = site.right === "manage";
  const [pricing, setPricing] = useState<Grade | null>(null);
  const [editing, setEditing] = useState<Grade | "new" | null>(null);
  return (
    <Stack gap="lg">
      <SetUpList
        empty="This site sells nothing yet. Add a grade first."
        add="Add a grade"
        testId="grade-add"
        grid="station-grid"
        onAdd={manages ? () => setEditing("new") : undefined}
      >
        {site.grades.map((grade) => (
          <GradeCard
            key={grade.id}
            site={site}
            grade={grade}
            {...(manages ? { onPrice: () => setPricing(grade), onEdit: () => setEditing(grade) } : {})}
          />
        ))}
      </SetUpList>
      <PriceHistory site={site} />
      {pricing && <PriceForm site={site} grade={pricing} onClose={() => setPricing(null)} />}
      {editing && <GradeForm site={site} grade={editing === "new" ? null : editing} onClose={() => setEditing(null)} />}
    </Stack>
  );
}

interface GradeCardProps {
  site: Site;
  grade: Grade;
  onPrice?: () => void;
  onEdit?: () => void;
}

function GradeCard({ site, grade, onPrice, onEdit }: GradeCardProps) {
  const prices = site.prices.filter((price) => price.grade_id === grade.id);
  const now = prices.find((price) => price.state === "in_force");
  const next = prices.filter((price) => price.state === "scheduled");
  return (
    <Card data-testid={`grade-${grade.id}`} data-price={now?.thousandths_of_minor ?? ""}>
      <Stack gap="sm" h="100%">
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <div>
            <Text fw={700}>{grade.name}</Text>
            <Text size="sm" c="dimmed">
              {grade.id}
            </Text>
          </div>
          <Badge variant="light" tt="none">
            {kindWords[grade.fuel]}
          </Badge>
        </Group>
        {now ? (
          <div>
            <Group gap={8} align="baseline" className="figures">
              <Text className="price">{unitPrice(now.thousandths_of_minor, site.currency)}</Text>
              <Text c="dimmed">{perUnit[grade.unit]}</Text>
            </Group>
            <Text size="sm" c="dimmed">
              since {siteTime(now.valid_from, site.time_zone)}
            </Text>
          </div>
        ) : (
          <Text c="dimmed">No price yet, so it is not sold.</Text>
        )}
        {next.map((price) => (
          <Scheduled key={price.id} site={site} price={price} />
        ))}
        {onPrice && onEdit && (
          <Group mt="auto" grow>
            <Button size="sm" variant="light" onClick={onPrice} data-testid={`price-${grade.id}`}>
              Set price
            </Button>
            <Button size="sm" variant="default" onClick={onEdit}>
              Edit grade
            </Button>
          </Group>
        )}
      </Stack>
    </Card>
  );
}

function Scheduled({ site, price }: { site: Site; price: FuelPrice }) {
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const withdraw = useMutation({
    mutationFn: () => sites.withdrawPrice(site.id, price.id),
    onSuccess: () => {
      setAsking(false);
      toast("Price taken back", "It will not take effect.", "plain");
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["site", site.id] }),
  });
  const shown = unitPrice(price.thousandths_of_minor, site.currency);
  return (
    <Group justify="space-between" wrap="nowrap" gap="xs" className="scheduled" data-testid="scheduled">
      <Text size="sm" className="figures" miw={0}>
        <b>{shown}</b> from {siteTime(price.valid_from, site.time_zone)}
      </Text>
      {site.right === "manage" && (
        <Button size="compact-sm" variant="subtle" color="red" flex="none" onClick={() => setAsking(true)}>
          Take back
        </Button>
      )}
      <Confirm
        opened={asking}
        title="Take this price back?"
        action="Take back"
        busy={withdraw.isPending}
        error={withdraw.error}
        onConfirm={() => withdraw.mutate()}
        onClose={() => setAsking(false)}
      >
        {shown} will not take effect on {siteTime(price.valid_from, site.time_zone)}. It stays in the history.
      </Confirm>
    </Group>
  );
}

const stateWords: Readonly<Record<FuelPrice["state"], [string, string]>> = {
  past: ["Past", "gray"],
  in_force: ["In force", "green"],
  scheduled: ["Scheduled", "sight"],
  withdrawn: ["Taken back", "gray"],
};

function PriceHistory({ site }: { site: Site }) {
  const history = useInfiniteQuery({
    queryKey: ["site", site.id, "prices"],
    queryFn: ({ pageParam }) => sites.priceHistory(site.id, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const rows = history.data?.pages.flatMap((page) => page.items) ?? [];
  const names = new Map(site.grades.map((grade) => [grade.id, grade.name]));
  return (
    <section aria-label="History">
      <Title order={2} size="h4" mb="sm">
        History
      </Title>
      <Card padding={0}>
        {history.isPending && <Waiting label="Loading the history" />}
        {history.error && <ProblemNote error={history.error} onRetry={() => void history.refetch()} />}
        {history.data && rows.length === 0 && <EmptyNote icon="receipt">No price was set yet.</EmptyNote>}
        {rows.length > 0 && (
          <Table.ScrollContainer minWidth={620} type="native" tabIndex={0} role="region" aria-label="Prices">
            <Table verticalSpacing="sm" horizontalSpacing="lg" className="figures">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>From</Table.Th>
                  <Table.Th>Grade</Table.Th>
                  <Table.Th ta="right">Price</Table.Th>
                  <Table.Th>State</Table.Th>
                  <Table.Th>Set by</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map((price) => (
                  <Table.Tr key={price.id} data-testid="price-row" data-state={price.state}>
                    <Table.Td className="day-cell">{siteTime(price.valid_from, site.time_zone)}</Table.Td>
                    <Table.Td>{names.get(price.grade_id) ?? price.grade_id}</Table.Td>
                    <Table.Td ta="right" fw={price.state === "in_force" ? 700 : 400}>
                      {unitPrice(price.thousandths_of_minor, site.currency)}
                    </Table.Td>
                    <Table.Td>
                      <Badge variant="light" color={stateWords[price.state][1]} tt="none">
                        {stateWords[price.state][0]}
                      </Badge>
                    </Table.Td>
                    <Table.Td>
                      <Who name={price.set_by} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
        {history.hasNextPage && (
          <Group justify="center" p="md">
            <Button variant="subtle" loading={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
              Show older ones
            </Button>
          </Group>
        )}
      </Card>
    </section>
  );
}
