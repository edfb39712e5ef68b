import { Alert, Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { takePicture } from "../shared/camera/capture";
import { cameraSentences, useCamera } from "../shared/camera/useCamera";
import { Icon } from "../shared/ui/Icon";
import { ProblemNote } from "../shared/ui/notes";
import { toast } from "../shared/ui/toasts";
import { api } from "./account";
import { type ChallengeNews, ChallengeSocket, type ChallengeStep } from "./ChallengeSocket";

const steps: Record<ChallengeStep, string> = {
  blink: "Close your eyes for a moment",
  turn_left: "Turn your head to your left, and back",
  turn_right: "Turn your head to your right, and back",
  nod: "Nod: chin down, and up again",
  mouth: "Open your mouth, and close it",
};

const hints: Record<string, string> = {
  no_face: "Put your face into the oval",
  several_faces: "Be alone in the picture",
  come_closer: "Come closer",
  look_straight: "Look into the camera",
  hold_still: "Look into the camera, hold still",
  more_light: "Turn to the light",
};

const failures: Record<string, string> = {
  timed_out: "That took too long, or the gesture was not seen. Good light from the front helps.",
  face_lost: "Your face left the picture.",
  face_changed: "The face changed or moved too fast. Stay before the camera, alone.",
  not_the_enrolled_face: "This does not look like the face that was added here. Replace it with new photos first.",
  face_replaced: "The face was replaced meanwhile.",
  connection_lost: "The connection was lost.",
};

const size = { width: 640, height: 480 };

/** Two gestures before the camera, drawn and judged by the server: passed, the face may spend more. */
export function ProveAlive({ person, onEnd }: { person: string; onEnd: () => void }) {
  const queries = useQueryClient();
  const camera = useCamera(true, size);
  const [news, setNews] = useState<ChallengeNews>({ kind: "connecting" });
  const [error, setError] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  const on = camera.state.kind === "on";

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt begins another challenge.
  useEffect(() => {
    if (!on) return;
    setError(null);
    const socket = new ChallengeSocket({
      ticket: () => api.challengeTicket(person),
      frame: async () => {
        const video = camera.videoRef.current;
        return video ? await takePicture(video, size.width, size.height, 0.85) : null;
      },
      onNews: setNews,
    });
    socket.start().catch(setError);
    return () => socket.stop();
  }, [on, attempt, person]);

  useEffect(() => {
    if (news.kind !== "passed") return;
    toast("Proved", "Your face may spend more from now on.");
    void queries.invalidateQueries({ queryKey: ["face"] });
    void queries.invalidateQueries({ queryKey: ["limits"] });
    onEnd();
  }, [news.kind, queries, onEnd]);

  const again = () => {
    setNews({ kind: "connecting" });
    setAttempt((number) => number + 1);
  };
  return (
    <Card data-testid="prove-alive">
      <Stack>
        <Title order={2} size="h4">
          Prove that you are there
        </Title>
        <div className="asked" role="status" aria-live="assertive" data-state={news.kind} data-testid="prove-advice">
          {wordsOf(news)}
        </div>
        {/* Over: what follows is to be seen without scrolling. */}
        <div className="viewfinder" hidden={news.kind === "failed"}>
          <video ref={camera.videoRef} muted playsInline aria-label="Camera picture" />
          <svg className="oval" viewBox="0 0 300 300" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
            <ellipse cx="150" cy="143" rx="84" ry="107" fill="none" strokeWidth="4" stroke="#fff" />
          </svg>
          {news.kind === "asks" && <Dots done={news.done} />}
        </div>
        {camera.state.kind === "trouble" && (
          <Alert color="red" variant="light" role="alert" icon={<Icon name="warning" />}>
            {cameraSentences[camera.state.trouble]}
          </Alert>
        )}
        {news.kind === "failed" && (
          <Alert color="yellow" variant="light" role="alert" icon={<Icon name="warning" />} data-testid="prove-failed">
            {failures[news.code] ?? "That could not be judged."}
          </Alert>
        )}
        <ProblemNote error={error} />
        <Text size="sm" c="dimmed">
          Two gestures, drawn anew each time. None of the pictures is stored.
        </Text>
        <Group>
          {(news.kind === "failed" || error !== null) && (
            <Button onClick={again} data-testid="prove-again">
              Try again
            </Button>
          )}
          {camera.state.kind === "trouble" && <Button onClick={camera.retry}>Try the camera again</Button>}
          <Button variant="default" onClick={onEnd}>
            {news.kind === "failed" ? "Leave it" : "Cancel"}
          </Button>
        </Group>
      </Stack>
    </Card>
  );
}

function Dots({ done }: { done: number }) {
  return (
    <div className="dots" role="img" aria-label={`${done} of 2 done`}>
      {[0, 1].map((place) => (
        <span key={place} data-done={place < done} />
      ))}
    </div>
  );
}

function wordsOf(news: ChallengeNews): string {
  if (news.kind === "connecting") return "One moment";
  if (news.kind !== "asks") return news.kind === "passed" ? "Done" : "Not proved";
  const hint = news.hint && hints[news.hint];
  return hint ?? (news.step ? steps[news.step] : "Look into the camera, hold still");
}
