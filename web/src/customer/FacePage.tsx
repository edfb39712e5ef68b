import { Alert, Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import type { SignedInPerson } from "../shared/api/types";
import { midSentence } from "../shared/format";
import { Icon } from "../shared/ui/Icon";
import { Confirm, ProblemNote, Waiting } from "../shared/ui/notes";
import { toast } from "../shared/ui/toasts";
import { api } from "./account";
import { AskConsent, ConsentGiven } from "./Consent";
import { EnrolFace } from "./EnrolFace";
import { ProveAlive } from "./ProveAlive";
import { useConsents, useFace } from "./queries";

const points = [
  "A camera at a gate or till looks for your face. When it knows you, the gate opens and your wallet pays.",
  "We keep numbers computed from your photos, encrypted with a key of your own. We keep no photos.",
  "You can withdraw at any time. Your face is then erased for good, and your wallet stays yours.",
];

export function FacePage({ person }: { person: SignedInPerson }) {
  const consents = useConsents();
  const face = useFace();
  const [replacing, setReplacing] = useState(false);
  const [proving, setProving] = useState(false);
  const consent = consents.data?.items.find((one) => one.purpose === "face" && !one.withdrawn_at);

  return (
    <Stack gap="lg">
      <Title order={1} size="h2">
        Your face
      </Title>
      <ProblemNote error={consents.error} onRetry={() => void consents.refetch()} />
      <ProblemNote error={face.error} onRetry={() => void face.refetch()} />
      {(consents.isPending || face.isPending) && <Waiting label="Loading" />}
      {consents.data && face.data && (
        <>
          {!consent && (
            <AskConsent
              person={person}
              purpose="face"
              title="May we recognise your face?"
              points={points}
              without="Without it this account keeps its wallet, but gates cannot know you."
            />
          )}
          {consent && face.data.enrolled && !replacing && !proving && (
            <Enrolled person={person} since={face.data.enrolled_at ?? null} onReplace={() => setReplacing(true)} />
          )}
          {consent && face.data.enrolled && !replacing && !face.data.enrol_again && (
            <Proof
              person={person}
              proved={face.data.liveness === "challenge"}
              proving={proving}
              onProving={setProving}
            />
          )}
          {consent && (!face.data.enrolled || replacing) && (
            <EnrolFace
              person={person}
              replacing={replacing}
              onDone={() => setReplacing(false)}
              onCancel={() => setReplacing(false)}
            />
          )}
          {consent && !proving && (
            <ConsentGiven
              person={person}
              consent={consent}
              to="face recognition"
              then="your face is then erased for good"
              done="Your face is erased. Your wallet stays as it is."
            >
              Your face is erased for good and gates no longer know you. If you are inside a station now, leave first or
              ask the staff to let you out.
            </ConsentGiven>
          )}
        </>
      )}
    </Stack>
  );
}

interface EnrolledProps {
  person: SignedInPerson;
  since: string | null;
  onReplace: () => void;
}

function Enrolled({ person, since, onReplace }: EnrolledProps) {
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const erase = useMutation({
    mutationFn: () => api.eraseFace(person.id),
    onSuccess: async () => {
      setAsking(false);
      toast("Face erased", "Gates no longer know you.", "plain");
      await queries.invalidateQueries({ queryKey: ["face"] });
    },
  });
  return (
    <Card data-testid="face-enrolled">
      <Stack>
        <Alert
          className="good-note"
          color="green"
          variant="light"
          icon={<Icon name="check" weight={2.4} />}
          title="Gates know your face"
        >
          {since ? `Added ${midSentence(since)}. ` : ""}Just look at the camera when you come to a gate.
        </Alert>
        <Group>
          <Button
            size="sm"
            variant="default"
            leftSection={<Icon name="camera" size={18} />}
            onClick={onReplace}
            data-testid="face-replace"
          >
            Replace
          </Button>
          <Button
            size="sm"
            variant="default"
            leftSection={<Icon name="trash" size={18} />}
            onClick={() => setAsking(true)}
            data-testid="face-erase"
          >
            Erase
          </Button>
        </Group>
      </Stack>
      <Confirm
        opened={asking}
        title="Erase your face?"
        action="Erase"
        busy={erase.isPending}
        error={erase.error}
        onConfirm={() => erase.mutate()}
        onClose={() => setAsking(false)}
      >
        This cannot be undone. Gates will no longer know you until you add your face again.
      </Confirm>
    </Card>
  );
}

interface ProofProps {
  person: SignedInPerson;
  proved: boolean;
  proving: boolean;
  onProving: (proving: boolean) => void;
}

/** Photos alone could be anybody's: a challenge before the camera lifts the limit that they leave. */
function Proof({ person, proved, proving, onProving }: ProofProps) {
  const end = useCallback(() => onProving(false), [onProving]);
  if (proving) return <ProveAlive person={person.id} onEnd={end} />;
  return (
    <Card data-testid="proof">
      <Stack gap="sm">
        <Title order={2} size="h4">
          {proved ? "You proved that it is you" : "Spend more with your face"}
        </Title>
        <Text size="sm">
          {proved
            ? "Gates and tills let your face spend up to the higher limit. A replaced face has to be proved again."
            : "A face from photos alone may spend only a little, since photos could be anybody's. Make two gestures " +
              "before the camera to lift that limit."}
        </Text>
        {!proved && (
          <Group>
            <Button
              size="sm"
              leftSection={<Icon name="shield" size={18} />}
              onClick={() => onProving(true)}
              data-testid="prove-start"
            >
              Prove that it is me
            </Button>
          </Group>
        )}
      </Stack>
    </Card>
  );
}
