import { expect, test } from "vitest";
import type { Vehicle } from "../shared/api/types";
import { payWords } from "./vehicleWords";

const vehicle: Vehicle = {
  id: "v",
  plate: "WB02AK1234",
  region: "in",
  name: "",
  fuel: "petrol",
  auto_pay_max_minor: 0,
  currency: "INR",
  role: "owner",
  disputed: false,
  owner_name: null,
  drivers: [],
  created_at: "2026-05-01T12:00:00Z",
};

test("A vehicle says what becomes of its bill", () => {
  expect(payWords(vehicle)).toMatch(/^Asks you/);
  expect(payWords({ ...vehicle, auto_pay_max_minor: 50_000 })).toMatch(/up to .*500/);
  expect(payWords({ ...vehicle, auto_pay_max_minor: 50_000, disputed: true })).toMatch(/^Asks you first/);
});
