import { beforeEach, expect, test, vi } from "vitest";
import { Session } from "./session";

class MemoryStorage implements Storage {
  readonly #items = new Map<string, string>();
  get length() {
    return this.#items.size;
  }
  clear = () => this.#items.clear();
  getItem = (name: string) => this.#items.get(name) ?? null;
  key = () => null;
  removeItem = (name: string) => void this.#items.delete(name);
  setItem = (name: string, value: string) => void this.#items.set(name, value);
}

const user = { id: "p1", name: "Asha Roy", email: "asha@example.org", roles: ["customer"] };
const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });

let storage: MemoryStorage;
let valid: string;
let refreshes: number;
let answerRefresh: () => Response;

const fetcher = vi.fn(async (path: string, init: RequestInit) => {
  await Promise.resolve();
  if (path === "/auth/token") return json(200, { access_token: valid, refresh_token: "r0", expires_in: 900, user });
  if (path === "/auth/refresh") {
    refreshes++;
    return answerRefresh();
  }
  const headers = init.headers as Record<string, string>;
  return headers.authorization === `Bearer ${valid}` ? json(200, { path }) : json(401, { code: "token_expired" });
});

const signedIn = async () => {
  const session = new Session("test", { storage, fetcher, channel: null, exclusively: (_name, work) => work() });
  await session.signIn("asha@example.org", "correct horse");
  return session;
};

beforeEach(() => {
  storage = new MemoryStorage();
  valid = "a0";
  refreshes = 0;
  answerRefresh = () => json(200, { access_token: valid, refresh_token: `r${refreshes}`, expires_in: 900, user });
});

test("Calls that meet an expired token together refresh it once and are all sent again", async () => {
  const session = await signedIn();
  valid = "a1";
  const answers = await Promise.all(["/wallet", "/journeys", "/stops"].map((path) => session.call({ path })));
  expect(answers).toEqual([{ path: "/wallet" }, { path: "/journeys" }, { path: "/stops" }]);
  expect(refreshes).toBe(1);
});

test("A lost connection while refreshing keeps the session; a refusal ends it", async () => {
  const session = await signedIn();
  valid = "a1";
  answerRefresh = () => {
    throw new TypeError("network");
  };
  await expect(session.call({ path: "/wallet" })).rejects.toMatchObject({ code: "unreachable" });
  expect(session.person?.id).toBe("p1");

  answerRefresh = () => json(401, { code: "refresh_token_reused" });
  await expect(session.call({ path: "/wallet" })).rejects.toMatchObject({ code: "signed_out" });
  expect(session.person).toBeNull();
});

test("A page opened later goes on with the stored refresh token", async () => {
  await signedIn();
  const later = new Session("test", { storage, fetcher, channel: null, exclusively: (_name, work) => work() });
  expect(later.person?.name).toBe("Asha Roy");
  await expect(later.call({ path: "/wallet" })).resolves.toEqual({ path: "/wallet" });
  expect(refreshes).toBe(1);
});
