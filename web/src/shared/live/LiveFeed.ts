import { ApiProblem } from "../api/problem";
import type { LiveEvent } from "../api/types";
import { backoffMs } from "./backoff";

export type LiveState = "connecting" | "live" | "reconnecting" | "off";

export function socketAddress(path: string): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;
}

interface LiveFeedParts {
  ticket: () => Promise<string>;
  onEvent: (event: LiveEvent) => void;
  /** Called on every connection, also the first: what happened before it was not heard. */
  onConnected: () => void;
  onState: (state: LiveState) => void;
}

/** Follows the server's events over a WebSocket and comes back by itself after a break. */
export class LiveFeed {
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #stopped = false;

  constructor(private readonly parts: LiveFeedParts) {}

  start(): void {
    this.parts.onState("connecting");
    addEventListener("online", this.#wake);
    document.addEventListener("visibilitychange", this.#wake);
    void this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    removeEventListener("online", this.#wake);
    document.removeEventListener("visibilitychange", this.#wake);
    this.#socket?.close();
    this.#socket = null;
  }

  /** A phone that comes back from the pocket should not sit out the rest of a pause. */
  #wake = () => {
    if (document.hidden || this.#socket || this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    void this.#connect();
  };

  async #connect(): Promise<void> {
    this.#timer = undefined;
    try {
      const ticket = await this.parts.ticket();
      if (!this.#stopped) this.#open(ticket);
    } catch (error) {
      const signedOut = error instanceof ApiProblem && (error.status === 401 || error.status === 403);
      if (signedOut) this.parts.onState("off");
      else this.#later();
    }
  }

  #open(ticket: string): void {
    const socket = new WebSocket(socketAddress(`/ws/live?ticket=${encodeURIComponent(ticket)}`));
    this.#socket = socket;
    socket.onopen = () => {
      this.#attempt = 0;
      this.parts.onState("live");
      this.parts.onConnected();
    };
    socket.onmessage = (message) => this.#hear(message.data);
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#later();
    };
  }

  #hear(data: unknown): void {
    if (typeof data !== "string") return;
    try {
      const event = JSON.parse(data) as LiveEvent;
      if (event && typeof event.type === "string") this.parts.onEvent({ ...event, data: event.data ?? {} });
    } catch {
      // A message that cannot be read is a hint lost; the next refetch shows the truth.
    }
  }

  #later(): void {
    if (this.#stopped) return;
    this.parts.onState("reconnecting");
    this.#timer = setTimeout(() => void this.#connect(), backoffMs(this.#attempt++));
  }
}
