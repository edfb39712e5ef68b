import { useCallback, useEffect, useRef, useState } from "react";
import type { GateAnswer } from "../shared/api/types";
import { mayStepUp } from "./verdict";

/** Long enough to see that one is asked; then the camera looks again. */
const restMs = 2_500;
/**
 * So many looks in a row at nobody mean that they walked on. After a rest the server looks twice before it asks again,
 * and one look may be a hand before the face.
 */
const nobodyMin = 5;

/**
 * Somebody is asked who they are. Until they touch the screen the camera goes on looking now and then: the next look
 * may settle it, or see that they walked on. From the first touch on it waits for them.
 */
export function useAsking() {
  const [asked, setAsked] = useState<GateAnswer | null>(null);
  const [touched, setTouched] = useState(false);
  const [resting, setResting] = useState(false);
  const now = useRef({ asked, touched, nobody: 0 });
  now.current.asked = asked;

  useEffect(() => {
    now.current.nobody = 0;
    if (!asked) {
      now.current.touched = false;
      return setTouched(false);
    }
    setResting(true);
    const rest = setTimeout(() => setResting(false), restMs);
    const touch = () => {
      // At once, since the answer to a look may come before the next drawing.
      now.current.touched = true;
      setTouched(true);
    };
    addEventListener("pointerdown", touch);
    addEventListener("keydown", touch);
    return () => {
      clearTimeout(rest);
      removeEventListener("pointerdown", touch);
      removeEventListener("keydown", touch);
    };
  }, [asked]);

  /** Whether what the camera saw leaves the question as it is. */
  const outlasts = useCallback((answer: GateAnswer | null): boolean => {
    const { current } = now;
    if (!current.asked) return false;
    if (current.touched) return answer === null || mayStepUp(answer);
    if (answer !== null) return false;
    current.nobody += 1;
    return current.nobody < nobodyMin;
  }, []);

  return { asked, ask: setAsked, outlasts, paused: asked !== null && (touched || resting) };
}
