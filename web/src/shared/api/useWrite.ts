import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { PendingWrites } from "./pendingWrites";

export interface Write<B> {
  send: (body: B) => void;
  /** Asks again for the answer of the write that has none. */
  resume: () => void;
  /** The write that has no answer, perhaps from before this page was loaded. */
  waiting: B | null;
  busy: boolean;
  error: unknown;
  reset: () => void;
}

interface WriteParts<B, A> {
  writes: PendingWrites;
  slot: string;
  deliver: (key: string, body: B) => Promise<A>;
  /** Queries that the write changes. */
  stale: string[];
  onDone?: (answer: A) => void;
}

/**
 * A write that survives a lost answer: kept with its key before it is sent, and asked for again with the same key, also
 * after the page was closed in between. Bodies stay in storage for that long, so none may hold a secret.
 */
export function useWrite<B, A>({ writes, slot, deliver, stale, onDone }: WriteParts<B, A>): Write<B> {
  const queries = useQueryClient();
  const settle = {
    onSuccess: (answer: A | null) => {
      if (answer !== null) onDone?.(answer);
    },
    onSettled: () => {
      for (const name of stale) void queries.invalidateQueries({ queryKey: [name] });
    },
  };
  const hand = (write: { key: string; body: B }) => deliver(write.key, write.body);
  const sending = useMutation({ mutationFn: (body: B) => writes.send(slot, body, hand), ...settle });
  const resuming = useMutation({ mutationFn: () => writes.resume(slot, hand), ...settle });

  const { mutate: resume } = resuming;
  useEffect(() => {
    if (writes.waiting(slot)) resume();
  }, [writes, slot, resume]);

  const busy = sending.isPending || resuming.isPending;
  return {
    send: sending.mutate,
    resume: () => resume(),
    waiting: busy ? null : (writes.waiting<B>(slot)?.body ?? null),
    busy,
    error: sending.error ?? resuming.error,
    reset: () => {
      sending.reset();
      resuming.reset();
    },
  };
}
