import type { Reconciliation } from "../shared/api/types";
import type { Tone } from "../shared/payments/paymentWords";

/** What came of a run, in a few words. */
export function runWords({ state, differences_found: found }: Reconciliation): { label: string; tone: Tone } {
  if (state === "waiting") return { label: "Comparing", tone: "waiting" };
  if (!found) return { label: "All fits", tone: "good" };
  return { label: found === 1 ? "1 difference" : `${found} differences`, tone: "bad" };
}

const checks: Readonly<Record<string, string>> = {
  ledger: "The ledger in itself",
  slices: "Ledger and what is recorded of payments",
  payments: "Payments and their transfers",
  providers: "Providers' reports and top-ups",
  receipts: "Settlements and their receipts",
};

/** Which books differ, as people say it. */
export const checkWords = (check: string) => checks[check] ?? check.replaceAll("_", " ");
