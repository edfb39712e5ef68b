import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import { Hints } from "./Hints";

/** Says which queries are stale; they are loaded again at most once a second, however many events say so. */
export function useStale(): (...names: string[]) => void {
  const queries = useQueryClient();
  const hints = useRef<Hints | null>(null);
  useEffect(() => {
    const opened = new Hints((names) => {
      for (const name of names) void queries.invalidateQueries({ queryKey: [name] });
    });
    hints.current = opened;
    return () => opened.stop();
  }, [queries]);
  return useCallback((...names: string[]) => hints.current?.add(...names), []);
}
