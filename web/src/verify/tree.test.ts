import { beforeAll, expect, test } from "vitest";
import { type Bytes, bytesOfHex, hexOf } from "./bytes";
import { isConsistent, isIncluded, leafHash, nodeHash } from "./tree";

const most = 50;
const leaves: Bytes[] = [];
const known = new Map<string, Bytes>();

/** The tree as section 2.1.1 of RFC 9162 defines it. */
async function root(first: number, beyond: number, of: readonly Bytes[] = leaves): Promise<Bytes> {
  if (beyond - first === 1) return of[first] as Bytes;
  const key = `${first}-${beyond}`;
  const found = of === leaves ? known.get(key) : undefined;
  if (found) return found;
  const middle = first + split(beyond - first);
  const hash = await nodeHash(await root(first, middle, of), await root(middle, beyond, of));
  if (of === leaves) known.set(key, hash);
  return hash;
}

function split(count: number): number {
  let half = 1;
  while (half * 2 < count) half *= 2;
  return half;
}

async function inclusion(leaf: number, first: number, beyond: number): Promise<Bytes[]> {
  if (beyond - first === 1) return [];
  const middle = first + split(beyond - first);
  return leaf < middle
    ? [...(await inclusion(leaf, first, middle)), await root(middle, beyond)]
    : [...(await inclusion(leaf, middle, beyond)), await root(first, middle)];
}

async function consistency(old: number, first: number, beyond: number, isKnown: boolean): Promise<Bytes[]> {
  if (old === beyond) return isKnown ? [] : [await root(first, beyond)];
  const middle = first + split(beyond - first);
  return old <= middle
    ? [...(await consistency(old, first, middle, isKnown)), await root(middle, beyond)]
    : [...(await consistency(old, middle, beyond, false)), await root(first, middle)];
}

function flipped(hash: Bytes, bit: number): Bytes {
  const other = hash.slice();
  const at = (bit >> 3) % 32;
  other[at] = (other[at] as number) ^ (1 << (bit & 7));
  return other;
}

beforeAll(async () => {
  for (let i = 0; i < most; i++) leaves.push(await leafHash(new TextEncoder().encode(`leaf ${i}`)));
});

test("Roots are those of the published vectors of RFC 6962", async () => {
  const inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
  const hashes = await Promise.all(inputs.map((input) => leafHash(bytesOfHex(input, input.length / 2))));
  expect(hexOf(await root(0, 1, hashes))).toBe("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  expect(hexOf(await root(0, 7, hashes))).toBe("ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c");
  expect(hexOf(await root(0, 8, hashes))).toBe("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
});

test("Every leaf of every tree is proved, and no changed proof is taken", async () => {
  for (let size = 1; size <= most; size++)
    for (let leaf = 0; leaf < size; leaf++) {
      const [hash, proof, top] = [leaves[leaf] as Bytes, await inclusion(leaf, 0, size), await root(0, size)];
      expect(await isIncluded(hash, leaf, size, proof, top)).toBe(true);
      expect(await isIncluded(flipped(hash, leaf), leaf, size, proof, top)).toBe(false);
      expect(await isIncluded(hash, leaf, size, [...proof, top], top)).toBe(false);
      expect(await isIncluded(hash, (leaf + 1) % size, size, proof, top)).toBe(size === 1);
      const at = leaf % Math.max(1, proof.length);
      const changed = proof.map((part, i) => (i === at ? flipped(part, size) : part));
      expect(await isIncluded(hash, leaf, size, changed, top)).toBe(proof.length === 0);
    }
}, 60_000);

test("Every two trees are proved consistent, and no fork is taken", async () => {
  for (let second = 1; second <= most; second++)
    for (let first = 1; first <= second; first++) {
      const [old, now, proof] = [
        await root(0, first),
        await root(0, second),
        await consistency(first, 0, second, true),
      ];
      expect(await isConsistent(first, old, second, now, proof)).toBe(true);
      expect(await isConsistent(first, flipped(old, second), second, now, proof)).toBe(false);
      expect(await isConsistent(first, old, second, flipped(now, first), proof)).toBe(false);
      expect(await isConsistent(first, old, second, now, [...proof, old])).toBe(false);
      if (proof.length > 0) expect(await isConsistent(first, old, second, now, proof.slice(1))).toBe(false);
    }
}, 60_000);

test("A log never shrinks", async () => {
  const hash = leaves[0] as Bytes;
  expect(await isConsistent(2, hash, 1, hash, [])).toBe(false);
  expect(await isConsistent(0, hash, 1, hash, [])).toBe(false);
  expect(await isIncluded(hash, 1, 1, [], hash)).toBe(false);
  expect(await isIncluded(hash, -1, 1, [], hash)).toBe(false);
});
