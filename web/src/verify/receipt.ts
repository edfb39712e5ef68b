import {
  type Bytes,
  base64UrlOf,
  bytesOfBase64,
  bytesOfHex,
  bytesToFields,
  fieldsToBytes,
  hexOf,
  join,
  same,
  sha256,
} from "./bytes";
import { isIncluded, leafHash } from "./tree";

/** A receipt as GET /receipts/{id} answers it. Whatever is checked is computed anew from these fields. */
export interface Receipt {
  format: string;
  id: string;
  kind: string;
  at: string;
  amount: { amount_minor: number; currency: string };
  payer_commitment: string | null;
  payee: string;
  subject: string;
  corrects: string | null;
  text: string | null;
  salt: string;
}

export interface Head {
  origin: string;
  size: number;
  root: string;
  at: string;
  signature: string;
}

export interface Evidence {
  receipt: Receipt;
  payer: { id: string; salt: string } | null;
  leaf: { index: number; hash: string };
  inclusion: string[];
  head: Head;
  key: string;
}

export interface Finding {
  verdict: "holds" | "fails" | "open";
  sentence: string;
}

export interface LogKey {
  id: string;
  key: CryptoKey;
}

const receiptFormat = "sightpay.receipt.v1";
const headFormat = "sightpay.receipt-head.v1";
const hashBytes = 32;

export function finding(holds: boolean, yes: string, no: string): Finding {
  return holds ? { verdict: "holds", sentence: yes } : { verdict: "fails", sentence: no };
}

/** @throws when the text is no receipt. */
export function parseEvidence(text: string): Evidence {
  const evidence = JSON.parse(text) as Evidence;
  const { receipt, leaf, inclusion, head, key } = evidence;
  if (receipt.format !== receiptFormat || !Array.isArray(inclusion) || typeof key !== "string")
    throw new Error("This is not a receipt.");
  const { id, kind, at, amount, payee, subject, salt } = receipt;
  for (const field of [id, kind, at, amount.currency, payee, subject, salt, leaf.hash, head.root, head.signature])
    if (typeof field !== "string") throw new Error("A part of the receipt is missing.");
  for (const number of [amount.amount_minor, leaf.index, head.size])
    if (!Number.isSafeInteger(number)) throw new Error("A number of the receipt is missing or too large.");
  return { ...evidence, payer: evidence.payer ?? null };
}

export function leafData(receipt: Receipt): Bytes {
  return fieldsToBytes([
    receipt.format,
    receipt.id,
    receipt.kind,
    receipt.at,
    String(receipt.amount.amount_minor),
    receipt.amount.currency,
    receipt.payer_commitment ?? "",
    receipt.payee,
    receipt.subject,
    receipt.corrects ?? "",
    receipt.text ?? "",
    receipt.salt,
  ]);
}

/** The receipt that a printed code holds. */
export function receiptOf(data: Bytes): Receipt {
  const [format = "", id = "", kind = "", at = "", minor = "", currency = "", commitment = "", ...rest] =
    bytesToFields(data);
  const [payee = "", subject = "", corrects = "", text = "", salt = ""] = rest;
  if (format !== receiptFormat || rest.length !== 5) throw new Error("This is not a receipt.");
  return {
    format,
    id,
    kind,
    at,
    amount: { amount_minor: Number(minor), currency },
    payer_commitment: commitment || null,
    payee,
    subject,
    corrects: corrects || null,
    text: text || null,
    salt,
  };
}

export async function readKey(pem: string): Promise<LogKey> {
  const body = /-----BEGIN PUBLIC KEY-----([\sA-Za-z0-9+/=]+)-----END PUBLIC KEY-----/.exec(pem)?.[1];
  if (!body) throw new Error("This is not a public key.");
  const bytes = bytesOfBase64(body.replace(/\s/g, ""));
  const key = await crypto.subtle.importKey("spki", bytes, { name: "ECDSA", namedCurve: "P-256" }, true, ["verify"]);
  return { id: hexOf(await sha256(bytes)), key };
}

/** Address of the public check of a receipt, with its leaf behind the `#`, which no server is sent. */
export async function checkAddress({ receipt, leaf, key }: Evidence): Promise<string> {
  const { id } = await readKey(key);
  return `/verify#leaf=${base64UrlOf(leafData(receipt))}&place=${leaf.index}&key=${id}`;
}

export async function isSigned(head: Head, key: LogKey): Promise<boolean> {
  if (head.origin !== `sightpay-receipts/${key.id.slice(0, 16)}`) return false;
  const signed = fieldsToBytes([headFormat, head.origin, String(head.size), head.root, head.at]);
  const how = { name: "ECDSA", hash: "SHA-256" };
  return crypto.subtle.verify(how, key.key, bytesOfHex(head.signature, 64), signed);
}

/** The checks that need nobody: what the receipt says, where it stands, and who signed that. */
export async function checkEvidence(evidence: Evidence, key: LogKey): Promise<Finding[]> {
  const { receipt, leaf, head, payer } = evidence;
  const hash = await leafHash(leafData(receipt));
  const proof = evidence.inclusion.map((part) => bytesOfHex(part, hashBytes));
  const stands = await isIncluded(hash, leaf.index, head.size, proof, bytesOfHex(head.root, hashBytes));
  const findings = [
    finding(
      hexOf(hash) === leaf.hash,
      "Not a character of this receipt was changed.",
      "This receipt was changed: what it says does not fit its fingerprint.",
    ),
    finding(
      stands,
      `It is number ${number(leaf.index + 1)} of the ${number(head.size)} in the log.`,
      "It does not stand in the log where it says it does.",
    ),
    finding(
      await isSigned(head, key),
      "The log of that day is signed by its owner.",
      "The log of that day is not signed by its owner.",
    ),
  ];
  // Of a changed receipt nobody need know whose it was.
  if (payer && hexOf(hash) === leaf.hash) {
    const claimed = join(bytesOfHex(payer.salt, hashBytes), new TextEncoder().encode(payer.id));
    findings.push(
      finding(
        hexOf(await sha256(claimed)) === receipt.payer_commitment,
        "It was paid by the person that it names.",
        "It was not paid by the person that it names.",
      ),
    );
  }
  return findings;
}

export function sameHead(one: Head, other: Head): boolean {
  return one.size === other.size && same(bytesOfHex(one.root, hashBytes), bytesOfHex(other.root, hashBytes));
}

export function number(value: number): string {
  return value.toLocaleString();
}
