import { Button, Card, FileButton, Group, SegmentedControl, Stack, Switch, Text, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { newId } from "../../shared/api/ids";
import { sentenceOf } from "../../shared/api/problem";
import type { StationApi } from "../../shared/api/server";
import { takePicture, trembling } from "../../shared/camera/capture";
import { cameraSentences, useCamera } from "../../shared/camera/useCamera";
import type { PumpSighting } from "../../shared/fuel/types";
import { Icon } from "../../shared/ui/Icon";
import type { LineEntry } from "./usePump";

type Source = "photo" | "video" | "webcam";

interface PumpCameraProps {
  station: StationApi;
  onSeen: (text: string, tone: LineEntry["tone"]) => void;
}

const size = { width: 1280, height: 960 };
const lookEveryMs = 1_000;

/**
 * The camera over the pump: a photo, a film or this device's own camera. While it looks, it shows what it sees, and a
 * photo as a camera would show its car: no frame is like the one before.
 */
export function PumpCamera({ station, onSeen }: PumpCameraProps) {
  const [source, setSource] = useState<Source>("photo");
  const [looking, setLooking] = useState(false);
  const [file, setFile] = useState<{ address: string; scene: ImageBitmap | null } | null>(null);
  const [seen, setSeen] = useState<{ text: string; tone: LineEntry["tone"] } | null>(null);
  const camera = useCamera(source === "webcam", size);
  const film = useRef<HTMLVideoElement>(null);
  const show = useMutation({
    mutationFn: (picture: Blob) => station.pumpSighting(newId(), picture),
    onSuccess: (answer) => say(wordsOf(answer), toneOf(answer)),
    onError: (error) => say(sentenceOf(error), "bad"),
  });
  const told = useRef("");
  // What stays as it is is no news for the line.
  const say = (text: string, tone: LineEntry["tone"]) => {
    setSeen({ text, tone });
    if (told.current !== text) onSeen(`camera: ${text}`, tone);
    told.current = text;
  };
  const count = useRef(0);
  const frame = useRef<() => Promise<Blob | null>>(async () => null);
  frame.current = async () => {
    if (source === "photo") return file?.scene ? await trembling(file.scene, count.current++, size) : null;
    const video = source === "video" ? film.current : camera.videoRef.current;
    return video ? await takePicture(video, size.width, size.height, 0.9) : null;
  };
  const { mutateAsync } = show;
  useEffect(() => {
    if (!looking) return;
    let over = false;
    // One picture is under way at a time: frames are cheap to drop.
    const look = async () => {
      while (!over) {
        const picture = await frame.current();
        if (picture && !over) await mutateAsync(picture).catch(() => {});
        await new Promise((done) => setTimeout(done, lookEveryMs));
      }
    };
    void look();
    return () => {
      over = true;
    };
  }, [looking, mutateAsync]);
  useEffect(() => {
    return () => {
      if (!file) return;
      URL.revokeObjectURL(file.address);
      file.scene?.close();
    };
  }, [file]);
  const choose = async (chosen: File | null) => {
    if (!chosen) return;
    const address = URL.createObjectURL(chosen);
    const scene = source === "photo" ? await createImageBitmap(chosen).catch(() => null) : null;
    setFile({ address, scene });
    told.current = "";
    // A car that is in sight stands there; what this browser cannot read the server is asked about.
    setLooking(scene !== null);
    if (source === "photo" && !scene) show.mutate(chosen);
  };
  const turn = (to: Source) => {
    setSource(to);
    setFile(null);
    setLooking(false);
    setSeen(null);
  };
  const ready = source === "webcam" ? camera.state.kind === "on" : file !== null;
  return (
    <Card>
      <Stack gap="sm">
        <Title order={2} size="h5">
          Camera
        </Title>
        <SegmentedControl
          value={source}
          onChange={(value) => turn(value as Source)}
          aria-label="What the camera sees"
          data={[
            { value: "photo", label: "Photo" },
            { value: "video", label: "Film" },
            { value: "webcam", label: "This camera" },
          ]}
        />
        <div className="pump-view">
          {source === "photo" && file && <img src={file.address} alt="What the camera sees" />}
          {source === "video" && file && (
            <video ref={film} src={file.address} muted loop playsInline autoPlay aria-label="What the camera sees" />
          )}
          {source === "webcam" && <video ref={camera.videoRef} muted playsInline aria-label="What the camera sees" />}
          {!ready && (
            <span className="pump-view-none">
              <Icon name="camera" size={44} weight={1.3} />
              {camera.state.kind === "trouble" ? cameraSentences[camera.state.trouble] : "No car in sight."}
            </span>
          )}
        </div>
        {source !== "webcam" && (
          <FileButton
            onChange={(chosen) => void choose(chosen)}
            accept={source === "video" ? "video/*" : "image/jpeg,image/png,image/webp"}
            inputProps={{ "aria-label": source === "video" ? "Film of a car" : "Photo of a car", ...testId }}
            key={source}
          >
            {(props) => (
              <Button {...props} variant="default" loading={show.isPending && !looking}>
                {source === "video" ? "Choose a film" : "Choose a photo of a car"}
              </Button>
            )}
          </FileButton>
        )}
        <Group justify="space-between">
          <Switch
            label="The car stands there"
            description="A picture every second."
            checked={looking}
            disabled={!ready}
            onChange={(event) => setLooking(event.currentTarget.checked)}
            data-testid="pump-look"
          />
        </Group>
        {seen && (
          <Text className="pump-seen" data-tone={seen.tone} role="status" data-testid="pump-seen">
            {seen.text}
          </Text>
        )}
      </Stack>
    </Card>
  );
}

const testId = { "data-testid": "pump-file" } as Record<string, string>;

const words: Readonly<Record<string, string>> = {
  ok: "Car known",
  no_plate: "No number plate in sight",
  several_plates: "Several number plates in sight",
  plate_unclear: "The number plate cannot be read",
  unknown_plate: "Nobody here has this number plate",
  ambiguous: "More than one car may have this number plate",
  at_another_pump: "This car stands at another pump",
};

const wordsOf = ({ reason, plate }: PumpSighting) => `${words[reason] ?? reason}${plate ? `: ${plate}` : ""}`;

const toneOf = ({ decision }: PumpSighting): LineEntry["tone"] =>
  decision === "accept" ? "good" : decision === "ask" ? "plain" : "bad";
