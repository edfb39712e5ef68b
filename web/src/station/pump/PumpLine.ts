import { newId } from "../../shared/api/ids";
import { ApiProblem } from "../../shared/api/problem";

export type PumpMessageType = "nozzle_lifted" | "pouring" | "delivered" | "out_of_order" | "in_order";

/** What a pump says. `seq` is its own number of the delivery. */
export interface PumpMessage {
  type: PumpMessageType;
  seq: number;
  nozzle?: number;
  volume_thousandths?: number;
  amount_minor?: number;
}

/** A message with the key that it keeps until it is answered. */
export interface KeptMessage {
  key: string;
  body: PumpMessage & { at: string; age_ms?: number };
  bornMs: number;
}

export type PumpAnswer = Record<string, unknown>;

export interface PumpLineParts {
  storage: Storage;
  pump: string;
  send: (key: string, body: object) => Promise<PumpAnswer>;
  /** An answer, or a refusal: also to a message from before this page was loaded. */
  onAnswer: (message: KeptMessage, answer: PumpAnswer | null, problem: ApiProblem | null) => void;
  onWaiting: (waiting: readonly KeptMessage[]) => void;
  now?: () => number;
  pause?: (ms: number) => Promise<void>;
}

const pausesMs = [400, 1_200, 3_000, 8_000];

/**
 * A pump's line to the server. Messages lie in storage with their keys from before the first send until they are
 * answered, and go out in their order, so what is lost on the way happens once, and a page that was closed goes on.
 */
export class PumpLine {
  #cut = false;
  #running = false;
  #stopped = false;
  /** How far the pump's clock is ahead. */
  skewMs = 0;

  constructor(private readonly parts: PumpLineParts) {}

  get waiting(): readonly KeptMessage[] {
    try {
      const kept: unknown = JSON.parse(this.parts.storage.getItem(this.#slot) ?? "[]");
      return Array.isArray(kept) ? (kept as KeptMessage[]) : [];
    } catch {
      return [];
    }
  }

  get cut(): boolean {
    return this.#cut;
  }

  /** While the line is cut, messages wait. */
  set cut(cut: boolean) {
    this.#cut = cut;
    if (!cut) void this.#run();
  }

  /** Goes on with what was kept. */
  start(): void {
    this.#stopped = false;
    this.parts.onWaiting(this.waiting);
    void this.#run();
  }

  stop(): void {
    this.#stopped = true;
  }

  say(...messages: PumpMessage[]): void {
    const now = this.#now();
    const at = new Date(now + this.skewMs).toISOString();
    this.#keep([...this.waiting, ...messages.map((body) => ({ key: newId(), body: { ...body, at }, bornMs: now }))]);
    void this.#run();
  }

  /** The same message again, under its own key or as if it were another one. */
  repeat(message: KeptMessage, sameKey: boolean): void {
    this.#keep([...this.waiting, sameKey ? message : { ...message, key: newId() }]);
    void this.#run();
  }

  get #slot() {
    return `sightpay.pump.${this.parts.pump}.waiting`;
  }

  #now(): number {
    return (this.parts.now ?? Date.now)();
  }

  #keep(messages: readonly KeptMessage[]): void {
    this.parts.storage.setItem(this.#slot, JSON.stringify(messages));
    this.parts.onWaiting(messages);
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    let attempt = 0;
    while (!this.#cut && !this.#stopped) {
      const message = this.#aged();
      if (!message) break;
      if (await this.#deliver(message)) attempt = 0;
      else await this.#pause(pausesMs[Math.min(attempt++, pausesMs.length - 1)] ?? 0);
    }
    this.#running = false;
  }

  /** The first that waits. How old it is when it is first sent is part of it from then on, also when said again. */
  #aged(): KeptMessage | undefined {
    const [first, ...others] = this.waiting;
    if (!first || first.body.age_ms !== undefined) return first;
    const age_ms = Math.max(0, this.#now() - first.bornMs);
    const aged = (one: KeptMessage): KeptMessage => ({ ...one, body: { ...one.body, age_ms } });
    this.#keep([aged(first), ...others.map((one) => (one.key === first.key ? aged(one) : one))]);
    return aged(first);
  }

  /** False: nothing is known, so it is asked again. */
  async #deliver(message: KeptMessage): Promise<boolean> {
    try {
      const answer = await this.parts.send(message.key, message.body);
      this.#keep(this.waiting.slice(1));
      this.parts.onAnswer(message, answer, null);
      return true;
    } catch (error) {
      const problem = error instanceof ApiProblem ? error : new ApiProblem(0, "unreachable", "", true);
      // A key that was revoked is not the message's fault: it waits for the next one.
      if (problem.unanswered || problem.status === 401) return false;
      this.#keep(this.waiting.slice(1));
      this.parts.onAnswer(message, null, problem);
      return true;
    }
  }

  #pause(ms: number): Promise<void> {
    return (this.parts.pause ?? ((wait) => new Promise((done) => setTimeout(done, wait))))(ms);
  }
}
