import type { PlateClaimState, Vehicle, VehicleFuel } from "../shared/api/types";
import { money } from "../shared/format";

export const fuelWords: Readonly<Record<VehicleFuel, string>> = {
  petrol: "Petrol",
  diesel: "Diesel",
  electric: "Electric",
  petrol_or_electric: "Petrol and plug",
  unknown: "Not said",
};

export const fuels = Object.entries(fuelWords).map(([value, label]) => ({ value, label }));

/** What becomes of the bill when this vehicle fills up. */
export function payWords(vehicle: Vehicle): string {
  if (vehicle.disputed) return "Asks you first: somebody says that this plate is theirs";
  if (vehicle.auto_pay_max_minor === 0) return "Asks you before it pays";
  return `Pays by itself up to ${money(vehicle.auto_pay_max_minor, vehicle.currency)}`;
}

export const claimWords: Readonly<Record<PlateClaimState, { title: string; text: string }>> = {
  open: { title: "Waits for a decision", text: "An operator looks at it. You hear of it here." },
  upheld: { title: "It is yours", text: "The plate is in your account now." },
  rejected: { title: "It stays with its owner", text: "An operator has decided so." },
  released: { title: "The plate is free", text: "Its owner has given it up. Add it before somebody else does." },
  withdrawn: { title: "Taken back", text: "You took this claim back." },
};
