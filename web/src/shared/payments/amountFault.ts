/**
 * What keeps an amount from going back, in words; null when nothing does.
 * @param minor What was typed, in minor units; null: it is no amount.
 * @param beyond Told of what is more than the most.
 */
export function amountFault(minor: number | null, most: number, beyond: string): string | null {
  if (minor === null || minor <= 0) return "Enter an amount such as 45 or 45.50.";
  return minor > most ? beyond : null;
}
