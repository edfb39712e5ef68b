import type { Call } from "./call";
import { send } from "./call";
import type { Session } from "./session";
import type {
  Consent,
  ConsentText,
  FaceEnrolled,
  FaceState,
  GateAnswer,
  Journey,
  LineStops,
  OpenConnection,
  Page,
  Payment,
  Person,
  RedeemedLink,
  Station,
  StationLink,
  StopActivity,
  TillAnswer,
  TopUp,
  Wallet,
  WalletEntry,
} from "./types";

const at = (...parts: string[]) => `/${parts.map(encodeURIComponent).join("/")}`;

function query(path: string, values: Record<string, string | null | undefined>): string {
  const given = Object.entries(values).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

/** What a signed-in person may ask of the server. */
export class PersonApi {
  constructor(private readonly session: Session) {}

  faceConsentText = () => this.#get<ConsentText>("/consents/face");
  consents = (user: string) => this.#get<Page<Consent>>(at("users", user, "consents"));
  grantFaceConsent = (user: string) =>
    this.#write<Consent>({ path: at("users", user, "consents"), method: "POST", body: { purpose: "face" } });
  withdrawFaceConsent = (user: string) =>
    this.#write<void>({ path: at("users", user, "consents", "face"), method: "DELETE" });

  face = (user: string) => this.#get<FaceState>(at("users", user, "face"));
  eraseFace = (user: string) => this.#write<void>({ path: at("users", user, "face"), method: "DELETE" });
  enrolFace(user: string, photos: Blob[]): Promise<FaceEnrolled> {
    const form = new FormData();
    for (const [index, photo] of photos.entries()) form.append("image", photo, `photo-${index + 1}.jpg`);
    return this.#write<FaceEnrolled>({ path: at("users", user, "face"), method: "PUT", form, timeoutMs: 60_000 });
  }

  wallet = () => this.#get<Wallet>("/wallet");
  walletEntries = (cursor?: string | null) => this.#get<Page<WalletEntry>>(query("/wallet/entries", { cursor }));
  topUp = (key: string, amount: { amount_minor: number; currency: string }) =>
    this.#write<TopUp>({ path: "/wallet/top-ups", method: "POST", key, body: amount });
  topUpState = (id: string) => this.#get<TopUp>(at("wallet", "top-ups", id));

  journeys = (user: string, cursor?: string | null) =>
    this.#get<Page<Journey>>(query("/journeys", { user_id: user, cursor }));

  payments = (user: string) => this.#get<Page<Payment>>(query("/transactions", { user_id: user }));
  confirmPayment = (key: string, id: string) =>
    this.#write<Payment>({ path: at("transactions", id, "confirm"), method: "POST", key, body: {} });

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

  liveTicket = async () => (await this.#write<{ ticket: string }>({ path: "/live/tickets", method: "POST" })).ticket;

  #get<T>(path: string): Promise<T> {
    return this.session.call<T>({ path });
  }

  #write<T>(call: Call): Promise<T> {
    return this.session.call<T>(call);
  }
}

export const signUp = (key: string, person: { name: string; email: string; password: string }) =>
  send<Person>({ path: "/users", method: "POST", key, body: person });

export const redeemStationLink = (code: string) =>
  send<RedeemedLink>({ path: at("station-links", code), method: "POST", body: {} });

/** What a station may ask of the server, with its own key. */
export class StationApi {
  constructor(
    private readonly stationId: string,
    private readonly stationKey: string,
  ) {}

  gateSighting = (key: string, picture: Blob) => this.#sighting<GateAnswer>("gates", key, picture);
  tillSighting = (key: string, picture: Blob) => this.#sighting<TillAnswer>("tills", key, picture);

  pay = (key: string, payment: Pick<Payment, "user_id" | "merchant_id" | "amount"> & { sighting_id: string }) =>
    send<Payment>({ path: "/transactions", method: "POST", key, headers: this.#headers, body: payment });

  payment = (id: string) => send<Payment>({ path: at("transactions", id), headers: this.#headers });

  #sighting<T>(place: "gates" | "tills", key: string, picture: Blob): Promise<T> {
    const form = new FormData();
    form.append("image", picture, "sighting.jpg");
    const path = at(place, this.stationId, "sightings");
    return send<T>({ path, method: "POST", key, headers: this.#headers, form });
  }

  get #headers() {
    return { "x-station-key": this.stationKey };
  }
}
