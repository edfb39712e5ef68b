/** "Germany" for "de", in the reader's language. */
export function countryName(code: string): string {
  try {
    return new Intl.DisplayNames(undefined, { type: "region" }).of(code.toUpperCase()) ?? code.toUpperCase();
  } catch {
    return code.toUpperCase();
  }
}

/** All countries by their names. */
export function countriesByName(codes: readonly string[]): { value: string; label: string }[] {
  return codes
    .map((code) => ({ value: code, label: countryName(code) }))
    .sort((one, other) => one.label.localeCompare(other.label));
}

/** Where a first vehicle probably comes from: the country of the browser's language, if plates of it are known. */
export function likelyCountry(codes: readonly string[], language: string): string {
  const own = new Intl.Locale(language).maximize().region?.toLowerCase() ?? "";
  return codes.includes(own) ? own : (codes[0] ?? "");
}
