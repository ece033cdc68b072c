/**
 * From whom somebody takes nothing: an address, or everybody at a domain. By the chat word, and by his client's own command (XEP-0191), with
 * a complaint if he has one (XEP-0377). Whoever is blocked under his address here is blocked, and named, under his own.
 */
import { bareOf, type BareJid, type Jid } from "../../lib/jid.js";
import { personBehind } from "../../lib/stand-in.js";
import { Refusal } from "../../lib/errors.js";
import { endIfOpen } from "../delivery/sending.js";
import type { Pace } from "./access.js";
import type { Services } from "../services.js";
import type { BlockDesk, BlockItem } from "../ports.js";
import { example, say } from "../words.js";

const PAGE = 50;
/** Of one person: nobody needs as many, and nobody shall fill the records with them. */
const MOST = 1000;

/** Takes nothing more from them, and says no to what was on its way. @throws Refusal "bad-argument" when it is one too many */
export async function block({ index, delivery }: Services, owner: BareJid, who: BareJid): Promise<void> {
  const blocked = await index.blocks(owner);
  if (blocked.length >= MOST && !blocked.includes(who))
    throw new Refusal("bad-argument", {
      why: say("block/too-many", { most: MOST }),
      usage: example("unblock", say("noun/address")),
    });
  await index.block(owner, who, true);
  for (let before: number | undefined; ;) {
    const page = await index.openFor(owner, before, PAGE);
    for (const { id, sender } of page)
      if (await index.isBlocked(owner, sender)) await endIfOpen(delivery, id, "decline");
    if (page.length < PAGE) return;
    before = page.at(-1)!.number;
  }
}

/** With a complaint: who has one takes nothing more either (XEP-0377 §6). */
export async function report(
  services: Services,
  by: BareJid,
  about: BareJid,
  why: NonNullable<BlockItem["report"]>,
): Promise<void> {
  await block(services, by, about);
  await services.complaints.file({ by, about, ...why });
}

/** What a client's own command asks for. */
export class Blocks implements BlockDesk {
  constructor(private readonly parts: { readonly services: Services; readonly pace: Pace }) {}

  async blocked(from: Jid): Promise<readonly string[]> {
    await this.#admit(from);
    return this.parts.services.index.blocks(bareOf(from));
  }

  async block(from: Jid, items: readonly BlockItem[]): Promise<void> {
    await this.#admit(from);
    const { services } = this.parts;
    for (const { who, report: why } of items)
      if (why) await report(services, bareOf(from), this.#behind(who), why);
      else await block(services, bareOf(from), this.#behind(who));
  }

  async unblock(from: Jid, whom: readonly Jid[]): Promise<void> {
    await this.#admit(from);
    const { index } = this.parts.services;
    const owner = bareOf(from);
    // XEP-0191 §3.5: nobody named is everybody.
    const all = whom.length > 0 ? whom.map((who) => this.#behind(who)) : await index.blocks(owner);
    for (const who of all) await index.block(owner, who, false);
  }

  #behind(who: Jid): BareJid {
    return personBehind(who, this.parts.services.domain) ?? bareOf(who);
  }

  /** Members, and whom we have written to: nobody else's rows are kept. */
  async #admit(from: Jid): Promise<void> {
    const { services, pace } = this.parts;
    if (pace.take(from) !== "ok") throw pace.refusal();
    if (!services.rules.isMember(from) && !(await services.index.contact(bareOf(from)))) throw new Refusal("not-allowed"); // prettier-ignore
  }
}
