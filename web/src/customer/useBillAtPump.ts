import { useCallback, useRef } from "react";
import { useNavigate } from "react-router";
import type { LiveEvent } from "../shared/api/types";

/** A bill comes up when the car is at the pump and again when it is to be paid, or was. */
const opensAt = new Set(["offered", "held", "delivered", "paid"]);

/**
 * Opens the bill by itself when the feed tells of it. Never twice for the same news, and never away from under
 * somebody who is typing: then it waits above the page.
 */
export function useBillAtPump(): (event: LiveEvent) => void {
  const navigate = useNavigate();
  const told = useRef(new Set<string>());
  return useCallback(
    (event: LiveEvent) => {
      const { session_id: id, state } = event.data as { session_id?: unknown; state?: unknown };
      if (typeof id !== "string" || typeof state !== "string" || !opensAt.has(state)) return;
      const news = `${id} ${state}`;
      if (told.current.has(news)) return;
      told.current.add(news);
      if (!isTyping()) navigate(`/fuel/${id}`);
    },
    [navigate],
  );
}

function isTyping(): boolean {
  const { activeElement: focused } = document;
  return focused instanceof HTMLInputElement || focused instanceof HTMLTextAreaElement;
}
