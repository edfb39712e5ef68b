/** Passes words on: the first at once, those that follow in bundles of one moment, however many come. */
export class Hints {
  readonly #waiting = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly pass: (words: string[]) => void,
    private readonly everyMs = 1_000,
  ) {}

  add(...words: string[]): void {
    for (const word of words) this.#waiting.add(word);
    if (this.#timer === undefined) this.#flush();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
  }

  #flush = (): void => {
    const words = [...this.#waiting];
    this.#waiting.clear();
    this.#timer = words.length > 0 ? setTimeout(this.#flush, this.everyMs) : undefined;
    if (words.length > 0) this.pass(words);
  };
}
