import { type Log, LogAway, type Memory } from "./check";
import type { Head } from "./receipt";

const answerWithinMs = 10_000;

async function ask(path: string): Promise<Response> {
  try {
    const answer = await fetch(`/receipt-log/${path}`, { signal: AbortSignal.timeout(answerWithinMs) });
    if (answer.ok) return answer;
  } catch {
    // Told below, like an answer that is none.
  }
  throw new LogAway();
}

/** The log of the server that this page came from. */
export const serversLog: Log = {
  key: async () => (await ask("key")).text(),
  head: async () => (await ask("head")).json(),
  inclusion: async (leaf, size) => (await ask(`inclusion?leaf=${leaf}&size=${size}`)).json(),
  consistency: async (first, second) => (await ask(`consistency?first=${first}&second=${second}`)).json(),
};

/** A browser that keeps nothing still checks; it only cannot compare with the last time. */
export const browsersMemory: Memory = {
  recall: (origin) => {
    try {
      return JSON.parse(localStorage.getItem(`receipt-log:${origin}`) ?? "null") as Head | null;
    } catch {
      return null;
    }
  },
  keep: (head) => {
    try {
      localStorage.setItem(`receipt-log:${head.origin}`, JSON.stringify(head));
    } catch {
      // A private window without a store.
    }
  },
};
