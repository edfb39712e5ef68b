/** "refund_paid" as people read it. Names of acts are sentences with their spaces taken out. */
export function actWords(what: string): string {
  const words = what.replaceAll("_", " ").replace(/\bpin\b/g, "PIN");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
