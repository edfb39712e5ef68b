import type { FuelSession, FuelUnit } from "../api/types";

/** Filling stations as the API shows them. Quantities are thousandths of their unit, prices thousandths of a coin. */
export type FuelKind = "petrol" | "diesel" | "electric";
export type { FuelUnit };

/** What the caller may do at a site; each includes the ones before it. */
export type SiteRight = "read" | "work" | "manage";

export interface SiteListed {
  id: string;
  name: string;
  region: string;
  time_zone: string;
  owner_id: string | null;
  pumps: number;
  right: SiteRight;
}

export interface OpenSpan {
  from: string;
  to: string;
}

export const days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
export type Opening = Partial<Record<(typeof days)[number], OpenSpan[]>>;

export interface Grade {
  id: string;
  name: string;
  fuel: FuelKind;
  unit: FuelUnit;
}

export interface Tank {
  id: string;
  grade_id: string;
  capacity_thousandths: number;
  level_thousandths: number;
  short_thousandths: number;
}

export interface Nozzle {
  number: number;
  grade_id: string;
  tank_id: string | null;
}

export interface Pump {
  id: string;
  number: number;
  closed: boolean;
  out_of_order: boolean;
  nozzles: Nozzle[];
}

export interface FuelPrice {
  id: string;
  grade_id: string;
  thousandths_of_minor: number;
  unit: FuelUnit;
  valid_from: string;
  state: "past" | "in_force" | "scheduled" | "withdrawn";
  set_by: string;
  set_at: string;
  withdrawn_by: string | null;
}

export interface Site {
  id: string;
  name: string;
  region: string;
  time_zone: string;
  currency: string;
  opening: Opening | null;
  open_now: boolean;
  owner_id: string | null;
  version: number;
  right: SiteRight;
  grades: Grade[];
  tanks: Tank[];
  pumps: Pump[];
  prices: FuelPrice[];
}

export interface TankEntry {
  id: string;
  kind: "delivery" | "dip";
  thousandths: number;
  before_thousandths: number;
  after_thousandths: number;
  short_thousandths: number;
  who: string;
  note: string;
  at: string;
}

/** A pump as it is at this moment, with the session that has it. */
export interface PumpNow {
  id: string;
  number: number;
  out_of_order: boolean;
  closed: boolean;
  session: FuelSession | null;
  /** Cars in line. */
  waiting: number;
}

export interface SiteStaff {
  user_id: string;
  display_name: string;
  since: string;
}

/** A nozzle at the pump: what it gives and what that costs. */
export interface PumpNozzle {
  number: number;
  grade_id: string;
  grade_name: string;
  unit: FuelUnit;
  /** Thousandths of the smallest coin; null: it is not sold. */
  unit_price: number | null;
}

/** A pump as it sees itself. */
export interface PumpItself {
  out_of_order: boolean;
  closed: boolean;
  nozzles: PumpNozzle[];
}

/** What the server says to a picture of a car. */
export interface PumpSighting {
  decision: "accept" | "ask" | "reject";
  reason: string;
  /** Masked. */
  plate: string | null;
}
