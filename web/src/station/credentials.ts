import { redeemStationLink } from "../shared/api/server";

/** What this screen is: the station it speaks for and that station's key. */
export interface Credentials {
  station_id: string;
  station_key: string;
  kind: string;
  name: string;
  /** The shop of a till, the stop of a gate. */
  place_id: string;
  place_name: string;
}

/** What every kiosk is given. */
export interface KioskProps {
  credentials: Credentials;
  onUnlink: () => void;
}

const slot = "sightpay.station";

export function readCredentials(): Credentials | null {
  try {
    const kept = JSON.parse(localStorage.getItem(slot) ?? "null") as Credentials | null;
    return kept?.station_id && kept.station_key ? kept : null;
  } catch {
    return null;
  }
}

export function forgetCredentials(): void {
  localStorage.removeItem(slot);
}

const redeeming = new Map<string, Promise<Credentials>>();

/** Turns a one-time link into this screen's own key; a code is sent once however often it is asked for. */
export function redeem(code: string): Promise<Credentials> {
  const running = redeeming.get(code) ?? redeemNow(code);
  redeeming.set(code, running);
  running.catch(() => redeeming.delete(code));
  return running;
}

async function redeemNow(code: string): Promise<Credentials> {
  const link = await redeemStationLink(code);
  const place = typeof link.place === "string" ? { id: link.place, name: link.place } : link.place;
  const credentials = {
    station_id: link.station_id,
    station_key: link.station_key,
    kind: link.kind,
    name: link.name,
    place_id: place?.id ?? "",
    place_name: place?.name ?? "",
  };
  localStorage.setItem(slot, JSON.stringify(credentials));
  return credentials;
}

/** The code in a pasted link or in the address bar; a bare code is taken as it is. */
export function codeOf(text: string): string | null {
  const inLink = /[#&?]link=([^&\s]+)/.exec(text)?.[1];
  if (inLink) return decodeURIComponent(inLink);
  return /^[\w-]{6,}$/.test(text.trim()) ? text.trim() : null;
}
