import { type Call, type Fetcher, send } from "./call";
import { ApiProblem } from "./problem";
import type { SignedInPerson, Tokens } from "./types";

interface Kept {
  refresh_token: string;
  user: SignedInPerson;
}

interface AccessToken {
  token: string;
  person: string;
}

export interface SessionParts {
  storage: Storage;
  fetcher: Fetcher;
  /** Tabs of one browser hand each other fresh access tokens; null where there is no channel. */
  channel: BroadcastChannel | null;
  /** Runs the work while no other tab does; without locks the server's own grace for a repeated token suffices. */
  exclusively: <T>(name: string, work: () => Promise<T>) => Promise<T>;
}

/**
 * A signed-in person in this browser. The access token lives in memory, the refresh token in localStorage, which all
 * tabs share. An expired access token is renewed once however many calls noticed it, and those calls are sent again.
 * Only a refusal by the server signs out; a lost connection never does.
 */
export class Session {
  readonly #slot: string;
  readonly #parts: SessionParts;
  readonly #listeners = new Set<() => void>();
  #person: SignedInPerson | null;
  #access: AccessToken | null = null;
  #renewing: Promise<AccessToken> | null = null;

  constructor(name: string, parts: SessionParts = browserParts(name)) {
    this.#slot = `sightpay.${name}.session`;
    this.#parts = parts;
    this.#person = this.#kept()?.user ?? null;
    parts.channel?.addEventListener("message", (event: MessageEvent<AccessToken>) => {
      if (event.data.person === this.#person?.id) this.#access = event.data;
    });
    globalThis.addEventListener?.("storage", (event) => {
      if (event.key === this.#slot || event.key === null) this.#follow();
    });
  }

  get person(): SignedInPerson | null {
    return this.#person;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  snapshot = (): SignedInPerson | null => this.#person;

  async signIn(email: string, password: string): Promise<SignedInPerson> {
    const tokens = await send<Tokens>(
      { path: "/auth/token", method: "POST", body: { email, password } },
      this.#parts.fetcher,
    );
    this.#keep(tokens, tokens.user);
    return tokens.user;
  }

  /** Ends the session here at once; the server is told as well as the connection allows. */
  async signOut(): Promise<void> {
    const kept = this.#kept();
    this.#forget();
    if (!kept) return;
    const body = { refresh_token: kept.refresh_token };
    await send({ path: "/auth/sign-out", method: "POST", body }, this.#parts.fetcher).catch(() => {});
  }

  /** Sends a call as this person. */
  async call<T>(call: Call): Promise<T> {
    const access = this.#access ?? (await this.#renew(null));
    try {
      return await this.#sendWith<T>(call, access);
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.status !== 401) throw error;
      return await this.#sendWith<T>(call, await this.#renew(access));
    }
  }

  #sendWith<T>(call: Call, access: AccessToken): Promise<T> {
    const headers = { ...call.headers, authorization: `Bearer ${access.token}` };
    return send<T>({ ...call, headers }, this.#parts.fetcher);
  }

  #renew(refused: AccessToken | null): Promise<AccessToken> {
    if (this.#access && this.#access.token !== refused?.token) return Promise.resolve(this.#access);
    this.#renewing ??= this.#parts
      .exclusively(this.#slot, () => this.#renewAlone(refused))
      .finally(() => {
        this.#renewing = null;
      });
    return this.#renewing;
  }

  async #renewAlone(refused: AccessToken | null): Promise<AccessToken> {
    // Another tab may have renewed while this one waited for its turn.
    if (this.#access && this.#access.token !== refused?.token) return this.#access;
    const kept = this.#kept();
    if (!kept) {
      this.#forget();
      throw new ApiProblem(401, "signed_out");
    }
    try {
      const body = { refresh_token: kept.refresh_token };
      const tokens = await send<Tokens>({ path: "/auth/refresh", method: "POST", body }, this.#parts.fetcher);
      return this.#keep(tokens, tokens.user ?? kept.user);
    } catch (error) {
      const refusal = error instanceof ApiProblem && !error.unanswered;
      if (!refusal) throw error;
      if (this.#kept()?.refresh_token === kept.refresh_token) this.#forget();
      throw new ApiProblem(401, "signed_out");
    }
  }

  #kept(): Kept | null {
    try {
      const kept = JSON.parse(this.#parts.storage.getItem(this.#slot) ?? "null") as Kept | null;
      return kept?.refresh_token && kept.user?.id ? kept : null;
    } catch {
      return null;
    }
  }

  #keep(tokens: Tokens, user: SignedInPerson): AccessToken {
    const kept: Kept = { refresh_token: tokens.refresh_token, user };
    this.#parts.storage.setItem(this.#slot, JSON.stringify(kept));
    const access = { token: tokens.access_token, person: user.id };
    this.#access = access;
    this.#parts.channel?.postMessage(access);
    this.#become(user);
    return access;
  }

  #forget(): void {
    this.#parts.storage.removeItem(this.#slot);
    this.#access = null;
    this.#become(null);
  }

  /** Another tab signed in, out or renewed. */
  #follow(): void {
    const user = this.#kept()?.user ?? null;
    if (user?.id !== this.#access?.person) this.#access = null;
    this.#become(user);
  }

  #become(user: SignedInPerson | null): void {
    if (JSON.stringify(user) === JSON.stringify(this.#person)) return;
    this.#person = user;
    for (const listener of this.#listeners) listener();
  }
}

function browserParts(name: string): SessionParts {
  return {
    storage: localStorage,
    fetcher: (input, init) => fetch(input, init),
    channel: typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(`sightpay.${name}`),
    exclusively: (lock, work) => (navigator.locks ? navigator.locks.request(lock, work) : work()),
  };
}
