import { useCallback, useEffect, useRef, useState } from "react";

export type CameraTrouble = "insecure" | "denied" | "none" | "busy" | "gone";

export type CameraState =
  | { kind: "off" }
  | { kind: "starting" }
  | { kind: "on" }
  | { kind: "trouble"; trouble: CameraTrouble };

export const cameraSentences: Readonly<Record<CameraTrouble, string>> = {
  insecure: "The camera works only on a secure address. Open this page with https, or on this computer as localhost.",
  denied: "The camera is not allowed. Allow it for this page in the browser's address bar, then try again.",
  none: "No camera was found. Connect one and try again, or use a photo instead.",
  busy: "The camera is used by another program. Close that program and try again.",
  gone: "The camera was disconnected. Connect it again and press Try again.",
};

/** Opens the camera onto a video element while `wanted`, and says in words what is wrong when it cannot. */
export function useCamera(wanted: boolean, size: { width: number; height: number }) {
  const videoRef = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<CameraState>({ kind: "off" });
  const [attempt, setAttempt] = useState(0);
  const { width, height } = size;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt opens the camera again.
  useEffect(() => {
    if (!wanted) {
      setState({ kind: "off" });
      return;
    }
    let stream: MediaStream | null = null;
    let over = false;
    setState({ kind: "starting" });
    openCamera(width, height)
      .then(async (opened) => {
        stream = opened;
        if (over) return stop(opened);
        for (const track of opened.getVideoTracks())
          track.addEventListener("ended", () => setState({ kind: "trouble", trouble: "gone" }));
        const video = videoRef.current;
        if (!video) return;
        video.srcObject = opened;
        await video.play().catch(() => {});
        if (!over) setState({ kind: "on" });
      })
      .catch((error: unknown) => {
        if (!over) setState({ kind: "trouble", trouble: troubleOf(error) });
      });
    return () => {
      over = true;
      if (stream) stop(stream);
    };
  }, [wanted, width, height, attempt]);

  const retry = useCallback(() => setAttempt((number) => number + 1), []);
  return { videoRef, state, retry };
}

async function openCamera(width: number, height: number): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("insecure", "SecurityError");
  const video = { facingMode: "user", width: { ideal: width }, height: { ideal: height } };
  return await navigator.mediaDevices.getUserMedia({ video, audio: false });
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function troubleOf(error: unknown): CameraTrouble {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "SecurityError") return "insecure";
  if (name === "NotAllowedError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "none";
  return "busy";
}
