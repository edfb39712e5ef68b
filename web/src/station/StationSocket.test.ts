import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type SocketState, StationSocket } from "./StationSocket";

/** The server's end of a connection, played by the test. */
class Wire {
  static readonly OPEN = 1;
  static all: Wire[] = [];
  readyState = 0;
  sent: unknown[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor() {
    Wire.all.push(this);
  }
  send(data: unknown) {
    this.sent.push(typeof data === "string" ? JSON.parse(data) : data);
  }
  close(code = 1000) {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.({ code });
  }
  greet() {
    this.readyState = 1;
    this.onopen?.();
    this.say({ type: "ready", credits: 1 });
  }
  say(message: unknown) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  get frames() {
    return this.sent.filter(
      (one): one is { id: string; key: string; seq: number } => (one as { type?: string }).type === "frame",
    );
  }
}

const view = { width: 1, height: 1, luma: new Uint8Array(1) };
const picture = new Blob(["jpeg"]);
const answers: unknown[] = [];
const states: SocketState[] = [];

function opened(): StationSocket {
  const socket = new StationSocket({
    stationId: "S1-in",
    stationKey: "key",
    onState: (state) => states.push(state),
    onAnswer: (answer) => answers.push(answer),
    onProblem: () => {},
  });
  socket.start();
  return socket;
}

const wire = (index: number) => Wire.all[index] as Wire;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Wire);
  vi.stubGlobal("location", { protocol: "http:", host: "gate" });
  Wire.all = [];
  answers.length = 0;
  states.length = 0;
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("A picture goes only with a credit, and the next one only after its answer", () => {
  const socket = opened();
  expect(socket.free).toBe(false);
  wire(0).greet();
  socket.send(picture, view, Date.now());
  socket.send(picture, view, Date.now());
  expect(wire(0).frames).toHaveLength(1);
  wire(0).say({ type: "sighting", id: wire(0).frames[0]?.id, answer: { decision: "open" }, credits: 1 });
  expect(answers).toEqual([{ decision: "open" }]);
  expect(socket.free).toBe(true);
});

test("A picture whose answer was lost is sent again with the same key, unless its person has walked on", () => {
  const socket = opened();
  wire(0).greet();
  socket.send(picture, view, Date.now());
  wire(0).close(1006);
  vi.advanceTimersByTime(1_000);
  wire(1).greet();
  expect(wire(1).frames).toEqual(wire(0).frames);

  wire(1).close(1006);
  vi.advanceTimersByTime(20_000);
  wire(2).greet();
  expect(wire(2).frames).toHaveLength(0);
  expect(socket.free).toBe(true);
  socket.send(picture, view, Date.now());
  expect(wire(2).frames[0]?.seq).toBeGreaterThan(wire(0).frames[0]?.seq ?? Number.POSITIVE_INFINITY);
});

test("A revoked key ends the connection with its reason instead of trying for ever", () => {
  opened();
  wire(0).greet();
  wire(0).close(4401);
  vi.advanceTimersByTime(60_000);
  expect(Wire.all).toHaveLength(1);
  expect(states.at(-1)).toMatchObject({ kind: "refused", problem: { code: "station_key_invalid" } });
});
