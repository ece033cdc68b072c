/**
 * Hands a parcel over by stream initiation (XEP-0095 with XEP-0096), for clients that know nothing newer: Pidgin, Finch, Psi, and others.
 * SI has no word for taking an offer back: whoever accepts one that was withdrawn gets a stream that ends at once.
 */
import type { OfferEvent, OfferMethod, OfferOrder, Parcel, Resource } from "../../control/ports.js";
import { Refusal } from "../../lib/errors.js";
import { randomId } from "../../lib/ids.js";
import type { FullJid } from "../../lib/jid.js";
import { longLived } from "../../lib/signals.js";
import * as fileTransfer from "../wire/xep0096-si-ft.js";
import { SiOffer, type SiOfferParts } from "./si-offer.js";

export interface SiMethodParts extends SiOfferParts {
  /** Who offers: the contact's client, as presence shows it. */
  readonly self: FullJid;
}

export class SiMethod implements OfferMethod {
  readonly name = "si";
  readonly keeps = false;
  /** Offers that are not over. */
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = longLived();

  constructor(private readonly parts: SiMethodParts) {}

  /** Only the profile is asked for: gloox has streams that it does not tell of. */
  suits(_parcel: Parcel, resource: Resource | undefined): boolean {
    return resource?.can(fileTransfer.NS) === true;
  }

  /** Speaks to the first client alone. */
  offer(order: OfferOrder, report: (event: OfferEvent) => Promise<void>): () => void {
    const { self, log } = this.parts;
    const [client] = order.resources;
    const over = new AbortController();
    if (!client) {
      void report({ type: "failed", code: "no-method" });
      return () => {};
    }
    const address = { peer: client.jid, self, sid: randomId() };
    const run = new SiOffer(this.parts, address, order, report, over.signal, this.#stopping.signal)
      .run()
      .catch((err: unknown) => log.error({ err, to: client.jid }, "an offer by stream initiation failed"))
      .finally(() => this.#running.delete(run));
    this.#running.add(run);
    return () => over.abort(new Error("withdrawn"));
  }

  /** Breaks off what is under way: what moved is reported as cut. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Refusal("stopping"));
    await Promise.all(this.#running);
  }
}
