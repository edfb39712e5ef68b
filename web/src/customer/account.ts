import { PendingWrites } from "../shared/api/pendingWrites";
import { PersonApi } from "../shared/api/server";
import { Session } from "../shared/api/session";

/** The customer's session in this browser; the console has one of its own, so that both can be open at once. */
export const session = new Session("customer");
export const api = new PersonApi(session);
export const pendingWrites = new PendingWrites(localStorage);
