import { useSyncExternalStore } from "react";
import type { Session } from "../api/session";
import type { SignedInPerson } from "../api/types";

export function useSignedIn(session: Session): SignedInPerson | null {
  return useSyncExternalStore(session.subscribe, session.snapshot);
}
