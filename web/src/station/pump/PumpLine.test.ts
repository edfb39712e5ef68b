import { expect, test, vi } from "vitest";
import { ApiProblem } from "../../shared/api/problem";
import { type KeptMessage, type PumpAnswer, PumpLine } from "./PumpLine";

class Memory implements Storage {
  readonly #kept = new Map<string, string>();
  readonly length = 0;
  clear = () => this.#kept.clear();
  key = () => null;
  getItem = (name: string) => this.#kept.get(name) ?? null;
  removeItem = (name: string) => void this.#kept.delete(name);
  setItem = (name: string, value: string) => void this.#kept.set(name, value);
}

interface Sent {
  key: string;
  body: Record<string, unknown>;
}

function bed(answer: (sent: Sent, nth: number) => PumpAnswer | ApiProblem, storage: Storage = new Memory()) {
  const sent: Sent[] = [];
  const heard: [string, PumpAnswer | null, string | undefined][] = [];
  let clock = 1_000;
  const line = new PumpLine({
    storage,
    pump: "F1-P1",
    now: () => clock,
    pause: () => new Promise((done) => setTimeout(done, 0)),
    send: async (key, body) => {
      sent.push({ key, body: body as Record<string, unknown> });
      const said = answer(sent[sent.length - 1] as Sent, sent.length);
      if (said instanceof ApiProblem) throw said;
      return said;
    },
    onAnswer: (message: KeptMessage, said, problem) => heard.push([message.body.type, said, problem?.code]),
    onWaiting: () => {},
  });
  return { line, sent, heard, pass: (ms: number) => (clock += ms) };
}

test("A message without an answer is said again, the same under the same key", async () => {
  const { line, sent, heard } = bed((_sent, nth) => (nth < 3 ? new ApiProblem(0, "unreachable", "", true) : { ok: 1 }));
  line.say({ type: "delivered", seq: 7, volume_thousandths: 1_000, amount_minor: 100 });
  await vi.waitFor(() => expect(heard).toEqual([["delivered", { ok: 1 }, undefined]]));
  expect(sent).toHaveLength(3);
  expect(new Set(sent.map((one) => JSON.stringify(one))).size).toBe(1);
  expect(line.waiting).toEqual([]);
});

test("While the line is cut messages wait in their order, and say how old they are", async () => {
  const { line, sent, pass } = bed(() => ({}));
  line.cut = true;
  line.say({ type: "nozzle_lifted", seq: 1, nozzle: 1 });
  pass(60_000);
  line.say({ type: "delivered", seq: 1, volume_thousandths: 5, amount_minor: 1 });
  pass(30_000);
  expect(sent).toEqual([]);
  line.cut = false;
  await vi.waitFor(() => expect(line.waiting).toEqual([]));
  expect(sent.map((one) => [one.body.type, one.body.age_ms])).toEqual([
    ["nozzle_lifted", 90_000],
    ["delivered", 30_000],
  ]);
});

test("A page that was closed goes on with what it had said, under the same keys", async () => {
  const storage = new Memory();
  const before = bed(() => ({}), storage);
  before.line.cut = true;
  before.line.say({ type: "delivered", seq: 3, volume_thousandths: 5, amount_minor: 1 });
  const key = before.line.waiting[0]?.key;
  const after = bed(() => ({}), storage);
  after.line.start();
  await vi.waitFor(() => expect(after.heard).toHaveLength(1));
  expect(after.sent[0]?.key).toBe(key);
});

test("A refusal is heard and holds nothing up; a revoked key does", async () => {
  let revoked = true;
  const { line, heard, sent } = bed(({ body }) =>
    body.type === "nozzle_lifted"
      ? new ApiProblem(422, "fields_invalid")
      : revoked
        ? new ApiProblem(401, "station_key_invalid")
        : {},
  );
  line.say({ type: "nozzle_lifted", seq: 1 }, { type: "in_order", seq: 0 });
  await vi.waitFor(() => expect(sent.length).toBeGreaterThan(3));
  expect(heard).toEqual([["nozzle_lifted", null, "fields_invalid"]]);
  revoked = false;
  await vi.waitFor(() => expect(line.waiting).toEqual([]));
});

test("A message that waits twice under one key is the same both times", async () => {
  const { line, sent, pass } = bed(() => ({}));
  line.cut = true;
  line.say({ type: "delivered", seq: 3, volume_thousandths: 5, amount_minor: 1 });
  line.repeat(line.waiting[0] as KeptMessage, true);
  pass(5_000);
  line.cut = false;
  await vi.waitFor(() => expect(line.waiting).toEqual([]));
  expect(sent).toHaveLength(2);
  expect(JSON.stringify(sent[1])).toBe(JSON.stringify(sent[0]));
});

test("The same message may be said twice, under its key or under another", async () => {
  const { line, sent, heard } = bed(() => ({}));
  line.say({ type: "delivered", seq: 3, volume_thousandths: 5, amount_minor: 1 });
  await vi.waitFor(() => expect(heard).toHaveLength(1));
  const { key, body } = sent[0] as Sent;
  const message = { key, body, bornMs: 0 } as unknown as KeptMessage;
  line.repeat(message, true);
  line.repeat(message, false);
  await vi.waitFor(() => expect(heard).toHaveLength(3));
  expect(sent[1]?.key).toBe(key);
  expect(sent[2]?.key).not.toBe(key);
  expect(sent.map((one) => JSON.stringify(one.body))).toEqual(Array(3).fill(JSON.stringify(body)));
});
