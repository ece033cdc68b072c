/**
 * Files that clients send us by stream initiation (XEP-0095 with XEP-0096), over SOCKS5 (XEP-0065) or in-band (XEP-0047). A session is its
 * sender's full address and his sid: nobody else's stanzas reach it. Left out: proxies and a host of our own on this side. The peer names
 * his hosts (and his server's proxies), and goes on in-band where we reach none of them.
 */
import type { IncomingFile, Office } from "../../control/ports.js";
import { Refusal } from "../../lib/errors.js";
import { fileName } from "../../lib/file-name.js";
import { isFull, type Jid } from "../../lib/jid.js";
import { putLast } from "../../lib/latest.js";
import { type Element, type IqRequest, ProtocolRefusal, type Router, onGone } from "../stanza.js";
import * as inBand from "../wire/xep0047-ibb.js";
import * as bytestreams from "../wire/xep0065-bytestreams.js";
import * as si from "../wire/xep0095-si.js";
import * as fileTransfer from "../wire/xep0096-si-ft.js";
import { type SiFile, SiSession, type SiSessionParts, unwanted } from "./si-session.js";

/** For the contact alone: on the domain, clients would take it for a proxy. */
export const SI_FEATURES: readonly string[] = [si.NS, fileTransfer.NS, bytestreams.NS, inBand.NS];

/** How long a client none of whose hosts we have reached is asked to come in-band (ms); how many of them are remembered. */
const OUT_OF_REACH = 3_600_000;
const MOST_OUT_OF_REACH = 4096;

export interface SiIntakeParts extends SiSessionParts {
  readonly router: Router;
  readonly office: Pick<Office, "receive">;
}

/** An offer that can be answered. */
interface Offer extends SiFile {
  readonly method: string;
  /** Whether he can begin in the middle, and may. */
  readonly isRanged: boolean;
  readonly incoming: IncomingFile;
}

export class SiIntake {
  readonly #o: SiIntakeParts;
  /** How many there are is the office's to limit: it refuses what is too much at once. */
  readonly #sessions = new Map<string, SiSession>();
  /** Clients whose hosts were not reached, and when. */
  readonly #unreached = new Map<Jid, number>();

  constructor(parts: SiIntakeParts) {
    this.#o = parts;
  }

  /** Begins to take stanzas. Before the presence directory's start, which keeps what it knows from the others. */
  start(): void {
    this.#o.router.iq("set", si.NS, "si", (request) => this.#offered(request));
    this.#o.router.iq("set", bytestreams.NS, "query", (request) => this.#named(request));
    onGone(this.#o.router, (client) => {
      for (const session of this.#sessions.values()) if (session.peer === client) session.gone();
    });
  }

  /** Breaks off what is under way; what has come is kept for a while. */
  async stop(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    for (const session of sessions) session.stop();
    await Promise.all(sessions.map(({ ended }) => ended));
  }

  async #offered({ from, to, payload }: IqRequest): Promise<Element> {
    const offer = readOffer(payload, from, to, this.#preferred(from));
    const key = keyOf(offer.peer, offer.self, offer.sid);
    if (this.#sessions.has(key)) throw new ProtocolRefusal({ type: "cancel", condition: "conflict" }, "not-understood");
    const session = new SiSession(this.#o, offer);
    const others = [...this.#sessions.values()];
    this.#sessions.set(key, session);
    void session.ended.then(() => this.#sessions.delete(key));
    try {
      // COMPAT: programs on gloox cannot go on in-band under the same sid. What was before holds room, and would be told of as lost later.
      await Promise.all(others.map((other) => other.giveWay(offer)));
      const reception = await this.#o.office.receive(offer.peer, to, offer.incoming, "si");
      const offset = offer.isRanged ? reception.held : 0;
      if (!session.accept(reception, offset)) throw new Refusal("stopping");
      return answerTo(offer, offset);
    } catch (e) {
      session.refuse();
      throw e;
    }
  }

  async #named({ from, to, payload }: IqRequest): Promise<Element> {
    const query = bytestreams.read(payload);
    // §5.3.1: what is malformed.
    if (query?.sid === undefined || query.hosts.length === 0) throw new Refusal("not-understood");
    const session = this.#sessions.get(keyOf(from, to, query.sid));
    if (!session || query.udp) throw unwanted();
    try {
      return await session.hosts(query);
    } catch (e) {
      if (e instanceof Refusal && e.code === "stream-unreachable")
        putLast(this.#unreached, from, this.#o.clock.now(), MOST_OUT_OF_REACH);
      throw e;
    }
  }

  /** XEP-0096 §3.1: SOCKS5 before in-band. COMPAT: but QXmpp has no second way when the first has failed; whoever tries again is let in by the other. */
  #preferred(peer: Jid): readonly string[] {
    const since = this.#unreached.get(peer);
    const isNear = since === undefined || this.#o.clock.now() - since >= OUT_OF_REACH;
    return isNear ? [bytestreams.NS, inBand.NS] : [inBand.NS, bytestreams.NS];
  }
}

/** XEP-0095 §3.2. Throws the error that it has for each offer that cannot be answered. */
function readOffer(payload: Element, peer: Jid, self: Jid, preferred: readonly string[]): Offer {
  const { id: sid, profile, mediaType, file, method } = si.read(payload)!;
  if (sid === undefined || !isFull(peer)) throw new Refusal("not-understood");
  const { name: given, size, md5, description, range } = file ?? {};
  if (profile !== fileTransfer.NS || given === undefined || size === undefined)
    throw new ProtocolRefusal(si.BAD_PROFILE, "not-understood");
  const name = fileName(given);
  const chosen = preferred.find((known) => method?.options.includes(known));
  if (chosen === undefined) throw new ProtocolRefusal(si.NO_VALID_STREAMS, "no-method", { name });
  const incoming = {
    name: given,
    size,
    ...(mediaType !== undefined && { mediaType }),
    ...(description !== undefined && { description }),
  };
  // A checksum is of the whole: what is here already may be of another file of that name and size.
  const isRanged = range !== undefined && md5 === undefined;
  return { peer, self, sid, name, size, ...(md5 !== undefined && { md5 }), method: chosen, isRanged, incoming };
}

/** XEP-0096 §3: the range has its bytes counted from the beginning of the file. */
function answerTo({ method }: Offer, offset: number): Element {
  return si.write({ ...(offset > 0 && { file: { range: { offset } } }), method: { options: [], value: method } });
}

function keyOf(peer: Jid, self: Jid, sid: string): string {
  return JSON.stringify([peer, self, sid]);
}
