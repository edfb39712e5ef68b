import { expect, test } from "vitest";
import text from "../../../contracts/receipt-vectors.json?raw";
import { bytesOfHex, hexOf } from "./bytes";
import { type Checked, check, type Log, LogAway, type Memory, readGiven } from "./check";
import { type Evidence, type Head, leafData, receiptOf } from "./receipt";

interface Vectors {
  evidence: Evidence;
  leaf_data: string;
  bare: Evidence;
  earlier: Head;
  from_earlier: { first: number; second: number; proof: string[] };
  later: Head;
  to_later: { first: number; second: number; proof: string[] };
  fork: Head;
}

/** The same ones that the server's own verifier is tested with. */
const vectors: Vectors = JSON.parse(text);

/** A log that shows this head and has the proofs of the vectors. */
function logWith(head: Head, changes: Partial<Log> = {}): Log {
  return {
    key: async () => vectors.evidence.key,
    head: async () => head,
    inclusion: async (leaf, size) => {
      const known = [vectors.evidence, vectors.bare].find(
        (each) => each.leaf.index === leaf && each.head.size === size,
      );
      if (!known) throw new LogAway();
      return { proof: known.inclusion };
    },
    consistency: async (first, second) => {
      const known = [vectors.from_earlier, vectors.to_later].find(
        (each) => each.first === first && each.second === second,
      );
      if (!known) throw new LogAway();
      return known;
    },
    ...changes,
  };
}

function memoryOf(head: Head | null): Memory & { kept: Head | null } {
  return {
    kept: head,
    recall() {
      return this.kept;
    },
    keep(newer) {
      this.kept = newer;
    },
  };
}

function said(checked: Checked): string {
  return checked.findings.map((finding) => `${finding.verdict}: ${finding.sentence}`).join("\n");
}

const given = (change: (evidence: Evidence) => void = () => {}) => {
  const evidence = structuredClone(vectors.evidence);
  change(evidence);
  return readGiven(JSON.stringify(evidence));
};

const flip = (hex: string) => (hex.startsWith("0") ? "1" : "0") + hex.slice(1);

test("A leaf's data are the same bytes as the server's, and are read back", () => {
  expect(hexOf(leafData(vectors.evidence.receipt))).toBe(vectors.leaf_data);
  const data = bytesOfHex(vectors.leaf_data, vectors.leaf_data.length / 2);
  expect(receiptOf(data)).toEqual(vectors.evidence.receipt);
  expect(receiptOf(leafData(vectors.bare.receipt))).toEqual(vectors.bare.receipt);
});

test("A genuine receipt is proved, and the log is remembered", async () => {
  const memory = memoryOf(null);
  const first = await check(given(), logWith(vectors.evidence.head), memory);
  expect(first.verdict, said(first)).toBe("holds");
  expect(memory.kept).toEqual(vectors.evidence.head);
  const second = await check(given(), logWith(vectors.later), memory);
  expect(second.verdict, said(second)).toBe("holds");
  expect(said(second)).toContain("has not been rewritten since you last looked");
  expect(memory.kept).toEqual(vectors.later);
});

test("A log that was rewritten since the last look is found, and the memory stays", async () => {
  const memory = memoryOf(vectors.later);
  const checked = await check(given(), logWith(vectors.fork), memory);
  expect(checked.verdict).toBe("fails");
  expect(said(checked)).toContain("has been rewritten since you last looked");
  expect(memory.kept).toEqual(vectors.later);
});

test("A log that got shorter is found", async () => {
  const checked = await check(given(), logWith(vectors.earlier), memoryOf(vectors.later));
  expect(checked.verdict).toBe("fails");
  expect(said(checked)).toContain("The log was rewritten since it was signed");
});

test.each<[string, (evidence: Evidence) => void]>([
  ["amount", (e) => e.receipt.amount.amount_minor++],
  ["currency", (e) => (e.receipt.amount.currency = "USD")],
  ["payee", (e) => (e.receipt.payee = "kiosk")],
  ["time", (e) => (e.receipt.at = "2026-11-27T00:00:00.000000Z")],
  ["kind", (e) => (e.receipt.kind = "refund")],
  ["text", (e) => (e.receipt.text = null)],
  ["subject", (e) => (e.receipt.subject = e.receipt.id)],
  ["corrects", (e) => (e.receipt.corrects = null)],
  ["salt", (e) => (e.receipt.salt = flip(e.receipt.salt))],
  ["payer", (e) => ((e.payer as { id: string }).id = e.receipt.id)],
  ["commitment", (e) => (e.receipt.payer_commitment = null)],
  ["leaf", (e) => (e.leaf.hash = flip(e.leaf.hash))],
  ["place", (e) => (e.leaf.index = 5)],
  ["proof", (e) => (e.inclusion[0] = flip(e.inclusion[0] as string))],
  ["short proof", (e) => e.inclusion.pop()],
  ["root", (e) => (e.head.root = flip(e.head.root))],
  ["size", (e) => (e.head.size = 6)],
  ["signature", (e) => (e.head.signature = flip(e.head.signature))],
  ["time of signature", (e) => (e.head.at = "2026-11-27T00:00:00.000000Z")],
  ["origin", (e) => (e.head.origin = "sightpay-receipts/0000000000000000")],
])("A receipt with a changed %s is refused", async (_, change) => {
  const checked = await check(given(change), logWith(vectors.later), memoryOf(null));
  expect(checked.verdict).toBe("fails");
});

test("A receipt signed by somebody else is refused, however well it fits", async () => {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const pem = `-----BEGIN PUBLIC KEY-----\n${btoa(String.fromCharCode(...spki))}\n-----END PUBLIC KEY-----`;
  const log = logWith(vectors.later, { key: async () => pem });
  const checked = await check(given(), log, memoryOf(null));
  expect(checked.verdict).toBe("fails");
  expect(said(checked)).toContain("It is signed by somebody else");
});

test("A printed code is proved with what the log shows", async () => {
  const code = (evidence: Evidence, place = evidence.leaf.index) => {
    const leaf = btoa(String.fromCharCode(...leafData(evidence.receipt)));
    const url = leaf.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    return `https://pay.example/verify#leaf=${url}&place=${place}&key=${keyId}`;
  };
  const spki = Uint8Array.from(atob(vectors.evidence.key.split("\n").slice(1, -1).join("")), (c) => c.charCodeAt(0));
  const keyId = hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", spki)));
  const log = logWith(vectors.evidence.head);
  const proved = await check(readGiven(code(vectors.evidence)), log, memoryOf(vectors.earlier));
  expect(proved.verdict, said(proved)).toBe("holds");
  expect(proved.receipt).toEqual(vectors.evidence.receipt);
  const moved = await check(readGiven(code(vectors.evidence, vectors.bare.leaf.index)), log, memoryOf(null));
  expect(moved.verdict).toBe("fails");
  const beyond = await check(readGiven(code(vectors.evidence, 7)), log, memoryOf(null));
  expect(said(beyond)).toContain("The log ends before the place");
  const foreign = await check(readGiven(code(vectors.evidence).replace(keyId, flip(keyId))), log, memoryOf(null));
  expect(said(foreign)).toContain("another server");
});

test("Without the server nothing is proved and nothing refuted", async () => {
  const away = () => Promise.reject(new LogAway());
  const log: Log = { key: away, head: away, inclusion: away, consistency: away };
  const checked = await check(given(), log, memoryOf(null));
  expect(checked.verdict, said(checked)).toBe("open");
  expect(
    (
      await check(
        given((e) => e.receipt.amount.amount_minor++),
        log,
        memoryOf(null),
      )
    ).verdict,
  ).toBe("fails");
});

test("What is no receipt is refused before it is checked", () => {
  const broken = { ...vectors.evidence, leaf: { index: 2 ** 53, hash: vectors.evidence.leaf.hash } };
  for (const wrong of ["", "{}", "null", "[]", "hello", "#leaf=AAAA", JSON.stringify(broken)])
    expect(() => readGiven(wrong)).toThrow();
});
