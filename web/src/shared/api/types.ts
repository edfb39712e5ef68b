/** The wire, as the server writes it: snake_case, money in minor units. */

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface SignedInPerson {
  id: string;
  name: string;
  email: string;
  roles: string[];
}

export interface Tokens {
  access_token: string;
  refresh_token: string;
  expires_in: number;
  user: SignedInPerson;
}

export interface Person {
  id: string;
  name: string;
  email: string;
  roles: string[];
  wallet?: Money | null;
  created_at?: string;
  disabled?: boolean;
  has_pin?: boolean;
  has_phone?: boolean;
}

export interface Consent {
  purpose: string;
  version: number | string;
  granted_at: string;
  withdrawn_at?: string | null;
}

/** What a person agrees to, in the words that the agreement is about. */
export interface ConsentText {
  purpose: string;
  version: number;
  text: string;
}

export interface FaceState {
  enrolled: boolean;
  template_id?: string | null;
  quality?: number | null;
  liveness?: string | null;
  enrolled_at?: string | null;
  enrol_again: boolean;
}

export interface FaceEnrolled {
  template_id: string;
  quality: number;
  images_used: number;
  liveness: string;
}

export interface Wallet {
  balance_minor: number;
  held_minor: number;
  available_minor: number;
  currency: string;
}

export interface WalletEntry {
  id: string;
  kind: string;
  /** The kind in words. */
  text: string;
  /** What the line is about, never negative. */
  amount_minor: number;
  /** Its effect on the balance; 0 while money is only set aside or freed. */
  change_minor: number;
  currency: string;
  at: string;
}

export interface StatementLine extends Omit<WalletEntry, "currency"> {
  /** What the wallet held after it. */
  balance_minor: number;
}

/** A wallet over a period; oldest line first. */
export interface WalletStatement {
  currency: string;
  from: string;
  to: string;
  opening_minor: number;
  closing_minor: number;
  lines: StatementLine[];
}

export interface TopUp {
  id: string;
  state: string;
  amount_minor?: number;
  currency?: string;
  /** Where the customer has to go on, for instance to their bank. */
  next_action?: { type: string; url: string } | null;
  failure_code?: string | null;
}

/** A top-up as staff see it. */
export interface StaffTopUp {
  id: string;
  user_id: string;
  provider: string;
  provider_payment_id: string | null;
  state: string;
  amount: Money;
  refunded_minor: number;
  /** Why people have to look at it; null: nothing waits for them. */
  note: string | null;
  failure_code: string | null;
  dispute: string | null;
  created_at: string;
}

/** Money of a top-up that goes back to where it came from. */
export interface TopUpRefund {
  id: string;
  state: string;
  amount: Money;
  created_at: string;
}

export interface TopUpWish {
  amount_minor: number;
  currency: string;
  method: { type: "card" | "google_pay"; token: string };
}

/** What top-ups may be paid with. */
export interface PaymentMethods {
  provider: string;
  /** Cards of the sandbox; real ones never have a number here. */
  cards: { token: string; name: string; does: string }[];
  publishable_key?: string | null;
  google_pay?: Record<string, string> | null;
}

export interface JourneyEnd {
  gate_id: string;
  stop_id: string;
  stop_name: string;
  at: string;
}

export interface Journey {
  id: string;
  state: "open" | "completed" | "incomplete";
  entry: JourneyEnd | null;
  exit: JourneyEnd | null;
  fare_minor: number;
  /** The part of the fare that the wallet could not pay. */
  owed_minor: number;
  currency: string;
}

export interface Gate {
  id: string;
  direction: "in" | "out";
  closed: boolean;
}

export interface LineStops {
  line: { id: string; name: string };
  stops: { id: string; name: string; gates: Gate[] }[];
}

export interface Passage {
  at: string;
  gate_id: string;
  person: RecognisedPerson | null;
  journey_id?: string;
  fare_minor?: number | null;
}

export interface StopActivity {
  id: string;
  name: string;
  inside: number;
  entries: Passage[];
  exits: Passage[];
}

export interface StationKey {
  id: string;
  created_at: string;
  label: string | null;
  last_used_at: string | null;
}

export interface Station {
  id: string;
  kind: string;
  name: string;
  place_id: string;
  keys: StationKey[];
}

export interface StationLink {
  url: string;
  expires_at: string;
}

export interface RedeemedLink {
  station_id: string;
  kind: string;
  name: string;
  place: string | { id: string; name: string };
  station_key: string;
}

export interface OpenConnection {
  id: string;
  kind: string;
  who: string;
  opened_at: string;
  received: number;
  sent: number;
}

export interface RecognisedPerson {
  id: string;
  display_name: string;
}

/** A gate's answer to a picture. */
export interface GateAnswer {
  sighting_id: string;
  decision: "open" | "deny" | "ask";
  reason: string;
  person: RecognisedPerson | null;
  journey: { id: string; state: string } | null;
  fare_minor: number;
  balance_minor: number | null;
  currency: string;
}

/** A till's answer to a picture. */
export interface TillAnswer {
  sighting_id: string;
  decision: "accept" | "ask" | "reject";
  reason: string;
  person: RecognisedPerson | null;
}

export interface Money {
  amount_minor: number;
  currency: string;
}

export type PaymentStatus =
  | "created"
  | "awaiting_confirmation"
  | "authorised"
  | "captured"
  | "expired"
  | "cancelled"
  | "refused"
  | "refunded";

export interface Payment {
  id: string;
  user_id: string;
  merchant_id: string;
  till_id?: string | null;
  amount: Money;
  status: PaymentStatus;
  captured_minor: number;
  refunded_minor: number;
  /** How what was taken differs from what was asked for. */
  exception?: "late" | "partial" | "over" | null;
  dispute?: "open" | "won" | "lost" | null;
  /** In the payer's words. */
  dispute_reason?: string | null;
  created_at: string;
  /** When what it waits for is over. */
  expires_at?: string | null;
  captured_at?: string | null;
}

export type AdjustmentState = "pending_approval" | "done" | "rejected";

/** Money that staff move: a refund of a payment, or a correction of a wallet. */
export interface Adjustment {
  id: string;
  kind: "refund" | "correction";
  transaction_id?: string | null;
  user_id: string;
  direction: "credit" | "debit";
  amount: Money;
  reason: string;
  state: AdjustmentState;
  /** "person:…" or "station:…", as everywhere where somebody is named by what they are. */
  requested_by: string;
  requested_at: string;
  decided_by?: string | null;
  decided_at?: string | null;
}

/** Which payments a list holds; what is absent does not matter. */
export interface PaymentSearch {
  user_id?: string;
  merchant_id?: string;
  status?: string;
  from?: string;
  to?: string;
}

/** What a person lets their own face spend, beside what the installation lets it. */
export interface SpendingLimits {
  payment_minor?: number | null;
  day_minor?: number | null;
  payment_minor_max: number;
  day_minor_max: number;
  currency: string;
}

export interface AuditEntry {
  seq: number;
  at: string;
  who: string;
  what: string;
  subject: string;
}

export interface AuditSearch {
  who?: string;
  what?: string;
  subject?: string;
  from?: string;
  to?: string;
}

/** A comparison of all books. */
export interface Reconciliation {
  id: string;
  requested_by: string;
  requested_at: string;
  /** The period of providers' reports; all else is compared whole. */
  from: string;
  to: string;
  state: "waiting" | "done";
  differences_found: number | null;
  /** The first thousand; null in lists and while it waits. */
  differences: { check: string; text: string }[] | null;
  duration_ms: number | null;
}

/** What a merchant took and gave back, by day (UTC). */
export interface MerchantStatement {
  currency: string;
  opening_minor: number;
  closing_minor: number;
  days: {
    date: string;
    gross_minor: number;
    refunds_minor: number;
    chargebacks_minor: number;
    other_minor: number;
    net_minor: number;
  }[];
}

export interface ListedReceipt {
  id: string;
  kind: string;
  at: string;
  amount: Money;
  payee: string;
  /** The payment, journey or refund that it is about. */
  subject: string;
  corrects?: string | null;
  text?: string | null;
}

export type FuelSessionState =
  | "waiting"
  | "offered"
  | "held"
  | "fuelling"
  | "lost"
  | "delivered"
  | "expired"
  | "paid"
  | "unclaimed"
  | "quarantined"
  | "drive_off"
  | "lapsed"
  | "declined"
  | "aborted"
  | "cancelled"
  | "paid_elsewhere"
  | "written_off";

export type FuelUnit = "litre" | "us_gallon" | "kilowatt_hour";

/** One vehicle at one pump, from its plate to its money. */
export interface FuelSession {
  id: string;
  state: FuelSessionState;
  /** What the reader is to it. */
  role: "payer" | "driver" | "staff";
  site_id: string;
  site_name: string;
  pump_id: string;
  pump_number: number;
  vehicle?: { id: string; name: string; plate: string } | null;
  /** For drivers: whose wallet pays. */
  payer_name?: string | null;
  grade_id?: string | null;
  grade_name?: string | null;
  unit?: FuelUnit | null;
  /** Thousandths of the smallest coin, frozen when the nozzle was lifted. */
  unit_price?: number | null;
  /** Set aside: the pump stops there. */
  hold_minor: number;
  /** How far that is raised while current flows. */
  hold_max_minor: number;
  /** While fuel flows: what the pump last said. */
  meter_thousandths?: number | null;
  delivered_thousandths?: number | null;
  /** What is due, or was paid. */
  amount_minor: number;
  said_minor?: number | null;
  currency: string;
  transaction_id?: string | null;
  note?: string | null;
  /** Another car was seen at the pump: it is not paid without a yes to the bill. */
  doubtful: boolean;
  began_at: string;
  lifted_at?: string | null;
  delivered_at?: string | null;
  closed_at?: string | null;
  /** When what it waits for is over, by the server's clock. */
  expires_at?: string | null;
}

export interface LiveEvent {
  type: string;
  topic: string;
  seq: number;
  at: string;
  data: Record<string, unknown>;
}

export type VehicleFuel = "unknown" | "petrol" | "diesel" | "electric" | "petrol_or_electric";

/** A filling station asks this person to work there. */
export interface SiteInvitation {
  site_id: string;
  site_name: string;
  until: string;
}

export interface VehicleDriver {
  user_id: string;
  /** The address that the owner gave, until the driver accepts; then their name. */
  who: string;
  accepted: boolean;
  max_minor: number;
  day_max_minor: number;
}

export interface Vehicle {
  id: string;
  plate: string;
  region: string;
  name: string;
  fuel: VehicleFuel;
  /** Paid without a tap up to this much; 0: never. */
  auto_pay_max_minor: number;
  currency: string;
  role: "owner" | "driver" | "invited" | "reader";
  /** Somebody else claims the plate: it asks before it pays. */
  disputed: boolean;
  owner_name: string | null;
  drivers: VehicleDriver[];
  created_at: string;
}

export type PlateClaimState = "open" | "upheld" | "rejected" | "released" | "withdrawn";

export interface ClaimParty {
  user_id: string;
  name: string;
  email: string;
}

export interface PlateClaim {
  id: string;
  plate: string;
  region: string;
  /** The claimant's words. */
  reason: string;
  state: PlateClaimState;
  opened_at: string;
  resolved_at: string | null;
  /** The operator's words. */
  decision: string | null;
  vehicle_id: string | null;
  claimant: ClaimParty | null;
  owner: ClaimParty | null;
  /** Since when the plate has been its owner's. */
  registered_at: string | null;
}
