import { useQuery } from "@tanstack/react-query";
import { send } from "../api/call";

/** The installation's one currency, as the server states it. */
export function useCurrency(): string {
  const status = useQuery({
    queryKey: ["status"],
    queryFn: () => send<{ currency?: string }>({ path: "/" }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return status.data?.currency ?? "INR";
}
