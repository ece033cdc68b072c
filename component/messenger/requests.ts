/**
 * Which of our iqs are still unanswered (RFC 6120 §8.2.3). A reply counts when it has the id and comes from the very address that was
 * asked; anything else that says "result" or "error" is nobody's: a stranger's guess, a second answer, or one that came too late.
 */
import type { Clock } from "../lib/clock.js";
import { Refusal } from "../lib/errors.js";
import { randomId } from "../lib/ids.js";
import { type Jid, toJid } from "../lib/jid.js";
import { type Element, NS_STANZAS, StanzaError } from "./stanza.js";
import { readCondition } from "./wire/rfc6120-error.js";

interface Pending {
  readonly from: Jid;
  settle(answer: Element | Error): void;
}

export class Requests {
  readonly #pending = new Map<string, Pending>();
  readonly #clock: Clock;
  readonly #most: number;

  /** At most `most` at once. */
  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  /**
   * Waits for the answer of `to`, for at most `timeout` ms. Answers the id to ask with, and the promise of the result, which rejects
   * as {@link StanzaStream.request} says.
   */
  open(to: string, timeout: number, signal?: AbortSignal): { id: string; answer: Promise<Element> } {
    const from = toJid(to);
    if (!from) throw new TypeError(`a request to no address: ${JSON.stringify(to)}`);
    if (this.#pending.size >= this.#most) throw new Refusal("offline", {}, { cause: new Error("too many requests") });
    signal?.throwIfAborted();
    const id = randomId();
    const answer = new Promise<Element>((resolve, reject) => {
      const settle = (what: Element | Error): void => {
        this.#pending.delete(id);
        cancel();
        signal?.removeEventListener("abort", aborted);
        if (what instanceof Error) reject(what);
        else resolve(what);
      };
      const aborted = (): void => settle(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
      const cancel = this.#clock.after(timeout, () =>
        settle(new Refusal("offline", {}, { cause: new Error(`no answer from ${from} within ${timeout} ms`) })),
      );
      signal?.addEventListener("abort", aborted, { once: true });
      this.#pending.set(id, { from, settle });
    });
    return { id, answer };
  }

  /** Takes an iq of type result or error; false when it answers nothing that was asked. */
  take(iq: Element): boolean {
    const { id, from, type } = iq.attrs as Record<string, string | undefined>;
    const pending = this.#pending.get(id ?? "");
    if (!pending || toJid(from ?? "") !== pending.from) return false;
    pending.settle(type === "error" ? errorOf(iq) : iq);
    return true;
  }

  /** Gives up the request with this id, if it is still open. */
  fail(id: string, why: Error): void {
    this.#pending.get(id)?.settle(why);
  }

  /** Nothing more will be answered. */
  end(why: Error): void {
    for (const pending of [...this.#pending.values()]) pending.settle(why);
  }
}

function errorOf(iq: Element): StanzaError {
  const error = iq.getChild("error");
  const type: unknown = error?.attrs["type"];
  return new StanzaError(
    readCondition(iq),
    typeof type === "string" ? type : "cancel",
    error?.getChildText("text", NS_STANZAS) ?? "",
  );
}
