import { Button, Card, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { SiteInvitation } from "../shared/api/types";
import { day } from "../shared/format";
import { ProblemNote } from "../shared/ui/notes";
import { toast } from "../shared/ui/toasts";
import { api } from "./account";
import { useSiteInvitations } from "./queries";

/** Filling stations that ask this person to work there. */
export function SiteInvitations() {
  const invitations = useSiteInvitations();
  return (
    <div aria-live="polite">
      {invitations.data?.items.map((invitation) => (
        <Invitation key={invitation.site_id} invitation={invitation} />
      ))}
    </div>
  );
}

function Invitation({ invitation }: { invitation: SiteInvitation }) {
  const queries = useQueryClient();
  const settle = { onSettled: () => queries.invalidateQueries({ queryKey: ["site-invitations"] }) };
  const accept = useMutation({
    mutationFn: () => api.acceptSite(invitation.site_id),
    onSuccess: () =>
      toast(
        `You work at ${invitation.site_name}`,
        "Sign in at the console to see it, once an admin gave you the role.",
      ),
    ...settle,
  });
  const decline = useMutation({ mutationFn: () => api.declineSite(invitation.site_id), ...settle });
  return (
    <Card className="travelling" data-testid="site-invitation">
      <Stack gap="sm">
        <Text fw={700}>Work at {invitation.site_name}?</Text>
        <Text size="sm">
          You would look after its pumps and deal with its cars. If you work at another filling station, you leave it by
          saying yes. The offer stands until {day(invitation.until)}.
        </Text>
        <ProblemNote error={accept.error ?? decline.error} />
        <Group>
          <Button loading={accept.isPending} onClick={() => accept.mutate()} data-testid="site-invitation-accept">
            Yes, I work there
          </Button>
          <Button variant="default" loading={decline.isPending} onClick={() => decline.mutate()}>
            No, thank you
          </Button>
        </Group>
      </Stack>
    </Card>
  );
}
