import { useCallback, useEffect, useRef, useState } from "react";
import { sentenceOf } from "../shared/api/problem";
import type { GateAnswer } from "../shared/api/types";
import { glance, takePicture } from "../shared/camera/capture";
import { useCamera } from "../shared/camera/useCamera";
import type { Credentials } from "./credentials";
import { Presence } from "./Presence";
import { type SocketState, StationSocket } from "./StationSocket";
import { hintFor, passing } from "./verdict";

const size = { width: 640, height: 480 };
const frameSpacingMs = 340;
const glanceMs = 100;

/**
 * Feeds the server with the newest frame whenever it grants one and the view is worth it; at most three a second.
 * `onAnswer` gets null for an answer about nobody.
 */
export function useGateCamera(
  credentials: Credentials,
  wanted: boolean,
  paused: boolean,
  onAnswer: (answer: GateAnswer | null) => void,
) {
  const camera = useCamera(wanted, size);
  const [socketState, setSocketState] = useState<SocketState>({ kind: "connecting" });
  const [hint, setHint] = useState("Look at the camera");
  const [waiting, setWaiting] = useState(false);
  const socket = useRef<StationSocket | null>(null);
  const presence = useRef(new Presence());
  const now = useRef({ paused, onAnswer });
  now.current = { paused, onAnswer };

  useEffect(() => {
    if (!wanted) return;
    presence.current.reset();
    const opened = new StationSocket({
      stationId: credentials.station_id,
      stationKey: credentials.station_key,
      onState: setSocketState,
      onProblem: (problem) => setHint(sentenceOf(problem)),
      onAnswer: (answer, frame) => {
        const reason = answer?.reason ?? "no_face";
        // A closed gate looks at nobody; it is asked slowly until it is open again.
        if (reason === "no_face" || reason === "gate_closed") presence.current.nobody(frame.view, Date.now());
        // After "ask" the next look may settle it, so only a settled answer waits for the next person.
        else if (!passing.has(reason) && answer?.decision !== "ask") presence.current.answered(frame.view);
        setHint(passing.has(reason) ? hintFor(reason) : "Look at the camera");
        now.current.onAnswer(passing.has(reason) ? null : answer);
      },
    });
    socket.current = opened;
    opened.start();
    return () => opened.stop();
  }, [wanted, credentials]);

  const on = camera.state.kind === "on";
  useEffect(() => {
    if (!on) return;
    let sentAtMs = 0;
    let busy = false;
    const look = async () => {
      const video = camera.videoRef.current;
      const view = video && glance(video, 32, 24, 0.8);
      if (!video || !view || now.current.paused || busy) return;
      const worth = presence.current.mayAsk(view, Date.now());
      setWaiting(presence.current.waiting);
      if (!worth || !socket.current?.free || Date.now() - sentAtMs < frameSpacingMs) return;
      busy = true;
      sentAtMs = Date.now();
      const picture = await takePicture(video, size.width, size.height, 0.8);
      if (picture) socket.current?.send(picture, view, sentAtMs);
      busy = false;
    };
    const timer = setInterval(() => void look(), glanceMs);
    return () => clearInterval(timer);
  }, [on, camera.videoRef]);

  const askNow = useCallback(() => presence.current.reset(), []);
  return { camera, socket: socketState, hint: waiting ? "Thank you. Please move on" : hint, waiting, askNow };
}
