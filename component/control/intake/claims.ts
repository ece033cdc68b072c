/**
 * Links of our own that come back: nothing is fetched, for the bytes are here. Somebody's own file is the one that he has; another's becomes a
 * copy that shares its bytes. We never connect to ourselves.
 */
import { Refusal } from "../../lib/errors.js";
import { hashToken } from "../../lib/ids.js";
import { bareOf, type BareJid } from "../../lib/jid.js";
import { LINK_PATH, ownPath, tokenOf } from "../../lib/link-url.js";
import { isSealed } from "../../lib/sealed-link.js";
import type { Keeper, Sender } from "./keeper.js";
import type { KeptFile, Parcel } from "../ports.js";

export class Claims {
  readonly #keeper: Keeper;
  readonly #base: string;

  /** `base`: where people reach the web end. */
  constructor(keeper: Keeper, base: string) {
    this.#keeper = keeper;
    this.#base = base;
  }

  /** Whether a link leads here. */
  isOurs(url: string): boolean {
    return ownPath(this.#base, url) !== undefined;
  }

  /**
   * Gives the sender the file behind a link of ours; `link` is the link as it came, `url` what would be fetched for it. Settles when that is on record.
   * @throws Refusal "not-found", "link-ended", "scanner-down", "over-quota"
   */
  async claim(sender: Sender, link: string, url: string, recipients: readonly BareJid[]): Promise<void> {
    const { services } = this.#keeper.parts;
    const path = ownPath(this.#base, url) ?? "";
    const found = await services.index.link(hashToken(tokenOf(path, LINK_PATH) ?? ""));
    if (!found) throw new Refusal("not-found");
    if (found.link.until <= services.clock.now()) throw new Refusal("link-ended");
    // What waits for the virus check does not get round it by being called sealed.
    if (isSealed(link) && found.file.mark === "held") throw new Refusal("scanner-down");
    const isOwn = found.file.owner === bareOf(sender.from) && !isSealed(link);
    const via = this.#keeper.via(sender.answering);
    const file = isOwn ? found.file : await this.#copy(found.file, sender, link, via);
    if (isOwn) await services.index.addNotices([this.#keeper.kept(file, via)]);
    if (recipients.length > 0) await this.#keeper.passOn(file, recipients, via);
    this.#keeper.tell({ owner: file.owner });
  }

  /** What is sealed is passed on by the link that has its key, which the file behind it does not know of. */
  async #copy(file: KeptFile, sender: Sender, link: string, via: Parcel["via"]): Promise<KeptFile> {
    const { services, limits } = this.#keeper.parts;
    const at = services.clock.now();
    const { name, mediaType } = file;
    const fresh = { name, mediaType, at, until: at + limits.keep, ...(isSealed(link) && { mark: "sealed" as const, sealed: link }) }; // prettier-ignore
    const copy = await services.index.copyFile(file.id, bareOf(sender.from), fresh, limits.quota, (f) => [this.#keeper.kept(f, via)]); // prettier-ignore
    if (!copy) throw new Refusal("link-ended");
    return copy;
  }
}
