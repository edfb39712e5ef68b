import { bytesOfBase64Url, bytesOfHex, hexOf } from "./bytes";
import {
  checkEvidence,
  type Evidence,
  type Finding,
  finding,
  type Head,
  isSigned,
  type LogKey,
  leafData,
  number,
  parseEvidence,
  type Receipt,
  readKey,
  receiptOf,
} from "./receipt";
import { isConsistent, leafHash } from "./tree";

/** What is to be checked: a receipt's file, or what a printed code says of one. */
export type Given = { evidence: Evidence } | { receipt: Receipt; place: number; keyId: string };

export interface Checked {
  receipt: Receipt;
  findings: Finding[];
  verdict: Finding["verdict"];
  evidence: Evidence | null;
}

/** The server's public log. Nothing it says is believed without a check. */
export interface Log {
  key(): Promise<string>;
  head(): Promise<Head>;
  inclusion(leaf: number, size: number): Promise<{ proof: string[] }>;
  consistency(first: number, second: number): Promise<{ proof: string[] }>;
}

/** Where this browser keeps the newest head that it has seen of a log. */
export interface Memory {
  recall(origin: string): Head | null;
  keep(head: Head): void;
}

/** @throws when it is neither a receipt nor a link to one. */
export function readGiven(text: string): Given {
  const fragment = /#(leaf=[^\s]+)$/.exec(text.trim())?.[1];
  if (!fragment) return { evidence: parseEvidence(text) };
  const fields = new URLSearchParams(fragment);
  const place = Number(fields.get("place"));
  const keyId = fields.get("key") ?? "";
  if (!Number.isSafeInteger(place) || keyId === "") throw new Error("The link is cut off.");
  return { receipt: receiptOf(bytesOfBase64Url(fields.get("leaf") ?? "")), place, keyId };
}

export async function check(given: Given, log: Log, memory: Memory): Promise<Checked> {
  const findings: Finding[] = [];
  const receipt = "evidence" in given ? given.evidence.receipt : given.receipt;
  let evidence = "evidence" in given ? given.evidence : null;
  try {
    const shown = await readKey(await log.key());
    const head = await log.head();
    evidence ??= "receipt" in given ? await complete(given, shown, head, log, findings) : null;
    if (evidence) {
      const carried = await readKey(evidence.key);
      findings.push(
        ...(await checkEvidence(evidence, carried)),
        finding(carried.id === shown.id, "The signature is this server's.", "It is signed by somebody else."),
        await checkGrowth(evidence.head, head, log, shown, {
          yes: "Nothing was rewritten since it was signed.",
          no: "The log was rewritten since it was signed.",
        }),
      );
    }
    findings.push(await checkMemory(head, shown, log, memory));
  } catch (fault) {
    if (!(fault instanceof LogAway)) throw fault;
    if (evidence) findings.push(...(await checkEvidence(evidence, await readKey(evidence.key))));
    findings.push({
      verdict: "open",
      sentence: "The server did not answer, so nobody says whose signature it is. Try again when you are online.",
    });
  }
  return { receipt, findings, evidence, verdict: worst(findings) };
}

/** The server did not answer, or not with what was asked for. */
export class LogAway extends Error {}

/** A printed code brings the receipt; where it stands is asked of the log. */
async function complete(
  given: { receipt: Receipt; place: number; keyId: string },
  key: LogKey,
  head: Head,
  log: Log,
  findings: Finding[],
): Promise<Evidence | null> {
  findings.push(finding(given.keyId === key.id, "The code names this server.", "The code names another server."));
  if (given.place >= head.size) {
    findings.push({ verdict: "fails", sentence: "The log ends before the place where this receipt should stand." });
    return null;
  }
  const { proof } = await log.inclusion(given.place, head.size);
  return {
    receipt: given.receipt,
    payer: null,
    leaf: { index: given.place, hash: hexOf(await leafHash(leafData(given.receipt))) },
    inclusion: proof,
    head,
    key: await log.key(),
  };
}

async function checkGrowth(
  first: Head,
  second: Head,
  log: Log,
  key: LogKey,
  words: { yes: string; no: string },
): Promise<Finding> {
  if (!(await isSigned(second, key))) return finding(false, "", "The log's present head is not signed by its owner.");
  if (first.origin !== second.origin || first.size > second.size) return finding(false, "", words.no);
  const { proof } = first.size === second.size ? { proof: [] } : await log.consistency(first.size, second.size);
  const [before, after] = [bytesOfHex(first.root, 32), bytesOfHex(second.root, 32)];
  const hashes = proof.map((part) => bytesOfHex(part, 32));
  return finding(await isConsistent(first.size, before, second.size, after, hashes), words.yes, words.no);
}

/** The log must continue the one that this browser saw last; only then the newer head takes its place. */
async function checkMemory(head: Head, key: LogKey, log: Log, memory: Memory): Promise<Finding> {
  const seen = memory.recall(head.origin);
  const day = seen && new Date(seen.at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  const growth = await checkGrowth(seen ?? head, head, log, key, {
    yes: day
      ? `This log has not been rewritten since you last looked: it continues what you saw of ${day}.`
      : `This browser now remembers the log, with ${number(head.size)} receipts, to compare it the next time.`,
    no: `This log has been rewritten since you last looked: it does not continue what you saw of ${day}.`,
  });
  if (growth.verdict === "holds") memory.keep(head);
  return growth;
}

function worst(findings: Finding[]): Finding["verdict"] {
  if (findings.some((each) => each.verdict === "fails")) return "fails";
  return findings.some((each) => each.verdict === "open") ? "open" : "holds";
}
