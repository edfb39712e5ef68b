/** The wait before attempt n (from 0): doubling from 0.5 s to 15 s, spread so that kiosks do not return in one wave. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const full = Math.min(15_000, 500 * 2 ** Math.min(attempt, 10));
  return full / 2 + (random() * full) / 2;
}
