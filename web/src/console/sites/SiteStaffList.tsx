import { Button, Card, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Site, SiteStaff } from "../../shared/fuel/types";
import { EmptyNote, ProblemNote, Waiting } from "../../shared/ui/notes";
import { toast } from "../../shared/ui/toasts";
import { sites } from "../operator";

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
      {manages && <NameStaff site={site} />}
    </div>
  );
}

function NameStaff({ site }: { site: Site }) {
  const queries = useQueryClient();
  const [user, setUser] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const name = useMutation({
    mutationFn: (id: string) => sites.nameStaff(site.id, id),
    onSuccess: (one) => {
      toast(`${one.display_name} works here`, "It counts at once.", "plain");
      setUser("");
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["site", site.id, "staff"] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const id = user.trim();
    const whole = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);
    setWrong(whole ? null : "Paste the whole number of their account.");
    if (whole) name.mutate(id);
  };
  return (
    <Card>
      <form onSubmit={submit} noValidate>
        <Stack>
          <Title order={2} size="h4">
            Name somebody
          </Title>
          <Text size="sm" c="dimmed">
            They close pumps, take deliveries and deal with cars. An admin gives them the role of the forecourt, too.
          </Text>
          <TextInput
            label="Number of their account"
            autoComplete="off"
            value={user}
            error={wrong}
            onChange={(event) => setUser(event.currentTarget.value)}
            data-testid="staff-user"
          />
          <ProblemNote error={name.error} />
          <Group>
            <Button type="submit" loading={name.isPending} data-testid="staff-save">
              They work here
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}
