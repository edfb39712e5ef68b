import { Button, Stack, Text } from "@mantine/core";
import decodeQR from "qr/decode.js";
import { useEffect, useRef } from "react";
import { pixelsOf } from "../shared/camera/capture";
import { cameraSentences, useCamera } from "../shared/camera/useCamera";
import { Icon } from "../shared/ui/Icon";
import { codeIn } from "./codeIn";

const size = { width: 640, height: 480 };
const lookMs = 200;

interface CodeReaderProps {
  busy: boolean;
  /** A code that the app shows; each comes once. */
  onCode: (code: string) => void;
}

/** Looks for the code on a customer's phone. Pictures are read here and go nowhere. */
export function CodeReader({ busy, onCode }: CodeReaderProps) {
  const camera = useCamera(true, size);
  const last = useRef("");
  const now = useRef({ busy, onCode });
  now.current = { busy, onCode };
  const on = camera.state.kind === "on";

  useEffect(() => {
    if (!on) return;
    const look = () => {
      const video = camera.videoRef.current;
      const pixels = video && !now.current.busy && pixelsOf(video, size.width, size.height);
      const code = pixels && codeIn(() => decodeQR(pixels));
      if (!code || code === last.current) return;
      last.current = code;
      now.current.onCode(code);
    };
    const timer = setInterval(look, lookMs);
    return () => clearInterval(timer);
  }, [on, camera.videoRef]);

  const { state } = camera;
  return (
    <div className="code-reader" data-testid="code-reader" data-busy={busy}>
      <video ref={camera.videoRef} muted playsInline aria-label="Camera picture" data-on={on} />
      {state.kind === "trouble" ? (
        <Stack className="stage-trouble" align="center" role="alert" data-testid="station-trouble">
          <Icon name="warning" size={40} />
          <Text ta="center">{cameraSentences[state.trouble]}</Text>
          <Button size="md" variant="white" color="dark" onClick={camera.retry}>
            Try again
          </Button>
        </Stack>
      ) : (
        <p className="code-hint">{busy ? "Checking" : on ? "Hold the code here" : "Starting the camera"}</p>
      )}
    </div>
  );
}
