import { Button, Card, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { fieldErrors } from "../../shared/api/problem";
import type { Site, SiteStaff } from "../../shared/fuel/types";
import { EmptyNote, ProblemNote, Waiting } from "../../shared/ui/notes";
import { toast } from "../../shared/ui/toasts";
import { sites } from "../operator";
import { FormProblem } from "./FormModal";

/** Who works at the site: they run it, and do not set it up. */
export function SiteStaffList({ site }: { site: Site }) {
  const queries = useQueryClient();
  const key = ["site", site.id, "staff"];
  const staff = useQuery({ queryKey: key, queryFn: () => sites.staff(site.id) });
  const dismiss = useMutation({
    mutationFn: (one: SiteStaff) => sites.dismissStaff(site.id, one.user_id),
    onSuccess: (_answer, one) => toast(`${one.display_name} works here no more`, "It counts at once.", "plain"),
    onSettled: () => queries.invalidateQueries({ queryKey: key }),
  });
  const manages = site.right === "manage";
  return (
    <div className="two-columns">
      <Card>
        <Title order={2} size="h4" mb="sm">
          Staff
        </Title>
        {staff.isPending && <Waiting label="Loading the staff" />}
        <ProblemNote error={staff.error ?? dismiss.error} onRetry={() => void staff.refetch()} />
        {staff.data?.items.length === 0 && <EmptyNote icon="people">Nobody works here yet.</EmptyNote>}
        <ul className="passages">
          {staff.data?.items.map((one) => (
            <li key={one.user_id} data-testid="site-staff">
              <div>
                <Text fw={600}>{one.display_name}</Text>
                <Text size="xs" c="dimmed">
                  since {new Date(one.since).toLocaleDateString()}
                </Text>
              </div>
              {manages && (
                <Button
                  size="compact-sm"
                  variant="subtle"
                  color="red"
                  loading={dismiss.isPending && dismiss.variables.user_id === one.user_id}
                  onClick={() => dismiss.mutate(one)}
                >
                  Dismiss
                </Button>
              )}
            </li>
          ))}
        </ul>
      </Card>
      {manages && <AskSomebody site={site} />}
    </div>
  );
}

/** The same is said of every address: who has an account is nobody else's business. */
function AskSomebody({ site }: { site: Site }) {
  const [email, setEmail] = useState("");
  const ask = useMutation({
    mutationFn: () => sites.askToWork(site.id, email.trim()),
    onSuccess: () => {
      toast("Asked", `If ${email.trim()} has an account, they find it in their app.`, "plain");
      setEmail("");
    },
  });
  const wrong = fieldErrors(ask.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    ask.mutate();
  };
  return (
    <Card>
      <form onSubmit={submit} noValidate>
        <Stack>
          <Title order={2} size="h4">
            Ask somebody to work here
          </Title>
          <Text size="sm" c="dimmed">
            They close pumps, take deliveries and deal with cars. They say yes in their own app, within two weeks; an
            admin gives them the role of the forecourt, too.
          </Text>
          <TextInput
            label="Their e-mail address"
            type="email"
            autoComplete="off"
            value={email}
            error={wrong.email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            data-testid="staff-email"
          />
          <FormProblem error={ask.error} />
          <Group>
            <Button type="submit" loading={ask.isPending} data-testid="staff-ask">
              Ask
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}
