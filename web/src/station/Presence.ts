import { difference, type Grey } from "../shared/camera/measure";

const changedBy = 10;
const stirredBy = 3;
const idleMs = 1_500;

/**
 * Decides when the camera's view is worth a question. Somebody who got an answer is not asked about again until the
 * view has changed, and an empty view is looked at slowly until something stirs in it.
 */
export class Presence {
  #answered: Grey | null = null;
  #empty: Grey | null = null;
  #emptyAtMs = 0;
  #changes = 0;

  /** A person in this view got an answer. */
  answered(view: Grey): void {
    this.#answered = view;
    this.#empty = null;
    this.#changes = 0;
  }

  /** There was nobody to recognise in this view. */
  nobody(view: Grey, nowMs: number): void {
    this.#empty = view;
    this.#emptyAtMs = nowMs;
  }

  /** Somebody wants to be asked about again. */
  reset(): void {
    this.#answered = null;
    this.#empty = null;
  }

  get waiting(): boolean {
    return this.#answered !== null;
  }

  mayAsk(view: Grey, nowMs: number): boolean {
    if (this.#answered) {
      // Two glances in a row, so that a flicker of the light does not pass for a new person.
      this.#changes = difference(view, this.#answered) > changedBy ? this.#changes + 1 : 0;
      if (this.#changes < 2) return false;
      this.#answered = null;
    }
    if (this.#empty && nowMs - this.#emptyAtMs < idleMs) return difference(view, this.#empty) > stirredBy;
    return true;
  }
}
