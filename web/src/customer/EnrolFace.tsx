import { Button, Card, Group, SegmentedControl, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiProblem } from "../shared/api/problem";
import type { SignedInPerson } from "../shared/api/types";
import { ProblemNote } from "../shared/ui/notes";
import { toast } from "../shared/ui/toasts";
import { api } from "./account";
import { EnrolCamera } from "./EnrolCamera";
import { ChoosePhotos, type Photo, PhotoList } from "./Photos";

interface EnrolFaceProps {
  person: SignedInPerson;
  replacing: boolean;
  onDone: () => void;
  onCancel: () => void;
}

/** Collects one to five photos by camera or from files and enrols them together. */
export function EnrolFace({ person, replacing, onDone, onCancel }: EnrolFaceProps) {
  const queries = useQueryClient();
  const [way, setWay] = useState("camera");
  const [photos, setPhotos] = useState<Photo[]>([]);
  const enrol = useMutation({
    mutationFn: () =>
      api.enrolFace(
        person.id,
        photos.map((photo) => photo.picture),
      ),
    onSuccess: async (answer) => {
      const used = answer.images_used === 1 ? "One photo" : `${answer.images_used} photos`;
      toast("Your face is added", `${used} used. Gates know you from now on.`);
      drop(photos);
      await queries.invalidateQueries({ queryKey: ["face"] });
      onDone();
    },
  });
  const change = (next: Photo[]) => {
    enrol.reset();
    drop(photos.filter((photo) => !next.includes(photo)));
    setPhotos(next);
  };
  const advice = adviceByPhoto(enrol.error);

  return (
    <Card data-testid="enrol">
      <Stack>
        <Title order={2} size="h4">
          {replacing ? "Replace your face" : "Add your face"}
        </Title>
        <Text size="sm" c="dimmed">
          Be alone in the picture, look straight ahead, with light from the front and without sunglasses.
        </Text>
        <SegmentedControl
          fullWidth
          value={way}
          onChange={(value) => {
            change([]);
            setWay(value);
          }}
          data={[
            { value: "camera", label: "Use the camera" },
            { value: "files", label: "Choose photos" },
          ]}
          aria-label="How to add your face"
          data-testid="enrol-way"
        />
        {way === "camera" && photos.length === 0 && <EnrolCamera onPhotos={change} />}
        {way === "files" && <ChoosePhotos photos={photos} onPhotos={change} />}
        {photos.length > 0 && (
          <>
            <PhotoList photos={photos} advice={advice} onPhotos={change} />
            <ProblemNote error={enrol.error} />
            <Group>
              <Button loading={enrol.isPending} onClick={() => enrol.mutate()} data-testid="enrol-send">
                {photos.length === 1 ? "Use this photo" : `Use these ${photos.length} photos`}
              </Button>
              {way === "camera" && (
                <Button
                  variant="default"
                  disabled={enrol.isPending}
                  onClick={() => change([])}
                  data-testid="enrol-again"
                >
                  Take again
                </Button>
              )}
            </Group>
          </>
        )}
        {replacing && (
          <Button variant="subtle" size="sm" onClick={onCancel}>
            Keep the present one
          </Button>
        )}
      </Stack>
    </Card>
  );
}

function drop(photos: Photo[]): void {
  for (const photo of photos) URL.revokeObjectURL(photo.address);
}

/** The server names photos by their place in the request, for instance image[1]; places start at 0. */
function adviceByPhoto(error: unknown): Map<number, string> {
  const advice = new Map<number, string>();
  if (!(error instanceof ApiProblem)) return advice;
  for (const [field, messages] of Object.entries(error.errors)) {
    const place = /(\d+)/.exec(field)?.[1];
    if (place !== undefined && messages[0])
      advice.set(Number(place), messages[0].replace(/^Photo \d+ /, "This photo "));
  }
  return advice;
}
