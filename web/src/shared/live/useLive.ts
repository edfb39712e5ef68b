import { useEffect, useRef, useState } from "react";
import type { LiveEvent } from "../api/types";
import { LiveFeed, type LiveState } from "./LiveFeed";

/** Follows live events while mounted; null as ticket source means nobody is signed in. */
export function useLive(
  ticket: (() => Promise<string>) | null,
  onEvent: (event: LiveEvent) => void,
  onConnected: () => void,
): LiveState {
  const [state, setState] = useState<LiveState>("connecting");
  const handlers = useRef({ onEvent, onConnected });
  handlers.current = { onEvent, onConnected };

  useEffect(() => {
    if (!ticket) return;
    const feed = new LiveFeed({
      ticket,
      onEvent: (event) => handlers.current.onEvent(event),
      onConnected: () => handlers.current.onConnected(),
      onState: setState,
    });
    feed.start();
    return () => feed.stop();
  }, [ticket]);

  return state;
}
