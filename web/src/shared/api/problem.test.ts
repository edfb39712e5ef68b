import { expect, test } from "vitest";
import { ApiProblem, fieldErrors, problemFromWire, problemOf, sentenceOf } from "./problem";

test("People read sentences, never codes", async () => {
  const body = { status: 409, code: "email_taken", detail: "taken", retryable: false, errors: { email: ["Taken."] } };
  const problem = await problemOf(new Response(JSON.stringify(body), { status: 409 }));
  expect(sentenceOf(problem)).toMatch(/^There is already an account/);
  expect(fieldErrors(problem)).toEqual({ email: "Taken." });
  for (const status of [0, 400, 401, 403, 404, 413, 429, 500, 503])
    expect(sentenceOf(new ApiProblem(status, "a_code_of_tomorrow"))).toMatch(/^[A-Z].*\.$/);
});

test("An unknown code falls back to the server's own sentence", () => {
  expect(sentenceOf(new ApiProblem(422, "a_code_of_tomorrow", "Do this instead."))).toBe("Do this instead.");
});

test("An error page of a proxy is a problem that may be retried, not a crash", async () => {
  const problem = await problemOf(new Response("<html>Bad gateway</html>", { status: 502 }));
  expect(problem.unanswered).toBe(true);
  expect(sentenceOf(problem)).toMatch(/try again/);
});

test("A wrong PIN says how often it may still be tried", async () => {
  const wire = (left: number) => problemFromWire({ status: 403, code: "pin_wrong", tries_left: left });
  expect(sentenceOf(wire(4))).toMatch(/4 tries are left/);
  expect(sentenceOf(wire(1))).toMatch(/One try is left/);
  expect(sentenceOf(wire(0))).toMatch(/locked/);
});
