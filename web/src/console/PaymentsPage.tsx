import { Button, Card, Group, Select, Stack, Table, Text, TextInput, Title } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import type { Payment } from "../shared/api/types";
import { dayAndClock, dayBounds, money } from "../shared/format";
import { PaymentBadge } from "../shared/payments/PaymentBadge";
import { EmptyNote, ProblemNote, Waiting } from "../shared/ui/notes";
import { api, rights } from "./operator";
import { filtersOf, isId, searchOf } from "./paymentSearch";
import { lookAgainMs } from "./queues";
import { Who } from "./Who";

const states = [
  { value: "awaiting_confirmation", label: "Waiting for the payer" },
  { value: "authorised", label: "Set aside" },
  { value: "captured", label: "Paid" },
  { value: "refunded", label: "Refunded" },
  { value: "expired", label: "Not confirmed in time" },
  { value: "cancelled", label: "Cancelled" },
  { value: "refused", label: "Refused" },
];

/** All payments, newest first. What is searched for stands in the address, so that a search can be sent on. */
export function PaymentsPage() {
  const [params, setParams] = useSearchParams();
  const { sells } = rights();
  const own = useQuery({ queryKey: ["merchants"], queryFn: api.merchants, enabled: sells, retry: false });
  const shop = own.data?.items[0];
  const filters = { ...filtersOf(params), ...(shop ? { merchant: shop.id } : {}) };
  const payments = useInfiniteQuery({
    queryKey: ["payments", "search", filters],
    queryFn: ({ pageParam }) => api.payments(searchOf(filters), pageParam),
    enabled: !sells || shop !== undefined,
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: lookAgainMs,
  });
  const items = payments.data?.pages.flatMap((page) => page.items) ?? [];
  const searching = params.size > 0;
  return (
    <Stack gap="lg">
      <div>
        <Title order={1} size="h2">
          Payments
        </Title>
        <Text c="dimmed">
          {shop ? `At ${shop.name}` : "At tills and pumps"}, newest first. Press one to see its history or to give money
          back.
        </Text>
      </div>
      {!own.error && <Filters key={params.toString()} params={params} onSearch={setParams} />}
      <Card padding={0}>
        {payments.isPending && !own.error && <Waiting label="Loading the payments" />}
        {own.error && <EmptyNote icon="till">You work at no merchant yet. Ask an operator to add you.</EmptyNote>}
        <ProblemNote error={payments.error} onRetry={() => void payments.refetch()} />
        {payments.isSuccess && items.length === 0 && (
          <EmptyNote icon="till">
            {searching ? "No payment matches. Take a condition away." : "No payments yet. Tills ask for the first one."}
          </EmptyNote>
        )}
        {items.length > 0 && <PaymentTable payments={items} />}
      </Card>
      {payments.hasNextPage && (
        <Group justify="center">
          <Button variant="default" loading={payments.isFetchingNextPage} onClick={() => void payments.fetchNextPage()}>
            Show earlier ones
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function Filters({ params, onSearch }: { params: URLSearchParams; onSearch: (params: URLSearchParams) => void }) {
  const navigate = useNavigate();
  const { reads } = rights();
  const [values, setValues] = useState(filtersOf(params));
  const [wrong, setWrong] = useState<string | null>(null);
  const put = (change: Partial<typeof values>) => setValues((before) => ({ ...before, ...change }));
  const search = (wanted: typeof values) =>
    onSearch(new URLSearchParams(Object.entries(wanted).filter(([, value]) => value !== "")));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (values.user && !isId(values.user)) return setWrong("A whole number of a person or payment is needed.");
    setWrong(null);
    if (!reads && values.user) return void open();
    search(values);
  };
  // One field takes both kinds of number: what is no payment is looked for as a person.
  const open = async () => {
    if (!isId(values.user)) return setWrong("A whole number of a payment is needed.");
    await navigate(`/payments/${values.user.trim()}`);
  };
  return (
    <Card component="search" padding="md">
      <form onSubmit={submit} noValidate>
        <div className="filters">
          <TextInput
            label={reads ? "Number of a person or payment" : "Number of a payment"}
            autoComplete="off"
            value={values.user}
            error={wrong}
            onChange={(event) => put({ user: event.currentTarget.value })}
            data-testid="filter-user"
          />
          {reads && (
            <TextInput
              label="Merchant"
              autoComplete="off"
              value={values.merchant}
              onChange={(event) => put({ merchant: event.currentTarget.value })}
              data-testid="filter-merchant"
            />
          )}
          <Select
            label="State"
            placeholder="Any"
            size="md"
            clearable
            data={states}
            value={values.status || null}
            onChange={(status) => put({ status: status ?? "" })}
            data-testid="filter-status"
          />
          <TextInput
            label="Day"
            type="date"
            value={values.day}
            error={values.day && !dayBounds(values.day) ? "Choose a day." : undefined}
            onChange={(event) => put({ day: event.currentTarget.value })}
            data-testid="filter-day"
          />
        </div>
        <Group mt="md" gap="sm">
          <Button type="submit" size="sm" data-testid="filter-search">
            Search
          </Button>
          <Button
            size="sm"
            variant="default"
            disabled={!values.user}
            onClick={() => void open()}
            data-testid="filter-open"
          >
            Open as payment
          </Button>
          {params.size > 0 && (
            <Button size="sm" variant="subtle" onClick={() => onSearch(new URLSearchParams())}>
              Show all
            </Button>
          )}
        </Group>
      </form>
    </Card>
  );
}

export function PaymentTable({ payments }: { payments: Payment[] }) {
  const navigate = useNavigate();
  return (
    <Table.ScrollContainer minWidth={640} type="native" tabIndex={0} role="region" aria-label="Payments">
      <Table verticalSpacing="sm" horizontalSpacing="lg" highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>When</Table.Th>
            <Table.Th>Payer</Table.Th>
            <Table.Th>Merchant</Table.Th>
            <Table.Th ta="right">Amount</Table.Th>
            <Table.Th>State</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {payments.map((payment) => (
            <Table.Tr
              key={payment.id}
              className="pressable"
              onClick={() => void navigate(`/payments/${payment.id}`)}
              data-testid="payment"
              data-status={payment.status}
            >
              <Table.Td>
                <Link to={`/payments/${payment.id}`} onClick={(event) => event.stopPropagation()}>
                  {dayAndClock(payment.created_at)}
                </Link>
              </Table.Td>
              <Table.Td>
                <Who name={`person:${payment.user_id}`} />
              </Table.Td>
              <Table.Td>{payment.merchant_id}</Table.Td>
              <Table.Td ta="right" className="figures" fw={600}>
                {money(payment.amount.amount_minor, payment.amount.currency)}
              </Table.Td>
              <Table.Td>
                <PaymentBadge payment={payment} reader="operator" />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
