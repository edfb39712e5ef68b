import { Card, Select, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Person } from "../shared/api/types";
import { ProblemNote } from "../shared/ui/notes";
import { toast } from "../shared/ui/toasts";
import { api, rights } from "./operator";

/** Where a cashier works: whose payments they see, and give money back of. */
export function Workplace({ person }: { person: Person }) {
  const queries = useQueryClient();
  const merchants = useQuery({ queryKey: ["merchants"], queryFn: api.merchants });
  const cashiers = useQuery({ queryKey: ["cashiers"], queryFn: api.cashiers });
  const choose = useMutation({
    mutationFn: (merchant: string | null): Promise<unknown> =>
      merchant ? api.assignCashier(person.id, merchant) : api.dismissCashier(person.id),
    onSuccess: () => toast("Workplace saved", "It counts at once.", "plain"),
    onSettled: () => queries.invalidateQueries({ queryKey: ["cashiers"] }),
  });
  const present = cashiers.data?.items.find(({ user_id }) => user_id === person.id)?.merchant_id ?? null;
  return (
    <Card>
      <Stack gap="sm">
        <Title order={2} size="h4">
          Workplace
        </Title>
        <Text size="sm" c="dimmed">
          A cashier sees the payments of one merchant and gives money back of them, a large amount with an operator.
        </Text>
        <Select
          aria-label="Merchant"
          placeholder="Nowhere yet"
          size="md"
          clearable={rights().acts}
          readOnly={!rights().acts}
          disabled={choose.isPending || !cashiers.data}
          data={merchants.data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? []}
          value={choose.isPending ? choose.variables : present}
          onChange={(merchant) => choose.mutate(merchant)}
          data-testid="workplace"
        />
        <ProblemNote error={choose.error ?? cashiers.error ?? merchants.error} />
      </Stack>
    </Card>
  );
}
