import { Alert, Button, Progress, Stack } from "@mantine/core";
import { type RefObject, useEffect, useRef, useState } from "react";
import { glance, takePicture } from "../shared/camera/capture";
import { faceFinder } from "../shared/camera/faceFinder";
import { type Advice, adviceOn, difference, type Grey, measure } from "../shared/camera/measure";
import { cameraSentences, useCamera } from "../shared/camera/useCamera";
import { Icon } from "../shared/ui/Icon";
import { type Photo, photoOf } from "./Photos";

const words: Record<Advice, string> = {
  too_dark: "Too dark: turn to the light",
  too_bright: "Too bright: turn away from the light",
  no_face: "Put your face into the oval",
  come_closer: "Come closer",
  hold_still: "Hold still",
  blurred: "Blurred: wipe the lens, hold still",
  good: "Good: look into the camera",
};

const size = { width: 1280, height: 960 };
const photosWanted = 3;
const spacingMs = 700;
/** A view that never becomes good (an odd camera, a dim room) is taken all the same; the server is the judge. */
const patienceMs = 5_000;

/** The camera with an oval to fit the face into, one advice at a time, and three photos over about two seconds. */
export function EnrolCamera({ onPhotos }: { onPhotos: (photos: Photo[]) => void }) {
  const [wanted, setWanted] = useState(false);
  const [taken, setTaken] = useState<Photo[] | null>(null);
  const camera = useCamera(wanted, size);
  const advice = useAdvice(camera.videoRef, camera.state.kind === "on");
  const latest = useRef<Advice | null>(null);
  latest.current = advice;

  const seen = useRef(false);
  useEffect(() => {
    seen.current = true;
    return () => {
      seen.current = false;
    };
  }, []);

  const shoot = async () => {
    const photos: Photo[] = [];
    setTaken(photos);
    for (let number = 0; number < photosWanted; number++) {
      if (number > 0) await sleep(spacingMs);
      await goodView(latest);
      const video = camera.videoRef.current;
      const picture = video && (await takePicture(video, size.width, size.height, 0.92));
      if (picture) photos.push(photoOf(picture));
      setTaken([...photos]);
    }
    setTaken(null);
    if (seen.current && photos.length > 0) onPhotos(photos);
  };

  const on = camera.state.kind === "on";
  return (
    <Stack>
      <div className="viewfinder" hidden={!wanted}>
        <video ref={camera.videoRef} muted playsInline aria-label="Camera picture" />
        <svg className="oval" viewBox="0 0 300 300" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
          <path fillRule="evenodd" fill="rgb(12 14 19 / 55%)" d="M-300-300h900v900h-900zM150 26a84 107 0 1 0 .01 0z" />
          <ellipse
            cx="150"
            cy="133"
            rx="84"
            ry="107"
            fill="none"
            strokeWidth="4"
            stroke={advice === "good" ? "#3ddc84" : "#fff"}
          />
        </svg>
        <div
          className="advice"
          role="status"
          aria-live="polite"
          data-good={advice === "good"}
          data-testid="enrol-advice"
        >
          {on ? words[advice ?? "hold_still"] : "Starting the camera"}
        </div>
      </div>
      {camera.state.kind === "trouble" && (
        <Alert color="red" variant="light" role="alert" icon={<Icon name="warning" />}>
          {cameraSentences[camera.state.trouble]}
        </Alert>
      )}
      {taken && <Progress value={(taken.length / photosWanted) * 100} aria-label="Photos taken" animated />}
      {!wanted && (
        <Button leftSection={<Icon name="camera" />} onClick={() => setWanted(true)} data-testid="enrol-start">
          Start the camera
        </Button>
      )}
      {wanted && camera.state.kind === "trouble" && (
        <Button variant="default" onClick={camera.retry}>
          Try again
        </Button>
      )}
      {on && (
        <Button
          leftSection={<Icon name="camera" />}
          loading={taken !== null}
          onClick={() => void shoot()}
          data-testid="enrol-take"
        >
          Take the photos
        </Button>
      )}
    </Stack>
  );
}

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

async function goodView(advice: RefObject<Advice | null>): Promise<void> {
  for (let waitedMs = 0; advice.current !== "good" && waitedMs < patienceMs; waitedMs += 100) await sleep(100);
}

/** Looks at the middle of the picture a few times a second. An advice stays until another one was right twice. */
function useAdvice(videoRef: RefObject<HTMLVideoElement | null>, on: boolean): Advice | null {
  const [advice, setAdvice] = useState<Advice | null>(null);
  useEffect(() => {
    if (!on) return setAdvice(null);
    const faceShareOf = faceFinder();
    let before: Grey | null = null;
    let candidate: Advice | null = null;
    let busy = false;
    const timer = setInterval(async () => {
      const video = videoRef.current;
      if (!video || busy) return;
      busy = true;
      const faceShare = await faceShareOf(video);
      const now = glance(video, 120, 120, 0.6);
      if (now) {
        const view = { ...measure(now), motion: before ? difference(now, before) : 255, faceShare };
        const next = adviceOn(view);
        if (next === candidate) setAdvice(next);
        candidate = next;
        before = now;
      }
      busy = false;
    }, 150);
    return () => clearInterval(timer);
  }, [videoRef, on]);
  return advice;
}
