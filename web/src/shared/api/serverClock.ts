/**
 * The server's clock as its answers tell it, so that a countdown is right on a phone whose own clock is not. The Date
 * header names whole seconds and is renewed once in a second, so that the truth is up to two seconds later: never is
 * more time shown than there is.
 */
export class ServerClock {
  #aheadMs = 0;

  constructor(private readonly own: () => number = Date.now) {}

  hear(date: string | null): void {
    const at = date === null ? Number.NaN : Date.parse(date);
    if (!Number.isNaN(at)) this.#aheadMs = at + 2_000 - this.own();
  }

  /** Milliseconds since 1970, as the server counts them. */
  now(): number {
    return this.own() + this.#aheadMs;
  }
}

export const serverClock = new ServerClock();
