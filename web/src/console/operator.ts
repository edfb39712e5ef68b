import { PendingWrites } from "../shared/api/pendingWrites";
import { PersonApi } from "../shared/api/server";
import { Session } from "../shared/api/session";

export const session = new Session("console");
export const api = new PersonApi(session);
export const pendingWrites = new PendingWrites(localStorage);

export const mayOperate = (roles: string[]) => roles.includes("manager") || roles.includes("admin");

export const isAdmin = (roles: string[]) => roles.includes("admin");
