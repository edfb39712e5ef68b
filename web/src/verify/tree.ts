import { type Bytes, join, same, sha256 } from "./bytes";

/** The two checks of RFC 9162 (sections 2.1.3.2 and 2.1.4.2), written apart from the server's. */
export function leafHash(data: Bytes): Promise<Bytes> {
  return sha256(join(Uint8Array.of(0), data));
}

export function nodeHash(left: Bytes, right: Bytes): Promise<Bytes> {
  return sha256(join(Uint8Array.of(1), left, right));
}

/** Numbers above 2^31 have no bit operators here. */
const half = (n: number) => Math.floor(n / 2);
const isOdd = (n: number) => n % 2 === 1;
const isPowerOfTwo = (n: number) => Number.isInteger(Math.log2(n)) && 2 ** Math.round(Math.log2(n)) === n;

export async function isIncluded(
  leaf: Bytes,
  index: number,
  size: number,
  proof: readonly Bytes[],
  root: Bytes,
): Promise<boolean> {
  if (!isPlace(index, size)) return false;
  let [at, last, hash] = [index, size - 1, leaf];
  for (const part of proof) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      hash = await nodeHash(part, hash);
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      hash = await nodeHash(hash, part);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && same(hash, root);
}

export async function isConsistent(
  first: number,
  firstRoot: Bytes,
  second: number,
  secondRoot: Bytes,
  proof: readonly Bytes[],
): Promise<boolean> {
  if (!isPlace(first - 1, second)) return false;
  if (first === second) return proof.length === 0 && same(firstRoot, secondRoot);
  const [start, ...rest] = isPowerOfTwo(first) ? [firstRoot, ...proof] : proof;
  if (!start) return false;
  let [at, last] = [first - 1, second - 1];
  while (isOdd(at)) [at, last] = [half(at), half(last)];
  let [old, now] = [start, start];
  for (const part of rest) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      [old, now] = [await nodeHash(part, old), await nodeHash(part, now)];
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      now = await nodeHash(now, part);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && same(old, firstRoot) && same(now, secondRoot);
}

function isPlace(index: number, size: number): boolean {
  return Number.isSafeInteger(index) && Number.isSafeInteger(size) && index >= 0 && index < size;
}
