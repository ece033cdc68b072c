/** The storm of stanzas: many sessions of many people at once, each step of them harmed at some level, or said at the wrong time by somebody else. */
import { createHash, randomBytes } from "node:crypto";
import { type Element, parse } from "ltx";
import type { Chance } from "../seeded.js";
import { examples, PLAYS, set, type Play, type Scene } from "./corpus.js";
import { garble, harm, misaddress, nasty } from "./mutate.js";
import { isOneStanza } from "./port.js";

export type Level = "elements" | "order" | "addresses" | "bytes" | "none";

/** One stanza on its way. */
export interface Shot {
  readonly level: Level;
  readonly bytes: string | Uint8Array;
  /** Whether the stream will end over it. */
  readonly breaks: boolean;
}

export interface Place {
  /** The component, the contact. */
  readonly domain: string;
  readonly bot: string;
  /** Whose people are members. */
  readonly home: string;
  /** Whose people are not. */
  readonly elsewhere: string;
  /** Files at a web server, and a port at which somebody listens. */
  readonly urls: readonly string[];
  readonly port: number;
}

const SESSIONS = 300;
const BLOCK = randomBytes(300);
const FILE = Buffer.concat([BLOCK, BLOCK, BLOCK]);
const SHA = createHash("sha256").update(FILE).digest("base64");
const MD5 = createHash("md5").update(FILE).digest("hex");

interface Session {
  readonly play: Play;
  readonly scene: Scene;
  next: number;
}

export class StanzaStorm {
  readonly #luck: Chance;
  readonly #place: Place;
  readonly #people: string[];
  readonly #targets: string[];
  readonly #sessions = new Map<number, Session>();
  readonly #examples = examples();
  /** Names of sessions and stanzas that the other side used: who, to whom, which. */
  readonly #heard: { readonly from: string; readonly to: string; readonly sid: string }[] = [];
  readonly #ids: string[] = ["x"];
  #count = 0;

  constructor(luck: Chance, place: Place) {
    this.#luck = luck;
    this.#place = place;
    const { home, elsewhere, domain, bot } = place;
    this.#people = Array.from({ length: 120 }, (_, i) => `p${i % 60}@${i % 5 === 4 ? elsewhere : home}/${luck.pick(["a", "b", "desk", "Gajim.X"])}`); // prettier-ignore
    this.#targets = [bot, bot, bot, bot, bot, `${bot}/restante`, `${bot}/restante`, domain, `p1\\40${home}@${domain}`, `p2\\40${home}@${domain}/restante`, `nobody@${domain}`, `${bot}/other`]; // prettier-ignore
  }

  /** Notes what the program says, and answers its questions: rightly, wrongly, twice, from somebody else, or not at all. */
  hear(stanza: Element): string[] {
    const { id, from, to, type } = stanza.attrs as Record<string, string>;
    if (id !== undefined && this.#luck.oneIn(8)) note(this.#ids, id);
    const payload = stanza.getChildElements()[0];
    const sid = (payload?.attrs["sid"] ?? (payload?.is("si") ? payload.attrs["id"] : undefined)) as string | undefined;
    if (sid !== undefined && from && to) note(this.#heard, { from: to, to: from, sid });
    if (stanza.name !== "iq" || (type !== "get" && type !== "set") || !id) return [];
    const answer = this.#answer(payload, { id, from: to!, to: from! });
    const kind = this.#luck.whole(20);
    if (kind < 12) return [answer];
    if (kind < 14) return [`<iq type='error' id='${id}' from='${to}' to='${from}'><error type='${this.#luck.pick(["cancel", "wait", "modify"])}'><${this.#luck.pick(["not-acceptable", "item-not-found", "service-unavailable", "resource-constraint", "x"])} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`]; // prettier-ignore
    if (kind === 14) return [answer, answer];
    if (kind === 15) return [answer.replace(` from='${to}'`, ` from='${this.#luck.pick(this.#people)}'`)];
    if (kind < 18) return [this.#harmed(answer)];
    return [];
  }

  /** The next one. `mayBreak`: also one over which the stream ends. */
  next(mayBreak: boolean): Shot {
    const luck = this.#luck;
    this.#count++;
    const kind = luck.whole(20);
    if (kind === 0) return { level: "none", bytes: this.#step(), breaks: false };
    if (kind < 6) return { level: "order", bytes: this.#outOfOrder(), breaks: false };
    if (kind < 8) {
      const stanza = parse(this.#step());
      misaddress(stanza, luck, [...this.#targets, ...this.#people.slice(0, 20)]);
      return { level: "addresses", bytes: stanza.toString(), breaks: false };
    }
    if (kind < 10) {
      const step = this.#step();
      for (;;) {
        const bytes = garble(step, luck);
        const breaks = !isOneStanza(bytes);
        if (mayBreak || !breaks) return { level: "bytes", bytes, breaks };
      }
    }
    return { level: "elements", bytes: this.#harmed(luck.oneIn(6) ? this.#example() : this.#step()), breaks: false };
  }

  /** The next step of some session. */
  #step(): string {
    const luck = this.#luck;
    const at = luck.whole(SESSIONS);
    const session = this.#sessions.get(at) ?? this.#begin();
    this.#sessions.set(at, session);
    const template = session.play[session.next++]!;
    if (session.next >= session.play.length) this.#sessions.delete(at);
    return this.#said(template, session.scene);
  }

  /** A right stanza at the wrong time: another step, another's session, another's name, or one that was used before. */
  #outOfOrder(): string {
    const luck = this.#luck;
    const [one, two] = [this.#sessions.get(luck.whole(SESSIONS)), this.#sessions.get(luck.whole(SESSIONS))];
    if (!one || !two) return this.#step();
    const theirs = luck.oneIn(2) && this.#heard.length > 0 ? luck.pick(this.#heard) : undefined;
    const play = luck.oneIn(2) ? one.play : luck.pick(PLAYS);
    const scene = { ...one.scene, ...(luck.oneIn(2) ? { sid: two.scene["sid"]!, stream: two.scene["stream"]! } : {}), ...(theirs && { sid: theirs.sid, stream: theirs.sid }) }; // prettier-ignore
    if (theirs && luck.oneIn(2)) Object.assign(scene, { from: theirs.from, to: theirs.to });
    else if (luck.oneIn(3)) Object.assign(scene, { from: two.scene["from"] });
    return this.#said(luck.pick(play), scene);
  }

  #begin(): Session {
    const luck = this.#luck;
    const name = `n${this.#count.toString(36)}`;
    const theirs = luck.oneIn(6) && this.#heard.length > 0 ? luck.pick(this.#heard) : undefined;
    const about = luck.oneIn(4) ? `to ${luck.pick(this.#people).split("/")[0]}` : "";
    return {
      play: luck.pick(PLAYS),
      next: 0,
      scene: {
        from: luck.pick(this.#people), to: luck.pick(this.#targets), sid: `s${name}`, stream: `t${name}`, cid: luck.pick(["file", "a", name]),
        name: `${luck.pick(["letter", "photo", "плàн", "a b"])}${luck.whole(20)}.txt`, about, md: MD5, hash: SHA, data: BLOCK.toString("base64"),
        dst: createHash("sha1").update(name).digest("hex"), ver: Buffer.from(String(luck.whole(40)).padStart(20)).toString("base64"),
        url: luck.pick(this.#place.urls), port: String(luck.oneIn(2) ? this.#place.port : 1 + luck.whole(65_535)),
        ...theirs,
      },
    }; // prettier-ignore
  }

  #said(template: string, scene: Scene): string {
    const luck = this.#luck;
    const bareOf = (jid: string): string => jid.split("/")[0]!;
    const [other, third] = [bareOf(luck.pick(this.#people)), bareOf(luck.pick(this.#people))];
    return set(template, { ...scene, id: `i${this.#count.toString(36)}`, n: String(1 + luck.whole(12)), heard: luck.pick(this.#ids), other, third }); // prettier-ignore
  }

  #example(): string {
    const luck = this.#luck;
    const { stanzas, payloads } = this.#examples;
    const scene = { from: luck.pick(this.#people), to: luck.pick(this.#targets) };
    const stanza = parse(luck.oneIn(2) ? luck.pick(stanzas) : `<${luck.pick(["iq type='set' id='e'", "iq type='get' id='e'", "message id='e'"])}/>`); // prettier-ignore
    Object.assign(stanza.attrs, scene);
    if (stanza.children.length === 0) stanza.append(parse(luck.pick(payloads)));
    return stanza.toString();
  }

  #harmed(text: string): string {
    const stanza = parse(text);
    harm(stanza, this.#luck, () => parse(this.#luck.oneIn(2) ? this.#example() : this.#said(this.#luck.pick(this.#luck.pick(PLAYS)), this.#begin().scene))); // prettier-ignore
    return stanza.toString();
  }

  #answer(payload: Element | undefined, { id, from, to }: { id: string; from: string; to: string }): string {
    const result = (inner: string): string => `<iq type='result' id='${id}' from='${from}' to='${to}'>${inner}</iq>`;
    if (payload?.is("query", "http://jabber.org/protocol/disco#info")) {
      const sets = [["urn:xmpp:jingle:1", "urn:xmpp:jingle:apps:file-transfer:5", "urn:xmpp:jingle:transports:s5b:1", "urn:xmpp:jingle:transports:ibb:1"], ["http://jabber.org/protocol/si", "http://jabber.org/protocol/si/profile/file-transfer", "http://jabber.org/protocol/bytestreams", "http://jabber.org/protocol/ibb"], []]; // prettier-ignore
      return result(`<query xmlns='http://jabber.org/protocol/disco#info'><identity category='client' type='pc'/>${this.#luck.pick(sets).map((f) => `<feature var='${f}'/>`).join("")}</query>`); // prettier-ignore
    }
    if (payload?.is("query", "http://jabber.org/protocol/bytestreams"))
      return result(`<query xmlns='http://jabber.org/protocol/bytestreams' sid='${attribute(payload.attrs["sid"])}'><streamhost-used jid='${this.#luck.oneIn(2) ? to : attribute(nasty(this.#luck))}'/></query>`); // prettier-ignore
    if (payload?.is("si"))
      return result(`<si xmlns='http://jabber.org/protocol/si'><feature xmlns='http://jabber.org/protocol/feature-neg'><x xmlns='jabber:x:data' type='submit'><field var='stream-method'><value>${this.#luck.pick(["http://jabber.org/protocol/ibb", "http://jabber.org/protocol/bytestreams"])}</value></field></x></feature></si>`); // prettier-ignore
    return result("");
  }
}

const attribute = (text: unknown): string => String(text).replace(/[<>&'"]/g, "_");

/** The newest so many. */
function note<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > 200) list.shift();
}
