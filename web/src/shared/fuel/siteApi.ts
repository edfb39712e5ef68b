import type { Session } from "../api/session";
import type { FuelSession, Page } from "../api/types";
import type { FuelPrice, Grade, Nozzle, Opening, PumpNow, Site, SiteListed, SiteStaff, Tank, TankEntry } from "./types";

const at = (...parts: string[]) => `/${["sites", ...parts].map(encodeURIComponent).join("/")}`;

export interface SiteWish {
  name: string;
  region: string;
  time_zone: string;
  opening: Opening | null;
  owner_id: string | null;
}

export interface PriceWish {
  grade_id: string;
  thousandths_of_minor: number;
  valid_from?: string;
}

/** What owners, staff and operators of filling stations may ask of the server. */
export class SiteApi {
  constructor(private readonly session: Session) {}

  sites = () => this.session.call<Page<SiteListed>>({ path: at() });
  site = (id: string) => this.session.call<Site>({ path: at(id) });
  open = (id: string, wish: SiteWish) => this.session.call<Site>({ path: at(), method: "POST", body: { id, ...wish } });
  change = (site: Site, wish: SiteWish) => this.#put(at(site.id), site, wish);
  setGrade = (site: Site, grade: Grade) => this.#put(at(site.id, "grades", grade.id), site, grade);
  setTank = (site: Site, tank: Pick<Tank, "id" | "grade_id" | "capacity_thousandths">) =>
    this.#put(at(site.id, "tanks", tank.id), site, tank);
  setNozzles = (site: Site, pump: number, nozzles: Nozzle[]) =>
    this.#put(at(site.id, "pumps", `${pump}`), site, { nozzles });
  /** Whatever else changed meanwhile: closing a pump waits for nothing. */
  closePump = (site: string, pump: number, closed: boolean) =>
    this.session.call<Site>({ path: at(site, "pumps", `${pump}`), method: "PUT", body: { closed } });

  setPrice = (key: string, site: string, price: PriceWish) =>
    this.session.call<FuelPrice>({ path: at(site, "prices"), method: "POST", key, body: price });
  withdrawPrice = (site: string, price: string) =>
    this.session.call<void>({ path: at(site, "prices", price), method: "DELETE" });
  priceHistory = (site: string, cursor: string | null) =>
    this.session.call<Page<FuelPrice>>({
      path: `${at(site, "prices")}?${new URLSearchParams({ limit: "20", ...(cursor ? { cursor } : {}) })}`,
    });

  fillTank = (key: string, site: string, tank: string, how: TankFill) =>
    this.session.call<{ id: string }>({
      path: at(site, "tanks", tank, how.kind === "dip" ? "dips" : "deliveries"),
      method: "POST",
      key,
      body: { thousandths: how.thousandths, note: how.note },
    });
  tankEntries = (site: string, tank: string) =>
    this.session.call<Page<TankEntry>>({ path: `${at(site, "tanks", tank, "entries")}?limit=20` });

  pumpsNow = (site: string) => this.session.call<Page<PumpNow>>({ path: `/pumps?${new URLSearchParams({ site })}` });
  openSessions = (site: string) =>
    this.session.call<Page<FuelSession>>({
      path: `/fuel-sessions?${new URLSearchParams({ site, open: "true", limit: "200" })}`,
    });
  /** What staff do to a session. */
  act = (key: string, session: string, act: string, body: object) =>
    this.session.call<FuelSession>({
      path: `/fuel-sessions/${encodeURIComponent(session)}/${act}`,
      method: "POST",
      key,
      body,
    });

  staff = (site: string) => this.session.call<Page<SiteStaff>>({ path: at(site, "staff") });
  /** Answered the same whether or not the address has an account. */
  askToWork = (site: string, email: string) =>
    this.session.call<{ until: string }>({ path: at(site, "invitations"), method: "POST", body: { email } });
  dismissStaff = (site: string, user: string) =>
    this.session.call<void>({ path: at(site, "staff", user), method: "DELETE" });

  #put(path: string, { version }: Site, body: object): Promise<Site> {
    return this.session.call<Site>({ path, method: "PUT", body: { ...body, version } });
  }
}

export interface TankFill {
  kind: "delivery" | "dip";
  thousandths: number;
  note: string;
}
