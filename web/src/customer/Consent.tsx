import { Button, Card, Checkbox, Group, List, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { Consent, SignedInPerson } from "../shared/api/types";
import { midSentence } from "../shared/format";
import { Confirm, ProblemNote } from "../shared/ui/notes";
import { toast } from "../shared/ui/toasts";
import { api } from "./account";
import { useConsentText } from "./queries";

interface AskProps {
  person: SignedInPerson;
  purpose: string;
  title: string;
  /** What it means, in short. */
  points: readonly string[];
  /** What stays out of reach for whoever does not agree. */
  without: string;
}

/** Shows what somebody would agree to, and takes their yes. */
export function AskConsent({ person, purpose, title, points, without }: AskProps) {
  const queries = useQueryClient();
  const [read, setRead] = useState(false);
  const wording = useConsentText(purpose);
  const grant = useMutation({
    mutationFn: () => api.grantConsent(person.id, purpose),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["consents"] }),
  });
  return (
    <Card data-testid="consent">
      <Stack>
        <Title order={2} size="h4">
          {title}
        </Title>
        <List spacing="xs" size="sm">
          {points.map((point) => (
            <List.Item key={point}>{point}</List.Item>
          ))}
        </List>
        {wording.data && (
          <blockquote className="wording">
            <Text size="sm">{wording.data.text}</Text>
            <Text size="xs" c="dimmed" mt={4}>
              Wording {wording.data.version}
            </Text>
          </blockquote>
        )}
        <ProblemNote error={wording.error} onRetry={() => void wording.refetch()} />
        <Checkbox
          label="I have read this and agree to it."
          checked={read}
          onChange={(event) => setRead(event.currentTarget.checked)}
          data-testid="consent-read"
        />
        <ProblemNote error={grant.error} />
        <Button
          disabled={!read || !wording.data}
          loading={grant.isPending}
          onClick={() => grant.mutate()}
          data-testid="consent-give"
        >
          I agree
        </Button>
        <Text size="xs" c="dimmed">
          Agreeing is your choice. {without}
        </Text>
      </Stack>
    </Card>
  );
}

interface GivenProps {
  person: SignedInPerson;
  consent: Consent;
  /** What was agreed to, inside a sentence. */
  to: string;
  /** What a withdrawal does, inside a sentence. */
  then: string;
  /** What it has done. */
  done: string;
  /** What it will do, before it is done. */
  children: ReactNode;
}

/** A consent that stands, with the way to withdraw it. */
export function ConsentGiven({ person, consent, to, then, done, children }: GivenProps) {
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const withdraw = useMutation({
    mutationFn: () => api.withdrawConsent(person.id, consent.purpose),
    onSuccess: async () => {
      setAsking(false);
      toast("Consent withdrawn", done, "plain");
      await queries.invalidateQueries();
    },
  });
  return (
    <Card data-testid="consent-given">
      <Stack gap="sm">
        <Title order={2} size="h4">
          Your consent
        </Title>
        <Text size="sm">
          You agreed to {to} {midSentence(consent.granted_at)} (wording {String(consent.version)}). You can withdraw at
          any time; {then}.
        </Text>
        <Group>
          <Button variant="default" size="sm" onClick={() => setAsking(true)} data-testid="consent-withdraw">
            Withdraw consent
          </Button>
        </Group>
      </Stack>
      <Confirm
        opened={asking}
        title="Withdraw your consent?"
        action="Withdraw and erase"
        busy={withdraw.isPending}
        error={withdraw.error}
        onConfirm={() => withdraw.mutate()}
        onClose={() => setAsking(false)}
      >
        {children}
      </Confirm>
    </Card>
  );
}
