import { expect, test } from "vitest";
import { countriesByName, countryName, likelyCountry } from "./countries";

test("Countries are listed by their names, and one that nobody knows keeps its code", () => {
  expect(countriesByName(["pl", "at"]).map(({ value }) => value)).toEqual(["at", "pl"]);
  expect(countryName("??")).toBe("??");
});

test("The first country on offer is that of the reader's language", () => {
  expect(likelyCountry(["at", "in", "pl"], "pl")).toBe("pl");
  expect(likelyCountry(["at", "in"], "en-IN")).toBe("in");
  expect(likelyCountry(["at", "in"], "ja")).toBe("at");
});
