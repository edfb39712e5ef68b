import { Button, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { cameraSentences, type useCamera } from "../shared/camera/useCamera";
import { Icon } from "../shared/ui/Icon";

interface CameraStageProps {
  camera: ReturnType<typeof useCamera>;
  hint: string;
  /** Something that stops the station whatever its camera does. */
  trouble: string | null;
  onTrouble: { label: string; run: () => void } | null;
  children?: ReactNode;
}

export function CameraStage({ camera, hint, trouble, onTrouble, children }: CameraStageProps) {
  const { state } = camera;
  const cameraTrouble = state.kind === "trouble" ? cameraSentences[state.trouble] : null;
  const wrong = trouble ?? cameraTrouble;
  const way = trouble ? onTrouble : { label: "Try again", run: camera.retry };
  return (
    <div className="stage">
      <video ref={camera.videoRef} muted playsInline aria-label="Camera picture" data-on={state.kind === "on"} />
      {wrong ? (
        <Stack className="stage-trouble" align="center" role="alert" data-testid="station-trouble">
          <Icon name="warning" size={48} />
          <Text size="lg" ta="center" maw={480}>
            {wrong}
          </Text>
          {way && (
            <Button size="md" variant="white" color="dark" onClick={way.run}>
              {way.label}
            </Button>
          )}
        </Stack>
      ) : (
        <>
          <svg className="corners" viewBox="0 0 100 100" aria-hidden="true">
            <path d="M2 18V10a8 8 0 0 1 8-8h8M82 2h8a8 8 0 0 1 8 8v8M98 82v8a8 8 0 0 1-8 8h-8M18 98h-8a8 8 0 0 1-8-8v-8" />
          </svg>
          <div className="stage-foot">
            <p className="stage-hint" role="status" aria-live="polite" data-testid="station-hint">
              {state.kind === "on" ? hint : "Starting the camera"}
            </p>
            {children}
          </div>
        </>
      )}
    </div>
  );
}
