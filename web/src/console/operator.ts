import { PendingWrites } from "../shared/api/pendingWrites";
import { PersonApi } from "../shared/api/server";
import { Session } from "../shared/api/session";

export const session = new Session("console");
export const api = new PersonApi(session);
export const pendingWrites = new PendingWrites(localStorage);

/** What an account may do here. Pages leave out what it may not; the server says the last word. */
export interface Rights {
  /** Sees everything. */
  reads: boolean;
  /** Changes things too. */
  acts: boolean;
  /** Gives and takes roles. */
  givesRoles: boolean;
}

export function rightsOf(roles: readonly string[]): Rights {
  const acts = roles.includes("manager") || roles.includes("admin");
  return { reads: acts || roles.includes("auditor"), acts, givesRoles: roles.includes("admin") };
}

/** Of whoever is signed in. */
export const rights = () => rightsOf(session.person?.roles ?? []);
