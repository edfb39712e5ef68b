import { useQuery } from "@tanstack/react-query";
import { api, session } from "./account";

/** The signed-in person's id; these queries run only below the sign-in. */
const me = () => session.person?.id ?? "";

export const useWallet = () => useQuery({ queryKey: ["wallet"], queryFn: api.wallet });

export const useFace = () => useQuery({ queryKey: ["face"], queryFn: () => api.face(me()) });

export const useConsents = () => useQuery({ queryKey: ["consents"], queryFn: () => api.consents(me()) });

export const useRecentJourneys = () =>
  useQuery({ queryKey: ["journeys", "recent"], queryFn: () => api.journeys(me()), refetchInterval: 60_000 });

export const useConsentText = (purpose: string) =>
  useQuery({
    queryKey: ["consent-text", purpose],
    queryFn: () => api.consentText(purpose),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const useVehicles = () => useQuery({ queryKey: ["vehicles"], queryFn: api.vehicles });

export const useSiteInvitations = () => useQuery({ queryKey: ["site-invitations"], queryFn: api.siteInvitations });

export const useClaims = () => useQuery({ queryKey: ["plate-claims"], queryFn: () => api.claimsOf(me()) });

export const usePlateRegions = () =>
  useQuery({ queryKey: ["plate-regions"], queryFn: api.plateRegions, staleTime: Number.POSITIVE_INFINITY });

export const usePayments = () =>
  useQuery({
    queryKey: ["payments", "recent"],
    queryFn: () => api.payments({ user_id: me() }),
    refetchInterval: 60_000,
  });

/** Sessions at pumps in which something is left to be done. While fuel flows the meter is looked at often. */
export const useOpenFuel = () =>
  useQuery({
    queryKey: ["fuel", "open"],
    queryFn: () => api.fuelSessions({ open: true }),
    refetchInterval: 30_000,
  });

export const useMe = () => useQuery({ queryKey: ["me"], queryFn: () => api.person(me()) });

export const useLimits = () => useQuery({ queryKey: ["limits"], queryFn: () => api.limits(me()) });

export const usePaymentMethods = () =>
  useQuery({ queryKey: ["payment-methods"], queryFn: api.paymentMethods, staleTime: 5 * 60_000 });
