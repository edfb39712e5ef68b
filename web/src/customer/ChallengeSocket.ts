import { socketAddress } from "../shared/live/LiveFeed";

export type ChallengeStep = "blink" | "turn_left" | "turn_right" | "nod" | "mouth";

/** What the server says; see contracts/liveness-messages.md. */
export type ChallengeNews =
  | { kind: "connecting" }
  | { kind: "asks"; step: ChallengeStep | null; done: number; hint: string | null }
  | { kind: "passed" }
  | { kind: "failed"; code: string };

interface ChallengeSocketParts {
  ticket: () => Promise<string>;
  /** The camera's present frame; null while it gives none. */
  frame: () => Promise<Blob | null>;
  onNews: (news: ChallengeNews) => void;
}

/** Without a frame, or an answer to one, for this long the challenge is over. */
const patienceMs = 15_000;

/** One challenge: sends a frame, waits for what the server makes of it, sends the next one. */
export class ChallengeSocket {
  #socket: WebSocket | null = null;
  #seq = 0;
  #over = false;
  #overdue: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly parts: ChallengeSocketParts) {}

  async start(): Promise<void> {
    this.parts.onNews({ kind: "connecting" });
    const ticket = await this.parts.ticket();
    if (this.#over) return;
    const socket = new WebSocket(socketAddress(`/ws/liveness?ticket=${encodeURIComponent(ticket)}`));
    this.#socket = socket;
    this.#wait();
    socket.onmessage = (message) => this.#hear(String(message.data));
    socket.onclose = () => this.#end({ kind: "failed", code: "connection_lost" });
  }

  stop(): void {
    this.#over = true;
    clearTimeout(this.#overdue);
    this.#socket?.close();
  }

  #hear(text: string): void {
    if (this.#over) return;
    const says = JSON.parse(text) as Record<string, unknown>;
    this.#wait();
    if (says.type === "passed") this.#end({ kind: "passed" });
    else if (says.type === "failed") this.#end({ kind: "failed", code: String(says.code) });
    else {
      if (says.type === "asks") this.parts.onNews(standing(says));
      void this.#send();
    }
  }

  async #send(): Promise<void> {
    const picture = await this.parts.frame();
    const socket = this.#socket;
    if (this.#over || socket?.readyState !== WebSocket.OPEN) return;
    if (!picture) {
      setTimeout(() => void this.#send(), 100);
      return;
    }
    socket.send(JSON.stringify({ type: "frame", seq: this.#seq++ }));
    socket.send(picture);
  }

  #wait(): void {
    clearTimeout(this.#overdue);
    this.#overdue = setTimeout(() => this.#end({ kind: "failed", code: "connection_lost" }), patienceMs);
  }

  #end(news: ChallengeNews): void {
    if (this.#over) return;
    this.stop();
    this.parts.onNews(news);
  }
}

const standing = (says: Record<string, unknown>): ChallengeNews => ({
  kind: "asks",
  step: (says.step as ChallengeStep | null) ?? null,
  done: Number(says.done),
  hint: (says.hint as string | null) ?? null,
});
