import type { PumpItself, PumpSighting } from "../fuel/types";
import type { Call } from "./call";
import { send } from "./call";
import type { Session } from "./session";
import type {
  Adjustment,
  AdjustmentState,
  AuditEntry,
  AuditSearch,
  Consent,
  ConsentText,
  FaceEnrolled,
  FaceState,
  FuelSession,
  GateAnswer,
  Journey,
  LineStops,
  ListedReceipt,
  MerchantStatement,
  Money,
  OpenConnection,
  Page,
  Payment,
  PaymentMethods,
  PaymentSearch,
  Person,
  PlateClaim,
  Reconciliation,
  RedeemedLink,
  SiteInvitation,
  SpendingLimits,
  StaffTopUp,
  Station,
  StationLink,
  StopActivity,
  TillAnswer,
  TopUp,
  TopUpRefund,
  TopUpWish,
  Vehicle,
  VehicleFuel,
  Wallet,
  WalletEntry,
  WalletStatement,
} from "./types";

const at = (...parts: string[]) => `/${parts.map(encodeURIComponent).join("/")}`;

function query(path: string, values: Record<string, string | null | undefined>): string {
  const given = Object.entries(values).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

export interface WalletCorrection {
  user_id: string;
  amount: Money;
  direction: "credit" | "debit";
  reason: string;
}

/** Null: no own limit. To raise one needs the password. */
export interface OwnLimits {
  payment_minor: number | null;
  day_minor: number | null;
  password?: string;
}

/** The password is needed where somebody may spend more than before. */
export interface VehicleWish {
  plate: string;
  region: string;
  name: string;
  fuel: VehicleFuel;
  auto_pay_max_minor: number;
  password?: string;
}

export interface DriverLimits {
  max_minor: number;
  day_max_minor: number;
  password?: string;
}

/** What a signed-in person may ask of the server. */
export class PersonApi {
  constructor(private readonly session: Session) {}

  consentText = (purpose: string) => this.#get<ConsentText>(at("consents", purpose));
  consents = (user: string) => this.#get<Page<Consent>>(at("users", user, "consents"));
  grantConsent = (user: string, purpose: string) =>
    this.#write<Consent>({ path: at("users", user, "consents"), method: "POST", body: { purpose } });
  withdrawConsent = (user: string, purpose: string) =>
    this.#write<void>({ path: at("users", user, "consents", purpose), method: "DELETE" });

  face = (user: string) => this.#get<FaceState>(at("users", user, "face"));
  eraseFace = (user: string) => this.#write<void>({ path: at("users", user, "face"), method: "DELETE" });
  enrolFace(user: string, photos: Blob[]): Promise<FaceEnrolled> {
    const form = new FormData();
    for (const [index, photo] of photos.entries()) form.append("image", photo, `photo-${index + 1}.jpg`);
    return this.#write<FaceEnrolled>({ path: at("users", user, "face"), method: "PUT", form, timeoutMs: 60_000 });
  }

  wallet = () => this.#get<Wallet>("/wallet");
  walletEntries = (cursor?: string | null) => this.#get<Page<WalletEntry>>(query("/wallet/entries", { cursor }));
  statement = (period: { from: string; to: string }) => this.#get<WalletStatement>(query("/wallet/statement", period));
  statementCsv = (period: { from: string; to: string }) => this.#csv(query("/wallet/statement", period));
  paymentMethods = () => this.#get<PaymentMethods>("/payment-methods");
  topUp = (key: string, wish: TopUpWish) => this.#change<TopUp>(key, wish, "wallet", "top-ups");
  topUpState = (id: string) => this.#get<TopUp>(at("wallet", "top-ups", id));

  topUpRefunds = (id: string) => this.#get<Page<TopUpRefund>>(at("wallet", "top-ups", id, "refunds"));
  refundTopUp = (key: string, id: string, refund: { amount: Money; reason?: string }) =>
    this.#change<TopUpRefund>(key, refund, "wallet", "top-ups", id, "refunds");

  journeys = (user: string, cursor?: string | null) =>
    this.#get<Page<Journey>>(query("/journeys", { user_id: user, cursor }));

  payments = (search: PaymentSearch, cursor?: string | null) =>
    this.#get<Page<Payment>>(query("/transactions", { ...search, cursor }));
  payment = (id: string) => this.#get<Payment>(at("transactions", id));
  confirmPayment = (key: string, id: string) => this.#change<Payment>(key, {}, "transactions", id, "confirm");
  cancelPayment = (key: string, id: string) => this.#change<Payment>(key, {}, "transactions", id, "cancel");
  reopenPayment = (key: string, id: string) => this.#change<Payment>(key, {}, "transactions", id, "reopen");
  disputePayment = (key: string, id: string, reason: string) =>
    this.#change<Payment>(key, { reason }, "transactions", id, "dispute");
  refunds = (payment: string) => this.#get<Page<Adjustment>>(at("transactions", payment, "refunds"));
  refundPayment = (key: string, id: string, refund: { amount?: Money; reason: string }) =>
    this.#change<Adjustment>(key, refund, "transactions", id, "refunds");

  /** The person's own and those of the vehicles that they drive. */
  fuelSessions = (search: { open?: boolean }, cursor?: string | null) =>
    this.#get<Page<FuelSession>>(query("/fuel-sessions", { open: search.open ? "true" : null, cursor }));
  fuelSession = (id: string) => this.#get<FuelSession>(at("fuel-sessions", id));
  claimPump = (key: string, pump: string, vehicle: string) =>
    this.#change<FuelSession>(key, { pump_id: pump, vehicle_id: vehicle }, "fuel-sessions");
  confirmFuel = (key: string, id: string, amount: Money | null) =>
    this.#change<FuelSession>(key, amount ? { amount } : {}, "fuel-sessions", id, "confirm");
  declineFuel = (key: string, id: string) => this.#change<FuelSession>(key, {}, "fuel-sessions", id, "decline");
  reopenFuel = (key: string, id: string) => this.#change<FuelSession>(key, {}, "fuel-sessions", id, "reopen");

  approvals = (state: AdjustmentState) => this.#get<Page<Adjustment>>(query("/approvals", { state }));
  approve = (key: string, id: string) => this.#change<Adjustment>(key, {}, "approvals", id, "approve");
  reject = (key: string, id: string) => this.#change<Adjustment>(key, {}, "approvals", id, "reject");
  waitingTopUps = () => this.#get<Page<StaffTopUp>>("/top-ups");
  staffTopUp = (id: string) => this.#get<StaffTopUp>(at("top-ups", id));
  clearTopUp = (key: string, id: string) => this.#change<StaffTopUp>(key, {}, "top-ups", id, "clear");
  disputes = () => this.#get<Page<Payment>>("/disputes");
  resolveDispute = (key: string, id: string, outcome: "customer" | "merchant") =>
    this.#change<Payment>(key, { outcome }, "disputes", id, "resolve");
  correctWallet = (key: string, correction: WalletCorrection) =>
    this.#change<Adjustment>(key, correction, "corrections");

  reconcile = (key: string) => this.#change<Reconciliation>(key, {}, "reconciliations");
  reconciliations = (cursor?: string | null) => this.#get<Page<Reconciliation>>(query("/reconciliations", { cursor }));
  reconciliation = (id: string) => this.#get<Reconciliation>(at("reconciliations", id));
  merchants = () => this.#get<Page<{ id: string; name: string }>>("/merchants");
  cashiers = () => this.#get<Page<{ user_id: string; merchant_id: string }>>("/cashiers");
  assignCashier = (user: string, merchant: string) =>
    this.#write<unknown>({ path: at("cashiers", user), method: "PUT", body: { merchant_id: merchant } });
  dismissCashier = (user: string) => this.#write<void>({ path: at("cashiers", user), method: "DELETE" });
  merchantStatement = (merchant: string, period: { from: string; to: string }) =>
    this.#get<MerchantStatement>(query(at("merchants", merchant, "statement"), period));
  merchantStatementCsv = (merchant: string, period: { from: string; to: string }) =>
    this.#csv(query(at("merchants", merchant, "statement"), period));

  receiptsOfPerson = (user: string, cursor?: string | null) =>
    this.#get<Page<ListedReceipt>>(query("/receipts", { user_id: user, limit: "100", cursor }));
  receiptsOf = (subject: string) => this.#get<Page<ListedReceipt>>(query("/receipts", { subject }));
  receipt = (id: string) => this.#get<unknown>(at("receipts", id));
  printedReceipt = (id: string) =>
    this.session.call<string>({ path: at("receipts", id, "print"), headers: { accept: "text/html" }, as: "text" });

  stops = () => this.#get<LineStops>("/stops");
  stopActivity = () => this.#get<{ stops: StopActivity[] }>("/console/stops");
  closeGate = (gate: string, closed: boolean) =>
    this.#write<unknown>({ path: at("gates", gate), method: "PUT", body: { closed } });

  stations = () => this.#get<Page<Station>>("/stations");
  makeStationLink = (station: string) =>
    this.#write<StationLink>({ path: at("stations", station, "links"), method: "POST", body: {} });
  revokeStationKey = (station: string, key: string) =>
    this.#write<void>({ path: at("stations", station, "keys", key), method: "DELETE" });

  connections = () => this.#get<Page<OpenConnection>>("/connections");
  people = (cursor?: string | null) => this.#get<Page<Person>>(query("/users", { limit: "200", cursor }));
  person = (id: string) => this.#get<Person>(at("users", id));
  walletOf = (user: string) => this.#get<Wallet>(query("/wallet", { user_id: user }));
  setRoles = (user: string, roles: string[]) =>
    this.#write<Person>({ path: at("users", user, "roles"), method: "PUT", body: { roles } });
  unlockPin = (user: string) => this.#write<void>({ path: at("users", user, "pin", "unlock"), method: "POST" });
  audit = (search: AuditSearch, cursor?: string | null) =>
    this.#get<Page<AuditEntry>>(query("/audit", { ...search, cursor }));

  makeCode = (user: string) =>
    this.#write<{ qr: string; expires_in: number }>({ path: at("users", user, "qr"), method: "POST" });
  setPin = (user: string, pin: string, password: string) =>
    this.#write<void>({ path: at("users", user, "pin"), method: "PUT", body: { pin, password } });
  setPhone = (user: string, phone: string) =>
    this.#write<void>({ path: at("users", user, "phone"), method: "PUT", body: { phone } });
  limits = (user: string) => this.#get<SpendingLimits>(at("users", user, "limits"));
  setLimits = (user: string, limits: OwnLimits) =>
    this.#write<SpendingLimits>({ path: at("users", user, "limits"), method: "PUT", body: limits });
  erasePerson = (user: string) => this.#write<void>({ path: at("users", user), method: "DELETE" });

  vehicles = () => this.#get<Page<Vehicle>>("/vehicles");
  vehicle = (id: string) => this.#get<Vehicle>(at("vehicles", id));
  plateRegions = () => this.#get<Page<string>>("/vehicles/regions");
  /** Unions of countries among them. */
  cameraRegions = () => this.#get<Page<string>>("/vehicles/regions?cameras=true");
  /** The same plate again is the same vehicle, so that these need no key. */
  addVehicle = (wish: VehicleWish) => this.#write<Vehicle>({ path: "/vehicles", method: "POST", body: wish });
  changeVehicle = (id: string, wish: Omit<VehicleWish, "plate" | "region">) =>
    this.#write<Vehicle>({ path: at("vehicles", id), method: "PUT", body: wish });
  removeVehicle = (id: string) => this.#write<void>({ path: at("vehicles", id), method: "DELETE" });
  inviteDriver = (vehicle: string, driver: DriverLimits & { email: string }) =>
    this.#write<Vehicle>({ path: at("vehicles", vehicle, "drivers"), method: "POST", body: driver });
  acceptVehicle = (vehicle: string, driver: string) =>
    this.#write<Vehicle>({ path: at("vehicles", vehicle, "drivers", driver, "accept"), method: "POST" });
  endDriver = (vehicle: string, driver: string) =>
    this.#write<void>({ path: at("vehicles", vehicle, "drivers", driver), method: "DELETE" });

  limitDriver = (vehicle: string, driver: string, limits: DriverLimits) =>
    this.#write<Vehicle>({ path: at("vehicles", vehicle, "drivers", driver), method: "PUT", body: limits });

  siteInvitations = () => this.#get<Page<SiteInvitation>>("/site-invitations");
  acceptSite = (site: string) => this.#write<void>({ path: at("site-invitations", site, "accept"), method: "POST" });
  declineSite = (site: string) => this.#write<void>({ path: at("site-invitations", site), method: "DELETE" });

  claimsOf = (user: string) => this.#get<Page<PlateClaim>>(query("/vehicles/claims", { user_id: user }));
  openClaims = () => this.#get<Page<PlateClaim>>("/vehicles/claims");
  claimPlate = (claim: { plate: string; region: string; reason: string }) =>
    this.#write<PlateClaim>({ path: "/vehicles/claims", method: "POST", body: claim });
  takeClaimBack = (id: string) => this.#write<void>({ path: at("vehicles", "claims", id), method: "DELETE" });
  resolveClaim = (id: string, decision: { outcome: "claimant" | "owner"; reason: string }) =>
    this.#write<PlateClaim>({ path: at("vehicles", "claims", id, "resolve"), method: "POST", body: decision });

  challengeTicket = async (user: string) =>
    (await this.#write<{ ticket: string }>({ path: at("users", user, "face", "challenges"), method: "POST" })).ticket;
  liveTicket = async () => (await this.#write<{ ticket: string }>({ path: "/live/tickets", method: "POST" })).ticket;

  #get<T>(path: string): Promise<T> {
    return this.session.call<T>({ path });
  }

  #csv(path: string): Promise<string> {
    return this.session.call<string>({ path, headers: { accept: "text/csv" }, as: "text", timeoutMs: 60_000 });
  }

  #write<T>(call: Call): Promise<T> {
    return this.session.call<T>(call);
  }

  #change<T>(key: string, body: object, ...path: string[]): Promise<T> {
    return this.#write<T>({ path: at(...path), method: "POST", key, body });
  }
}

export const signUp = (key: string, person: { name: string; email: string; password: string }) =>
  send<Person>({ path: "/users", method: "POST", key, body: person });

export const redeemStationLink = (code: string) =>
  send<RedeemedLink>({ path: at("station-links", code), method: "POST", body: {} });

/** Who somebody says they are, whom a camera is not sure of. */
export type StepUpProof = PayerProof | { phone_last4: string };

/** What agrees to a payment at a till. */
export type PayerProof = { pin: string } | { qr: string };

/** What a station may ask of the server, with its own key. */
export class StationApi {
  constructor(
    private readonly stationId: string,
    private readonly stationKey: string,
  ) {}

  gateSighting = (key: string, picture: Blob) => this.#sighting<GateAnswer>("gates", key, picture);
  tillSighting = (key: string, picture: Blob) => this.#sighting<TillAnswer>("tills", key, picture);

  /** A pump as the server knows it: what its nozzles give and what it costs. */
  pump = () => send<PumpItself>({ path: at("pumps", this.stationId), headers: this.#headers });
  pumpSighting = (key: string, picture: Blob) => this.#sighting<PumpSighting>("pumps", key, picture);
  /** What a pump says, sent at this moment by its own clock. Only what may be lost goes without a key. */
  pumpEvent = (key: string | null, body: object, sentAt?: string) =>
    send<Record<string, unknown>>({
      path: at("pumps", this.stationId, "events"),
      method: "POST",
      ...(key ? { key } : {}),
      headers: sentAt ? { ...this.#headers, "X-Sent-At": sentAt } : this.#headers,
      body,
    });

  confirmSighting = <T>(key: string, sighting: string, proof: StepUpProof) =>
    send<T>({
      path: at("sightings", sighting, "confirm"),
      method: "POST",
      key,
      headers: this.#headers,
      body: proof,
    });

  pay = (key: string, payment: Pick<Payment, "user_id" | "merchant_id" | "amount"> & { sighting_id: string }) =>
    send<Payment>({ path: "/transactions", method: "POST", key, headers: this.#headers, body: payment });

  payment = (id: string) => send<Payment>({ path: at("transactions", id), headers: this.#headers });

  /** The payer's PIN goes from their fingers to the server and is kept nowhere in between; so does their app's code. */
  confirm = (key: string, id: string, proof: PayerProof, amount: Money) =>
    this.#change<Payment>(key, { ...proof, amount }, id, "confirm");
  cancel = (key: string, id: string) => this.#change<Payment>(key, {}, id, "cancel");
  reopen = (key: string, id: string) => this.#change<Payment>(key, {}, id, "reopen");
  refund = (key: string, id: string, reason: string) => this.#change<Adjustment>(key, { reason }, id, "refunds");

  #change<T>(key: string, body: object, id: string, what: string): Promise<T> {
    return send<T>({ path: at("transactions", id, what), method: "POST", key, headers: this.#headers, body });
  }

  #sighting<T>(place: "gates" | "tills" | "pumps", key: string, picture: Blob): Promise<T> {
    const form = new FormData();
    form.append("image", picture, "sighting.jpg");
    const path = at(place, this.stationId, "sightings");
    return send<T>({ path, method: "POST", key, headers: this.#headers, form });
  }

  get #headers() {
    return { "x-station-key": this.stationKey };
  }
}
