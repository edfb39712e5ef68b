import { expect, test } from "vitest";
import { PendingWrites } from "./pendingWrites";
import { ApiProblem } from "./problem";

function storageOf(items = new Map<string, string>()): Storage {
  return {
    getItem: (name: string) => items.get(name) ?? null,
    setItem: (name: string, value: string) => void items.set(name, value),
    removeItem: (name: string) => void items.delete(name),
  } as Storage;
}

const lost = () => new ApiProblem(0, "unreachable", "", true);
const noPause = () => Promise.resolve();

test("A lost answer is asked for again with the key that was kept before the first send", async () => {
  const storage = storageOf();
  const writes = new PendingWrites(storage, noPause);
  const keys: string[] = [];
  const answer = await writes.send("top-up", { amount: 100 }, async ({ key }) => {
    expect(new PendingWrites(storage).waiting("top-up")?.key).toBe(key);
    keys.push(key);
    if (keys.length < 3) throw lost();
    return "added";
  });
  expect(answer).toBe("added");
  expect(new Set(keys).size).toBe(1);
  expect(writes.waiting("top-up")).toBeNull();
});

test("A write without an answer outlives the page and keeps another one from starting", async () => {
  const storage = storageOf();
  const sent: string[] = [];
  const fail = async ({ key }: { key: string }) => {
    sent.push(key);
    throw lost();
  };
  await expect(new PendingWrites(storage, noPause).send("top-up", { amount: 100 }, fail)).rejects.toBeInstanceOf(
    ApiProblem,
  );

  const later = new PendingWrites(storage, noPause);
  await expect(later.send("top-up", { amount: 200 }, fail)).rejects.toMatchObject({ code: "earlier_write_waiting" });
  const key = await later.resume("top-up", async (write) => write.key);
  expect(key).toBe(sent[0]);
  expect(later.waiting("top-up")).toBeNull();
});

test("A refusal is an answer: the next write gets a key of its own", async () => {
  const writes = new PendingWrites(storageOf(), noPause);
  const keys: string[] = [];
  const refuse = async ({ key }: { key: string }) => {
    keys.push(key);
    throw new ApiProblem(422, "amount_too_large");
  };
  await expect(writes.send("top-up", { amount: 1 }, refuse)).rejects.toMatchObject({ code: "amount_too_large" });
  await expect(writes.send("top-up", { amount: 2 }, refuse)).rejects.toMatchObject({ code: "amount_too_large" });
  expect(new Set(keys).size).toBe(2);
});
