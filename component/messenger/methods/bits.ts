/**
 * Thumbnails of what is being offered, for those to whom it is offered, and nobody else: a Content-ID is a hash, and whoever has the file could
 * otherwise ask whether we have it, too (XEP-0231 §2.5). They are remembered as long as such offers live; what a link's message shows, it brings along.
 */
import type { Picture } from "../../control/ports.js";
import { Refusal } from "../../lib/errors.js";
import { bareOf, type BareJid } from "../../lib/jid.js";
import { putLast } from "../../lib/latest.js";
import type { IqRequest, Router } from "../stanza.js";
import * as bob from "../wire/xep0231-bob.js";
import type { Thumbnail } from "../wire/xep0264-thumbnails.js";

/** With 8 KB each, some MB. The oldest goes. */
const MOST = 1000;

type Likeness = NonNullable<Picture["thumbnail"]>;

export class Bits {
  readonly #shown = new Map<string, Likeness>();

  constructor(private readonly parts: { readonly router: Router }) {}

  start(): void {
    this.parts.router.iq("get", bob.NS, "data", (request) => this.#answer(request));
  }

  /** What an offer to him says of it; from then on he can have it. */
  show(to: BareJid, picture: Picture | undefined): Thumbnail | undefined {
    const likeness = picture?.thumbnail;
    if (!likeness) return undefined;
    const cid = bob.cidOf(likeness.bytes);
    putLast(this.#shown, keyOf(to, cid), likeness, MOST);
    return { ...likeness, cid };
  }

  #answer({ from, payload }: IqRequest) {
    const cid = bob.read(payload);
    if (cid === undefined) throw new Refusal("not-understood");
    const likeness = this.#shown.get(keyOf(bareOf(from), cid));
    if (!likeness) throw new Refusal("not-found");
    return bob.write(cid, likeness.mediaType, likeness.bytes);
  }
}

function keyOf(who: BareJid, cid: string): string {
  return `${who}\n${cid}`; // no address has a line end in it
}
