import type { FuelUnit, PumpNozzle } from "../../shared/fuel/types";

/** What the server says to a lifted nozzle. */
export interface LiftAnswer {
  authorised: boolean;
  reason: string;
  text: string;
  session_id: string | null;
  max_minor: number | null;
  max_volume_thousandths: number | null;
  unit_price: number | null;
  unit: FuelUnit | null;
  currency: string;
}

/** What the server says to the end of a delivery. */
export interface DeliveryAnswer {
  session_id: string | null;
  amount_minor: number | null;
  currency: string;
  quarantined: boolean;
}

/** Where a delivery is: asked for, flowing or refused. Kept in storage, as a pump keeps its meter. */
export interface Delivery {
  seq: number;
  nozzle: PumpNozzle;
  thousandths: number;
  /** Null while nobody has answered. */
  lift: LiftAnswer | null;
  /** Its beginning is told after its end. */
  backwards: boolean;
}

/** What was delivered last, for the display. */
export interface Filled {
  nozzle: PumpNozzle;
  thousandths: number;
  amountMinor: number;
}

/** What a quantity costs, in the smallest coin: exact, rounded once, half up, as the server does it. */
export function amountOf(thousandths: number, unitPrice: number): number {
  return Number((BigInt(thousandths) * BigInt(unitPrice) + 500_000n) / 1_000_000n);
}

/** How much may flow yet. */
export function roomOf(delivery: Delivery): number {
  if (delivery.backwards) return Number.MAX_SAFE_INTEGER;
  if (!delivery.lift?.authorised) return 0;
  const most = delivery.lift.max_volume_thousandths ?? Number.MAX_SAFE_INTEGER;
  return Math.max(0, most - delivery.thousandths);
}

/** Price of this delivery: the one that was frozen for it. */
export const priceOf = (delivery: Delivery) => delivery.lift?.unit_price ?? delivery.nozzle.unit_price ?? 0;

/** A delivery, and the pump's count of them, over reloads and crashes. */
export class PumpMemory {
  constructor(
    private readonly storage: Storage,
    private readonly pump: string,
  ) {}

  get delivery(): Delivery | null {
    try {
      const kept = JSON.parse(this.storage.getItem(this.#name("delivery")) ?? "null") as Delivery | null;
      return kept?.nozzle && kept.seq > 0 ? kept : null;
    } catch {
      return null;
    }
  }

  set delivery(delivery: Delivery | null) {
    if (delivery) this.storage.setItem(this.#name("delivery"), JSON.stringify(delivery));
    else this.storage.removeItem(this.#name("delivery"));
  }

  /** The next number of a delivery: above all that were used, also by a pump whose memory was lost. */
  nextSeq(): number {
    const last = Number(this.storage.getItem(this.#name("seq")) ?? 0) || 0;
    const next = Math.max(last + 1, Date.now());
    this.storage.setItem(this.#name("seq"), `${next}`);
    return next;
  }

  #name(what: string) {
    return `sightpay.pump.${this.pump}.${what}`;
  }
}
