import { Button, Card, FileButton, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { newId } from "../shared/api/ids";
import { askAgain } from "../shared/api/pendingWrites";
import { ApiProblem } from "../shared/api/problem";
import { modestPicture } from "../shared/camera/capture";
import { Icon } from "../shared/ui/Icon";
import { ProblemNote } from "../shared/ui/notes";

interface Question {
  key: string;
  picture: Blob;
  address: string;
}

interface PhotoAskProps<A> {
  ask: (key: string, picture: Blob) => Promise<A>;
  onAnswer: (answer: A) => void;
}

/** Asks about a chosen photo. The question keeps its key until it is answered, also when sent again by hand. */
export function PhotoAsk<A>({ ask, onAnswer }: PhotoAskProps<A>) {
  const [question, setQuestion] = useState<Question | null>(null);
  const asking = useMutation({
    mutationFn: (about: Question) => askAgain(() => ask(about.key, about.picture)),
    onSuccess: onAnswer,
  });
  const choose = async (file: File | null) => {
    if (!file) return;
    const picture = await modestPicture(file);
    const next = { key: newId(), picture, address: URL.createObjectURL(picture) };
    setQuestion(next);
    asking.mutate(next);
  };
  // A picture that was refused is refused again; only one without an answer is worth repeating.
  const lost = asking.error instanceof ApiProblem && asking.error.unanswered;
  const address = question?.address;
  useEffect(() => {
    return () => {
      if (address) URL.revokeObjectURL(address);
    };
  }, [address]);

  return (
    <Card className="photo-ask" data-testid="photo-ask">
      <Stack align="center">
        {question ? (
          <img className="photo-chosen" src={question.address} alt="Chosen" />
        ) : (
          <span className="photo-none">
            <Icon name="photo" size={56} weight={1.3} />
          </span>
        )}
        <Text c="dimmed" ta="center">
          Choose a photo of the person at this station. It is asked about at once and not kept.
        </Text>
        <FileButton
          onChange={(file) => void choose(file)}
          accept="image/jpeg,image/png,image/webp"
          inputProps={{ "aria-label": "Photo of the person", ...testId }}
        >
          {(props) => (
            <Button {...props} size="lg" loading={asking.isPending} leftSection={<Icon name="photo" />}>
              Choose a photo
            </Button>
          )}
        </FileButton>
        <ProblemNote error={asking.error} {...(question && lost ? { onRetry: () => asking.mutate(question) } : {})} />
      </Stack>
    </Card>
  );
}

const testId = { "data-testid": "photo-file" } as Record<string, string>;
