import { PersonApi } from "../shared/api/server";
import { Session } from "../shared/api/session";

export const session = new Session("console");
export const api = new PersonApi(session);

export const mayOperate = (roles: string[]) => roles.includes("manager") || roles.includes("admin");
