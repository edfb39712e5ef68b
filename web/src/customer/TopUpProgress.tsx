import { Alert, Button, Group, Loader, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { money } from "../shared/format";
import { Icon } from "../shared/ui/Icon";
import { ProblemNote } from "../shared/ui/notes";
import { toast } from "../shared/ui/toasts";
import { api } from "./account";
import { failureWords, isUnderWay } from "./topUpWords";

/** As a rule the provider answers at once; after that there is no hurry. */
const quickLooks = 12;

interface TopUpProgressProps {
  id: string;
  /** It is followed no longer, whatever becomes of it. */
  onEnd: () => void;
  /** Its money is in the wallet; without it that is an end like others. */
  onCredited?: () => void;
}

/** Follows a top-up to its end. Only the provider's word credits a wallet, so this page can but look. */
export function TopUpProgress({ id, onEnd, onCredited = onEnd }: TopUpProgressProps) {
  const queries = useQueryClient();
  const topUp = useQuery({
    queryKey: ["top-up", id],
    queryFn: () => api.topUpState(id),
    refetchInterval: ({ state }) =>
      state.data && !isUnderWay(state.data) ? false : state.dataUpdateCount < quickLooks ? 500 : 3_000,
  });
  const { data } = topUp;
  const sum = data?.amount_minor && data.currency ? money(data.amount_minor, data.currency) : "The money";
  const credited = data?.state === "credited";
  useEffect(() => {
    if (!credited) return;
    toast(`${sum} added`, "It is in your wallet now.");
    void queries.invalidateQueries({ queryKey: ["wallet"] });
    onCredited();
  }, [credited, sum, queries, onCredited]);

  if (!data)
    return (
      <Stack gap="sm">
        {!topUp.error && <Loader size="sm" />}
        <ProblemNote error={topUp.error} onRetry={() => void topUp.refetch()} />
      </Stack>
    );
  return (
    <Stack gap="sm" role="status" data-testid="top-up-progress" data-state={data.state}>
      {data.state === "failed" ? (
        <Alert color="red" variant="light" icon={<Icon name="warning" />} role="alert" data-testid="problem">
          {sum} was not added. {failureWords(data.failure_code)}
        </Alert>
      ) : data.state === "action_needed" && data.next_action ? (
        <>
          <Text>Your bank asks back before it pays {sum}. It brings you here again afterwards.</Text>
          <Group>
            <Button component="a" href={data.next_action.url} data-testid="top-up-bank">
              Go to your bank
            </Button>
          </Group>
        </>
      ) : (
        <Group gap="sm" wrap="nowrap">
          <Loader size="xs" />
          <Text>{sum} is on its way. It comes by itself, also when you close this page.</Text>
        </Group>
      )}
      <Group>
        <Button size="sm" variant="default" onClick={onEnd} data-testid="top-up-other">
          {data.state === "failed" ? "Try another way" : "Top up something else"}
        </Button>
      </Group>
    </Stack>
  );
}
