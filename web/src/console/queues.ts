import { useQuery } from "@tanstack/react-query";
import type { Adjustment } from "../shared/api/types";
import { api, rights, session } from "./operator";

export const useDisputes = () => useQuery({ queryKey: ["disputes"], queryFn: api.disputes, refetchInterval: 10_000 });

/** How many decisions this operator could take now; their own wishes are others' to decide, and auditors take none. */
export function useDecisionsWaiting(): number {
  const disputes = useDisputes();
  const approvals = useQuery({
    queryKey: ["approvals", "pending_approval"],
    queryFn: () => api.approvals("pending_approval"),
    refetchInterval: 10_000,
  });
  if (!rights().acts) return 0;
  const me = session.person?.id;
  const others = (asked: Adjustment) => asked.requested_by !== `person:${me}` && asked.user_id !== me;
  return (disputes.data?.items.length ?? 0) + (approvals.data?.items.filter(others).length ?? 0);
}
