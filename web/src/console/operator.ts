import { PendingWrites } from "../shared/api/pendingWrites";
import { PersonApi } from "../shared/api/server";
import { Session } from "../shared/api/session";
import { SiteApi } from "../shared/fuel/siteApi";
import type { Reader } from "../shared/payments/paymentWords";

export const session = new Session("console");
export const api = new PersonApi(session);
export const sites = new SiteApi(session);
export const pendingWrites = new PendingWrites(localStorage);

/** What an account may do here. Pages leave out what it may not; the server says the last word. */
export interface Rights {
  /** Sees everything. */
  reads: boolean;
  /** Changes things too. */
  acts: boolean;
  /** Sees the payments of one merchant, and gives money back of them. */
  sells: boolean;
  /** Sees filling stations: all of them, or those they run. */
  fuels: boolean;
  /** Gives and takes roles. */
  givesRoles: boolean;
}

export function rightsOf(roles: readonly string[]): Rights {
  const acts = roles.includes("manager") || roles.includes("admin");
  const reads = acts || roles.includes("auditor");
  const sells = !reads && roles.includes("cashier");
  return { reads, acts, sells, fuels: reads || roles.includes("forecourt"), givesRoles: roles.includes("admin") };
}

/** As whom they read a payment. */
export const reader = (): Reader => (rights().acts ? "operator" : rights().sells ? "cashier" : "auditor");

/** Of whoever is signed in. */
export const rights = () => rightsOf(session.person?.roles ?? []);
