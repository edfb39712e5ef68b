/** The one-time code that a reader of QR codes finds; null when it finds none, or one of something else. */
export function codeIn(read: () => string): string | null {
  try {
    const text = read().trim();
    return /^[\w-]{43}$/.test(text) ? text : null;
  } catch {
    // Most pictures have no code in them, and then the reader throws.
    return null;
  }
}
