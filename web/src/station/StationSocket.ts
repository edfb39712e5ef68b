import { newId } from "../shared/api/ids";
import { ApiProblem, problemFromWire } from "../shared/api/problem";
import type { GateAnswer } from "../shared/api/types";
import type { Grey } from "../shared/camera/measure";
import { backoffMs } from "../shared/live/backoff";
import { socketAddress } from "../shared/live/LiveFeed";

export type SocketState = { kind: "connecting" | "ready" | "reconnecting" } | { kind: "refused"; problem: ApiProblem };

/** A picture on its way: kept until it is answered, so that a lost answer is asked for again with the same key. */
export interface Frame {
  id: string;
  key: string;
  /** Rises from picture to picture: the server looks at none that is older than one before. */
  seq: number;
  picture: Blob;
  view: Grey;
  takenAtMs: number;
}

interface StationSocketParts {
  stationId: string;
  stationKey: string;
  onState: (state: SocketState) => void;
  onAnswer: (answer: GateAnswer | null, frame: Frame) => void;
  onProblem: (problem: ApiProblem) => void;
}

const answerWithinMs = 10_000;
/** An older picture is not sent again: whoever was in it has walked on, and a gate must not act on them now. */
const frameAgeMaxMs = 15_000;

/** Close codes that say what HTTP says with 401 and 403. */
const refusals: Readonly<Record<number, string>> = { 4401: "station_key_invalid", 4403: "wrong_station" };

/** The station's connection: one picture in flight, sent only with a credit of the server, renewed after a break. */
export class StationSocket {
  #socket: WebSocket | null = null;
  #ready = false;
  #credits = 0;
  #inFlight: Frame | null = null;
  #seq = 0;
  #attempt = 0;
  #stopped = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #overdue: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly parts: StationSocketParts) {}

  start(): void {
    this.parts.onState({ kind: "connecting" });
    this.#open();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#overdue);
    this.#socket?.close();
  }

  get free(): boolean {
    return this.#ready && this.#credits > 0 && this.#inFlight === null;
  }

  send(picture: Blob, view: Grey, takenAtMs: number): void {
    if (!this.free) return;
    this.#inFlight = { id: newId(), key: newId(), seq: this.#seq++, picture, view, takenAtMs };
    this.#deliver(this.#inFlight);
  }

  #open(): void {
    const socket = new WebSocket(socketAddress("/ws/face-recognition"));
    this.#socket = socket;
    this.#credits = 0;
    socket.onopen = () => {
      const { stationId, stationKey } = this.parts;
      socket.send(JSON.stringify({ type: "hello", station_id: stationId, station_key: stationKey }));
    };
    socket.onmessage = (message) => {
      if (typeof message.data === "string" && this.#socket === socket) this.#hear(message.data);
    };
    socket.onclose = (event) => {
      if (this.#socket !== socket) return;
      const code = refusals[event.code];
      if (code) this.#refuse(new ApiProblem(event.code - 4000, code));
      else this.#lost();
    };
  }

  #hear(text: string): void {
    let message: Record<string, unknown>;
    try {
      message = JSON.parse(text) as Record<string, unknown>;
    } catch {
      return;
    }
    if (message.type === "ready") this.#begin(message);
    else if (message.type === "sighting") this.#answered(message);
    else if (message.type === "problem") this.#refused(message);
  }

  #begin(message: Record<string, unknown>): void {
    this.#attempt = 0;
    this.#ready = true;
    this.#grant(message);
    this.parts.onState({ kind: "ready" });
    const frame = this.#inFlight;
    if (frame && Date.now() - frame.takenAtMs < frameAgeMaxMs) this.#deliver(frame);
    else this.#inFlight = null;
  }

  #answered(message: Record<string, unknown>): void {
    const frame = this.#inFlight;
    this.#grant(message);
    if (!frame || message.id !== frame.id) return;
    this.#settle();
    this.parts.onAnswer((message.answer as GateAnswer | null | undefined) ?? null, frame);
  }

  #refused(message: Record<string, unknown>): void {
    const problem = problemFromWire(message.problem);
    const frame = this.#inFlight;
    if (problem.status === 401 || problem.status === 403 || problem.code === "station_key_invalid") {
      this.#refuse(problem);
      return;
    }
    this.#grant(message);
    if (frame && (message.id === undefined || message.id === frame.id)) {
      this.#settle();
      const fresh = Date.now() - frame.takenAtMs < frameAgeMaxMs;
      if (problem.unanswered && fresh) this.#again(frame);
    }
    this.parts.onProblem(problem);
  }

  /** This key opens nothing any more: trying again would not help. */
  #refuse(problem: ApiProblem): void {
    if (this.#stopped) return;
    this.stop();
    this.parts.onState({ kind: "refused", problem });
  }

  /** The server was busy: the same picture with the same key after a pause. */
  #again(frame: Frame): void {
    this.#inFlight = frame;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      if (this.#ready && this.#inFlight === frame) this.#deliver(frame);
    }, backoffMs(1));
  }

  #deliver(frame: Frame): void {
    const socket = this.#socket;
    if (!socket || socket.readyState !== WebSocket.OPEN) return;
    this.#credits = Math.max(0, this.#credits - 1);
    socket.send(JSON.stringify({ type: "frame", id: frame.id, key: frame.key, seq: frame.seq }));
    socket.send(frame.picture);
    clearTimeout(this.#overdue);
    this.#overdue = setTimeout(() => socket.close(), answerWithinMs);
  }

  #settle(): void {
    clearTimeout(this.#overdue);
    this.#inFlight = null;
  }

  /** Credits come on top of those granted before. */
  #grant(message: Record<string, unknown>): void {
    if (typeof message.credits === "number") this.#credits += message.credits;
  }

  #lost(): void {
    this.#ready = false;
    this.#socket = null;
    clearTimeout(this.#overdue);
    if (this.#stopped) return;
    this.parts.onState({ kind: "reconnecting" });
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), backoffMs(this.#attempt++));
  }
}
