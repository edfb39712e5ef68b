import { Button, Card, Group, Stack, Text, Textarea, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { fieldErrors } from "../shared/api/problem";
import type { ClaimParty, PlateClaim } from "../shared/api/types";
import { midSentence } from "../shared/format";
import { Confirm, EmptyNote, ProblemNote, Waiting } from "../shared/ui/notes";
import { PlateTag } from "../shared/ui/PlateTag";
import { toast } from "../shared/ui/toasts";
import { api, rights, session } from "./operator";
import { usePlateClaims } from "./queues";
import { Who } from "./Who";

/** Plates that one person has registered and another one says are theirs. */
export function PlateClaims() {
  const claims = usePlateClaims();
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        Whose plate is it?
      </Title>
      <Card>
        {claims.isPending && <Waiting label="Loading the claims" />}
        <ProblemNote error={claims.error} onRetry={() => void claims.refetch()} />
        {claims.data?.items.length === 0 && <EmptyNote icon="car">Nobody claims a plate of somebody else.</EmptyNote>}
        <Stack gap="xl" aria-live="polite">
          {claims.data?.items.map((claim) => (
            <Claim key={claim.id} claim={claim} />
          ))}
        </Stack>
      </Card>
    </Stack>
  );
}

function Claim({ claim }: { claim: PlateClaim }) {
  const me = session.person?.id;
  const concerned = claim.claimant?.user_id === me || claim.owner?.user_id === me;
  return (
    <Stack gap="sm" data-testid="plate-claim" data-plate={claim.plate}>
      <Group gap="sm">
        <PlateTag plate={claim.plate} region={claim.region} />
        <Text size="sm" c="dimmed">
          Claimed {midSentence(claim.opened_at)}. Until it is decided, this plate asks before it pays.
        </Text>
      </Group>
      <div className="claim-parties">
        <Party title="Says that it is theirs" party={claim.claimant}>
          <blockquote className="quote">{claim.reason}</blockquote>
        </Party>
        <Party title="Has it registered" party={claim.owner}>
          {claim.registered_at && (
            <Text size="sm" c="dimmed">
              Since {midSentence(claim.registered_at).replace(/^on /, "")}
            </Text>
          )}
        </Party>
      </div>
      {rights().acts &&
        (concerned ? (
          <Text size="sm" c="dimmed" fs="italic">
            This concerns you. Another operator has to decide.
          </Text>
        ) : (
          <Decide claim={claim} />
        ))}
    </Stack>
  );
}

interface PartyProps {
  title: string;
  party: ClaimParty | null;
  children: React.ReactNode;
}

function Party({ title, party, children }: PartyProps) {
  return (
    <div>
      <Text size="xs" c="dimmed" fw={600}>
        {title}
      </Text>
      {party ? (
        <>
          <Text fw={600}>
            <Who name={`person:${party.user_id}`} />
          </Text>
          <Text size="sm" className="breaks">
            {party.email}
          </Text>
        </>
      ) : (
        <Text>Somebody erased</Text>
      )}
      {children}
    </div>
  );
}

type Outcome = "claimant" | "owner";

function Decide({ claim }: { claim: PlateClaim }) {
  const queries = useQueryClient();
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [reason, setReason] = useState("");
  const decide = useMutation({
    mutationFn: (to: Outcome) => api.resolveClaim(claim.id, { outcome: to, reason }),
    onSuccess: () => {
      setOutcome(null);
      toast("Decided", "Both see the decision and your words.", "plain");
    },
    onSettled: () => {
      for (const name of ["plate-claims", "audit"]) void queries.invalidateQueries({ queryKey: [name] });
    },
  });
  const [claimant, owner] = [claim.claimant?.name ?? "the claimant", claim.owner?.name ?? "its owner"];
  return (
    <>
      <Group gap="xs">
        <Button size="sm" onClick={() => setOutcome("claimant")} data-testid="claim-uphold">
          It belongs to {claimant}
        </Button>
        <Button size="sm" variant="default" onClick={() => setOutcome("owner")} data-testid="claim-reject">
          It stays with {owner}
        </Button>
      </Group>
      <Confirm
        opened={outcome !== null}
        title={outcome === "claimant" ? `Give the plate to ${claimant}?` : `Leave the plate with ${owner}?`}
        action="Decide"
        busy={decide.isPending}
        disabled={reason.trim().length < 10}
        error={fieldErrors(decide.error).reason ? null : decide.error}
        onConfirm={() => outcome && decide.mutate(outcome)}
        onClose={() => setOutcome(null)}
      >
        <Stack>
          {outcome === "claimant"
            ? `It leaves ${owner}'s account at once, with its drivers and limits, and ${claimant} has it.`
            : "The claim is closed and the plate pays as before."}
          <Textarea
            label="Why"
            description="Both read it."
            autosize
            minRows={2}
            maxLength={1000}
            value={reason}
            error={fieldErrors(decide.error).reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            data-testid="claim-decision"
          />
        </Stack>
      </Confirm>
    </>
  );
}
