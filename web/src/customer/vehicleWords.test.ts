import { expect, test } from "vitest";
import type { Vehicle } from "../shared/api/types";
import { countriesByName, countryName, likelyCountry, payWords } from "./vehicleWords";

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

test("Countries are listed by their names, and one that nobody knows keeps its code", () => {
  expect(countriesByName(["pl", "at"]).map(({ value }) => value)).toEqual(["at", "pl"]);
  expect(countryName("??")).toBe("??");
});

test("The first country on offer is that of the reader's language", () => {
  expect(likelyCountry(["at", "in", "pl"], "pl")).toBe("pl");
  expect(likelyCountry(["at", "in"], "en-IN")).toBe("in");
  expect(likelyCountry(["at", "in"], "ja")).toBe("at");
});
