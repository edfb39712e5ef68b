import { Button } from "@mantine/core";
import { useCallback, useEffect, useMemo, useState } from "react";
import { sentenceOf } from "../shared/api/problem";
import { StationApi } from "../shared/api/server";
import type { GateAnswer } from "../shared/api/types";
import { CameraStage } from "./CameraStage";
import type { KioskProps } from "./credentials";
import { KioskFrame, type Mode } from "./KioskFrame";
import { PhotoAsk } from "./PhotoAsk";
import { StepUp } from "./StepUp";
import { useAsking } from "./useAsking";
import { useGateCamera } from "./useGateCamera";
import { VerdictScreen } from "./VerdictScreen";
import { gateVerdict, mayStepUp, type Verdict } from "./verdict";

const shownMs = 4_000;
/** Somebody who walked on without an answer does not hold up those behind them. */
const idleMs = 30_000;

/**
 * A gate: the camera asks by itself, and the answer fills the screen for a moment. Whom it is not sure of may say who
 * they are on the screen.
 */
export function GateKiosk({ credentials, onUnlink }: KioskProps) {
  const [mode, setMode] = useState<Mode>("camera");
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const { asked, ask, outlasts, paused } = useAsking();
  const byCamera = mode === "camera";
  const closed = verdict?.reason === "gate_closed";
  const onAnswer = useCallback(
    (answer: GateAnswer | null) => {
      const asks = answer !== null && mayStepUp(answer);
      ask(asks ? answer : null);
      setVerdict(asks ? null : answer && gateVerdict(answer));
    },
    [ask],
  );
  // Behind an answer only a closed gate goes on looking, and behind a question; so only these are taken back by a look.
  const onLook = useCallback(
    (answer: GateAnswer | null) => {
      if (!outlasts(answer)) onAnswer(answer);
    },
    [outlasts, onAnswer],
  );
  const lookAgain = useCallback(() => ask(null), [ask]);
  const gate = useGateCamera(credentials, byCamera, paused || (verdict !== null && !closed), onLook);
  const station = useMemo(() => new StationApi(credentials.station_id, credentials.station_key), [credentials]);

  useEffect(() => {
    if (!verdict || !byCamera || closed) return;
    const timer = setTimeout(() => setVerdict(null), shownMs);
    return () => clearTimeout(timer);
  }, [verdict, byCamera, closed]);

  const refused = gate.socket.kind === "refused" ? sentenceOf(gate.socket.problem) : null;
  const live = gate.socket.kind === "ready" ? "live" : gate.socket.kind === "refused" ? "off" : gate.socket.kind;
  const next = { label: "Next person", run: () => setVerdict(null) };
  return (
    <KioskFrame
      credentials={credentials}
      state={byCamera ? live : null}
      mode={mode}
      onMode={(value) => {
        setVerdict(null);
        ask(null);
        setMode(value);
      }}
      onUnlink={onUnlink}
    >
      {byCamera ? (
        <CameraStage
          camera={gate.camera}
          hint={gate.hint}
          trouble={refused}
          onTrouble={refused ? { label: "Unlink this screen", run: onUnlink } : null}
        >
          {gate.waiting && !verdict && (
            <Button size="md" variant="white" color="dark" onClick={gate.askNow} data-testid="ask-again">
              Ask again now
            </Button>
          )}
        </CameraStage>
      ) : (
        <PhotoAsk ask={station.gateSighting} onAnswer={onAnswer} />
      )}
      {asked && (
        <div className="step-up-cover">
          <StepUp
            key={asked.sighting_id}
            confirm={(key, proof) => station.confirmSighting<GateAnswer>(key, asked.sighting_id, proof)}
            onAnswer={onAnswer}
            onCancel={lookAgain}
            reason={asked.reason}
            idleMs={idleMs}
          />
        </div>
      )}
      <VerdictScreen verdict={verdict} {...(byCamera ? {} : { action: next })} />
    </KioskFrame>
  );
}
