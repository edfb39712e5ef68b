import type { PaymentSearch } from "../shared/api/types";
import { dayBounds } from "../shared/format";

/** A search as an operator types it; empty text: it does not matter. */
export interface PaymentFilters {
  user: string;
  merchant: string;
  status: string;
  day: string;
}

export function filtersOf(params: URLSearchParams): PaymentFilters {
  const of = (name: string) => params.get(name)?.trim() ?? "";
  return { user: of("user"), merchant: of("merchant"), status: of("status"), day: of("day") };
}

export function searchOf({ user, merchant, status, day }: PaymentFilters): PaymentSearch {
  const bounds = dayBounds(day);
  return {
    ...(user ? { user_id: user } : {}),
    ...(merchant ? { merchant_id: merchant } : {}),
    ...(status ? { status } : {}),
    ...(bounds ?? {}),
  };
}

export const isId = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text.trim());
