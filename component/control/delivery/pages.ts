/** Capability URLs as pages show them: looking moves nothing, and declining is the one thing that can be done. */
import { Refusal } from "../../lib/errors.js";
import { hashToken } from "../../lib/ids.js";
import type { Clock } from "../../lib/clock.js";
import type { Delivery } from "./delivery.js";
import type { Pictures } from "../intake/pictures.js";
import type { Index, OpenPage, PageDesk } from "../ports.js";

export interface PagesParts {
  readonly index: Index;
  readonly delivery: Delivery;
  readonly pictures: Pictures;
  readonly clock: Clock;
}

export class Pages implements PageDesk {
  readonly #parts: PagesParts;

  constructor(parts: PagesParts) {
    this.#parts = parts;
  }

  async look(token: string): Promise<OpenPage> {
    const { link, file, parcel } = await this.#find(token);
    return {
      name: file.name,
      size: file.size,
      mediaType: file.mediaType,
      sha256: file.sha256,
      mark: file.mark,
      until: Math.min(link.until, file.until),
      picture: await this.#parts.pictures.of(file),
      parcel: parcel && { sender: parcel.sender, state: parcel.state },
    };
  }

  async decline(token: string): Promise<void> {
    const { parcel } = await this.#find(token);
    if (!parcel) throw new Refusal("not-allowed");
    await this.#parts.delivery.apply(parcel.id, "decline");
  }

  async #find(token: string) {
    const { index, delivery, clock } = this.#parts;
    const hash = hashToken(token);
    await delivery.settled(hash);
    const found = await index.link(hash);
    if (!found) throw new Refusal("not-found");
    if (found.link.until <= clock.now()) throw new Refusal("link-ended");
    return found;
  }
}
