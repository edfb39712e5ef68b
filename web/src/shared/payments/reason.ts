export const reasonLengthMax = 500;

/** What keeps a reason from being one, in words; null when nothing does. The server has the same rule. */
export function reasonFault(text: string): string | null {
  return text.trim().length < 3 ? "Say why in a few words." : null;
}
