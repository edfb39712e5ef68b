import { Button, Card, Stack, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { EmptyNote, ProblemNote, Waiting } from "../shared/ui/notes";
import { api, session } from "./account";
import { JourneyRow } from "./JourneyRow";

export function JourneysPage() {
  const journeys = useInfiniteQuery({
    queryKey: ["journeys", "all"],
    queryFn: ({ pageParam }) => api.journeys(session.person?.id ?? "", pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const items = journeys.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Stack gap="lg">
      <Title order={1} size="h2">
        Journeys
      </Title>
      <Card>
        {journeys.isPending && <Waiting label="Loading your journeys" />}
        <ProblemNote error={journeys.error} onRetry={() => void journeys.refetch()} />
        {journeys.isSuccess && items.length === 0 && (
          <EmptyNote icon="journeys">
            No journeys yet. Walk up to an entry gate, look at its camera, and the journey shows up here at once.
          </EmptyNote>
        )}
        <Stack gap="lg" aria-live="polite">
          {items.map((journey) => (
            <JourneyRow key={journey.id} journey={journey} />
          ))}
          {journeys.hasNextPage && (
            <Button
              variant="default"
              loading={journeys.isFetchingNextPage}
              onClick={() => void journeys.fetchNextPage()}
            >
              Show earlier ones
            </Button>
          )}
        </Stack>
      </Card>
    </Stack>
  );
}
