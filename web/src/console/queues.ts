import { useQuery } from "@tanstack/react-query";
import type { Adjustment } from "../shared/api/types";
import { api, rights, session } from "./operator";

/** Events say what is new. This is the net below them, and all that a cashier has. */
export const lookAgainMs = () => (rights().reads ? 120_000 : 10_000);

export const useDisputes = (enabled = true) =>
  useQuery({ queryKey: ["disputes"], queryFn: api.disputes, refetchInterval: lookAgainMs, enabled });

export const useWaitingTopUps = (enabled = true) =>
  useQuery({ queryKey: ["top-ups", "waiting"], queryFn: api.waitingTopUps, refetchInterval: lookAgainMs, enabled });

export const usePlateClaims = (enabled = true) =>
  useQuery({ queryKey: ["plate-claims"], queryFn: api.openClaims, refetchInterval: lookAgainMs, enabled });

/** How many decisions this operator could take now; their own wishes are others' to decide, and auditors take none. */
export function useDecisionsWaiting(): number {
  const { acts } = rights();
  const disputes = useDisputes(acts);
  const approvals = useQuery({
    queryKey: ["approvals", "pending_approval"],
    queryFn: () => api.approvals("pending_approval"),
    refetchInterval: lookAgainMs,
    enabled: acts,
  });
  const topUps = useWaitingTopUps(acts);
  const claims = usePlateClaims(acts);
  const me = session.person?.id;
  const others = (asked: Adjustment) => asked.requested_by !== `person:${me}` && asked.user_id !== me;
  if (!acts) return 0;
  return (
    (disputes.data?.items.length ?? 0) +
    (approvals.data?.items.filter(others).length ?? 0) +
    (topUps.data?.items.filter((topUp) => topUp.user_id !== me).length ?? 0) +
    (claims.data?.items.filter((claim) => claim.claimant?.user_id !== me && claim.owner?.user_id !== me).length ?? 0)
  );
}
