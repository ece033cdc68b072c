/**
 * A line of chat that replaces itself (XEP-0308, version 1.2.1). §4 does not want a message to be expanded for ever: each state of
 * a line replaces the one before, seldom, and the line ends.
 */
import type { ProgressLine } from "../control/ports.js";
import type { Clock } from "../lib/clock.js";
import { randomId } from "../lib/ids.js";
import type { Said } from "../lib/said.js";
import type { Element } from "./stanza.js";
import * as correction from "./wire/xep0308-correction.js";
import * as hints from "./wire/xep0334-hints.js";

/** At least this long, in ms, between two states of a line. */
const PACE = 2000;

export interface LineParts {
  /** Sends a message with that id and those words. */
  readonly say: (id: string, said: Said, ...more: Element[]) => Promise<void>;
  /** Whether it would be replaced, rather than shown again, just now. */
  readonly corrects: () => boolean;
}

/** Unsaid → said, and replaced at {@link PACE} where it can be → ended. */
export class Line implements ProgressLine {
  readonly #id = randomId();
  #said = false;
  #ended = false;
  /** The newest of the states that the pace holds back. */
  #next: Said | undefined;
  /** Set while the pace holds back. */
  #rest: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly parts: LineParts,
  ) {}

  update(said: Said): void {
    if (this.#ended || (this.#said && !this.parts.corrects())) return;
    if (this.#rest) {
      this.#next = said;
      return;
    }
    // Archives and offline stores keep the first state and the last; those between are worth nothing an instant later (XEP-0334 §3.2).
    const more = this.#said ? [correction.write(this.#id), hints.write("no-store")] : [];
    // A state that is lost is made good by the next.
    const sent = this.parts.say(this.#said ? randomId() : this.#id, said, ...more).catch(() => {});
    this.#said = true;
    this.#rest = this.clock.after(PACE, () => {
      // What a slow stream has not taken yet is not added to.
      void sent.then(() => this.#goOn());
    });
  }

  async end(said: Said): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#rest?.();
    const replaces = this.#said && this.parts.corrects();
    await this.parts.say(randomId(), said, ...(replaces ? [correction.write(this.#id)] : []));
  }

  #goOn(): void {
    const said = this.#next;
    this.#next = undefined;
    this.#rest = undefined;
    if (said !== undefined) this.update(said);
  }
}
