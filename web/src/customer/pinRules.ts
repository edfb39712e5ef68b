/**
 * What keeps digits from being a PIN, in words; null when nothing does. The server decides; this says it before the
 * password is typed: one digit over and over, runs, and repeated pairs are what thieves try first.
 */
export function pinFault(pin: string): string | null {
  if (!/^\d{4,8}$/.test(pin)) return "Choose 4 to 8 digits.";
  const digits = [...pin].map(Number);
  const steps = new Set(digits.slice(1).map((digit, index) => (digit - (digits[index] ?? 0) + 10) % 10));
  const isRun = steps.size === 1 && [0, 1, 9].some((step) => steps.has(step));
  const isPair = digits.slice(2).every((digit, index) => digit === digits[index]);
  return isRun || isPair ? "This PIN is guessed too easily. Choose another one." : null;
}
