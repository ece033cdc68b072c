/**
 * The contact that people add: always there, sees and is seen by whoever wants it, and says who it is
 * (RFC 6121 §3, §4; XEP-0012, 0030, 0054, 0092, 0115, 0153, 0157, 0199, 0202). The component's domain answers alike and
 * points to it. So does each address that stands in for a person elsewhere (XEP-0106): as the contact does, always there, and without
 * a look at that person. Nobody else lives here, and no answer tells one absent address from another.
 * Left out: rosters of our own (the server keeps none for a component), XEP-0084.
 */
import { createHash } from "node:crypto";
import { Tongues } from "../control/people/tongues.js";
import type { Index, Office } from "../control/ports.js";
import type { Clock } from "../lib/clock.js";
import { Refusal } from "../lib/errors.js";
import { bareOf, isFull, type BareJid, type FullJid, type Jid } from "../lib/jid.js";
import { render } from "../lib/languages/index.js";
import type { Log } from "../lib/log.js";
import { domainSelf, profiles, selfOf, standInOf, type Profile } from "./about.js";
import { AVATAR } from "./avatar.js";
import { standInFor } from "../lib/stand-in.js";
import { goRound, walk } from "./rounds.js";
import type { Element, IqRequest, Router, StanzaStream } from "./stanza.js";
import { available, presence } from "./wire/rfc6121-presence.js";
import { buildLast, NS_LAST } from "./wire/xep0012-last.js";
import { buildInfo, buildItems, NS_INFO, NS_ITEMS } from "./wire/xep0030-disco.js";
import { buildVCard, NS_VCARD } from "./wire/xep0054-vcard.js";
import { buildVersion, NS_VERSION } from "./wire/xep0092-version.js";
import { buildCaps } from "./wire/xep0115-caps.js";
import { buildAvatarUpdate } from "./wire/xep0153-avatar.js";
import { NS_PING } from "./wire/xep0199-ping.js";
import { buildTime, NS_TIME } from "./wire/xep0202-time.js";

export interface ContactOptions {
  readonly router: Router;
  readonly stream: StanzaStream;
  readonly index: Pick<Index, "contacts" | "standIns">;
  readonly office: Pick<Office, "standing" | "standIn">;
  /** Whom an address of ours stands in for, to whoever asks; absent: nobody. Must look nothing up. */
  readonly personBehind?: (address: Jid, asker: Jid) => BareJid | undefined;
  /** Asks back whoever asks to see us. */
  readonly directory: { askBack(jid: BareJid): void };
  readonly contact: BareJid;
  /** Absent: everybody is spoken to in English. */
  readonly tongues?: Tongues;
  readonly name: string;
  /** Where people reach the web end; "" for none. */
  readonly url: string;
  /** XEP-0157; "" for none. */
  readonly abuse: string;
  /** What the ways to move a file and to talk add to disco#info. */
  readonly features: readonly string[];
  readonly version: string;
  readonly log: Log;
  readonly clock: Clock;
  /** Presences in a second after a (re)connection. */
  readonly pace?: number;
}

type Role = "contact" | "domain" | "stand-in" | "nobody";
type Step =
  "grant" | "refuse" | "show" | "answer" | "vanish" | "ask-back" | "record" | "strike-out" | "remember" | "forget";

/** What is done about each word on subscriptions, by who is addressed. Somebody who adds the domain is asked by the contact. */
const STEPS: Record<Role, Record<"subscribe" | "unsubscribe" | "probe", readonly Step[]>> = {
  contact: {
    subscribe: ["grant", "show", "ask-back", "record"],
    unsubscribe: ["vanish", "strike-out"],
    probe: ["answer"],
  },
  domain: {
    subscribe: ["grant", "show", "ask-back"],
    unsubscribe: ["vanish"],
    probe: ["answer"],
  },
  "stand-in": {
    subscribe: ["grant", "show", "remember"],
    unsubscribe: ["vanish", "forget"],
    probe: ["answer"],
  },
  nobody: { subscribe: ["refuse"], unsubscribe: [], probe: ["refuse"] },
};

export class BotContact {
  readonly #o: ContactOptions;
  readonly #profiles: { readonly domain: Profile; readonly contact: Profile };
  readonly #avatarHash = createHash("sha1").update(Buffer.from(AVATAR, "base64")).digest("hex");
  readonly #tongues: Tongues;
  #began = 0;
  #round = new AbortController();

  constructor(options: ContactOptions) {
    this.#o = options;
    this.#profiles = profiles(options);
    this.#tongues = options.tongues ?? new Tongues();
  }

  start(): void {
    const { router, name, version, clock, url } = this.#o;
    this.#began = clock.now();
    this.#answer("get", NS_INFO, "query", (me, request) => buildInfo(me.info, this.#node(me, request)));
    this.#answer("get", NS_ITEMS, "query", (me, request) => buildItems(me.items, this.#node(me, request)));
    this.#answer("get", NS_VERSION, "query", () => buildVersion(name, version));
    this.#answer("get", NS_PING, "ping", () => undefined);
    this.#answer("get", NS_TIME, "time", () => buildTime(clock.now()));
    // XEP-0012: a service tells its uptime (§5), somebody who is online how long he has been idle (§4): never.
    this.#answer("get", NS_LAST, "query", (me) =>
      buildLast(me === this.#profiles.domain ? clock.now() - this.#began : 0),
    );
    this.#answer("get", NS_VCARD, "vCard", (me, { from }) =>
      buildVCard({
        name: me.person ?? name,
        about: render(me.status, this.#tongues.of(from)),
        jid: me.address,
        url,
        photo: AVATAR,
      }),
    );
    this.#answer("set", NS_VCARD, "vCard", () => {
      throw new Refusal("read-only");
    });
    router.presence((stanza, from, to) => this.#hear(stanza, from, to));
  }

  /** The stream is up (again): whoever sees us is told that we are here. */
  connected(): void {
    this.disconnected();
    this.#round = new AbortController();
    void this.#tellFollowers(this.#o.pace ?? 200, (from, to) => this.#available(from, to));
  }

  disconnected(): void {
    this.#round.abort();
  }

  /** Says good-bye to whoever sees us, as far as that goes within `limit` ms: a hundred thousand would hold up the end. */
  async stop(limit = 3000): Promise<void> {
    this.disconnected();
    if (!this.#o.stream.online) return;
    this.#round = new AbortController();
    const cancel = this.#o.clock.after(limit, () => this.#round.abort());
    await this.#tellFollowers(Infinity, (from, to) => presence("unavailable", from, to));
    cancel();
  }

  async #tellFollowers(pace: number, word: (from: FullJid, to: BareJid) => Element): Promise<void> {
    const { index, clock, stream, log, contact: me } = this.#o;
    const { signal } = this.#round;
    try {
      await goRound({ index, only: "follows", pace, clock, signal }, async (contact) => {
        this.#tongues.note(contact);
        await stream.send(word(selfOf(me), contact.jid));
        return true;
      });
      const page = index.standIns.bind(index);
      await walk({ page, pace, clock, signal }, async ({ owner, person }) => {
        const address = standInFor(person, stream.domain);
        if (!address || this.#role(address, owner) !== "stand-in") return false; // by other rules than then
        await stream.send(word(selfOf(address), owner));
        return true;
      });
    } catch (e) {
      log.error({ err: e }, "telling who sees us");
    }
  }

  /** Who an address is, to whoever asks. */
  #role(to: Jid, asker: Jid): Role {
    const address = bareOf(to);
    if (address === this.#o.contact) return "contact";
    if (address === this.#o.stream.domain) return "domain";
    return this.#o.personBehind?.(address, asker) ? "stand-in" : "nobody";
  }

  /** What it says of itself. */
  #profile(to: Jid, asker: Jid): Profile | undefined {
    const { domain, contact } = this.#profiles;
    switch (this.#role(to, asker)) {
      case "contact":
        return contact;
      case "domain":
        return domain;
      case "stand-in":
        return standInOf(contact, bareOf(to), this.#o.personBehind!(to, asker)!);
      case "nobody":
        return undefined;
    }
  }

  #answer(
    type: "get" | "set",
    namespace: string,
    name: string,
    handler: (me: Profile, request: IqRequest) => Element | undefined,
  ): void {
    this.#o.router.iq(type, namespace, name, (request) => {
      const me = this.#profile(request.to, request.from);
      if (!me) throw new Refusal("no-such-service");
      return handler(me, request);
    });
  }

  /** The node that was asked about, to be repeated; the only one there is, is that of our own caps (XEP-0115 §6.2). */
  #node(me: Profile, { payload }: IqRequest): string | undefined {
    const node = payload.attrs["node"] as string | undefined;
    if (node !== undefined && node !== `${me.caps.node}#${me.caps.ver}`) throw new Refusal("not-found");
    return node;
  }

  #hear(stanza: Element, from: Jid, to: Jid): boolean {
    const type = stanza.attrs["type"] as string | undefined;
    if (type !== "subscribe" && type !== "unsubscribe" && type !== "probe") return false;
    for (const step of STEPS[this.#role(to, from)][type]) this.#do(step, from, to);
    return true;
  }

  /** Words on subscriptions go between bare addresses (RFC 6121 §3); a probe is answered to whoever sent it. */
  #do(step: Step, from: Jid, to: Jid): void {
    const [him, me] = [bareOf(from), bareOf(to)];
    switch (step) {
      case "grant":
        return this.#say(presence("subscribed", me, him));
      case "refuse":
        return this.#say(presence("unsubscribed", me, him));
      case "show":
        return this.#say(this.#available(this.#presenceOf(me), him));
      case "answer":
        return this.#say(this.#available(this.#presenceOf(to), from));
      case "vanish":
        return this.#say(presence("unavailable", this.#presenceOf(me), him));
      case "ask-back":
        return this.#o.directory.askBack(him);
      case "record":
        return void this.#o.office.standing(him, { follows: true, standing: "met" });
      case "strike-out":
        return void this.#o.office.standing(him, { follows: false });
      case "remember":
      case "forget": {
        const person = this.#o.personBehind?.(me, him);
        return person && void this.#o.office.standIn({ owner: him, person }, step === "remember");
      }
    }
  }

  /** The full address behind the one that was addressed: that very one, when it is full. */
  #presenceOf(to: Jid): FullJid {
    if (isFull(to)) return to;
    return bareOf(to) === this.#o.stream.domain ? domainSelf(this.#o.contact) : selfOf(bareOf(to));
  }

  #available(from: FullJid, to: Jid): Element {
    const me = this.#profile(from, to) ?? this.#profiles.contact;
    const language = this.#tongues.of(to);
    const status = { text: render(me.status, language), language };
    return available(from, to, status, buildCaps(me.caps), buildAvatarUpdate(this.#avatarHash));
  }

  #say(stanza: Element): void {
    this.#o.stream.send(stanza).catch((e: unknown) => this.#o.log.debug({ err: e }, "presence not sent"));
  }
}
