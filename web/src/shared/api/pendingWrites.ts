import { newId } from "./ids";
import { ApiProblem } from "./problem";

/** A write that was sent, or was about to be, and has no answer yet. */
export interface PendingWrite<B> {
  key: string;
  body: B;
  startedAtMs: number;
}

/**
 * Keeps the key and body of a write in storage from before the first send until it is answered, so that a lost answer,
 * a closed tab or a dead battery ends in asking again with the same key: the server answers what it decided, and money
 * moves once. A slot holds one write at a time.
 */
export class PendingWrites {
  constructor(
    private readonly storage: Storage,
    private readonly pause: (ms: number) => Promise<void> = wait,
  ) {}

  waiting<B>(slot: string): PendingWrite<B> | null {
    try {
      const write = JSON.parse(this.storage.getItem(nameOf(slot)) ?? "null") as PendingWrite<B> | null;
      return write?.key ? write : null;
    } catch {
      return null;
    }
  }

  /** Starts a new write, or takes up the same one again; another one has to wait until the first is answered. */
  async send<B, A>(slot: string, body: B, deliver: (write: PendingWrite<B>) => Promise<A>): Promise<A> {
    const earlier = this.waiting<B>(slot);
    if (earlier && JSON.stringify(earlier.body) !== JSON.stringify(body))
      throw new ApiProblem(409, "earlier_write_waiting", "An earlier request has no answer yet. Check that one first.");
    const write = earlier ?? { key: newId(), body, startedAtMs: Date.now() };
    this.storage.setItem(nameOf(slot), JSON.stringify(write));
    return await this.#deliver(slot, write, deliver);
  }

  /** Asks again for the answer of the waiting write; null when none waits. */
  async resume<B, A>(slot: string, deliver: (write: PendingWrite<B>) => Promise<A>): Promise<A | null> {
    const write = this.waiting<B>(slot);
    return write ? await this.#deliver(slot, write, deliver) : null;
  }

  async #deliver<B, A>(slot: string, write: PendingWrite<B>, deliver: (write: PendingWrite<B>) => Promise<A>) {
    try {
      const answer = await askAgain(() => deliver(write), this.pause);
      this.#answered(slot, write.key);
      return answer;
    } catch (error) {
      const open = error instanceof ApiProblem && (error.unanswered || error.status === 401);
      if (!open) this.#answered(slot, write.key);
      throw error;
    }
  }

  #answered(slot: string, key: string): void {
    if (this.waiting(slot)?.key === key) this.storage.removeItem(nameOf(slot));
  }
}

const nameOf = (slot: string) => `sightpay.pending.${slot}`;

function wait(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Repeats work that got no answer, a few times. The work has to carry the same key each time. */
export async function askAgain<A>(work: () => Promise<A>, pause = wait): Promise<A> {
  const pausesMs = [400, 1200, 3000];
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const pauseMs = pausesMs[attempt];
      const unanswered = error instanceof ApiProblem && error.unanswered;
      if (!unanswered || pauseMs === undefined) throw error;
      await pause(pauseMs);
    }
  }
}
