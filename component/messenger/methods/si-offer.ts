/** One file that is offered by stream initiation: does, one after the other, what negotiate/si-initiator.ts decides. */
import type { ByteStream, OfferEvent, OfferOrder, Span, StreamHosts } from "../../control/ports.js";
import type { Clock } from "../../lib/clock.js";
import { asRefusal, Refusal } from "../../lib/errors.js";
import type { FullJid } from "../../lib/jid.js";
import type { Log } from "../../lib/log.js";
import { join, orAborted, type Joined } from "../../lib/signals.js";
import {
  initiate,
  type InitiatorEffect,
  type InitiatorEvent,
  OFFERING,
  type StreamKind,
} from "../negotiate/si-initiator.js";
import { type Element, StanzaError, type StanzaStream, xml } from "../stanza.js";
import type { Bits } from "./bits.js";
import type { InBand, InBandAddress, Proxies, Proxy } from "../streams.js";
import * as inBand from "../wire/xep0047-ibb.js";
import * as bytestreams from "../wire/xep0065-bytestreams.js";
import * as si from "../wire/xep0095-si.js";
import * as fileTransfer from "../wire/xep0096-si-ft.js";
import { giveOut } from "./bytes.js";

/** A person may be at lunch (ms). Whoever orders the offer withdraws it when he does not want to wait so long. */
const ANSWER_WAIT = 3_600_000;
/** How long the peer may try our hosts; clients try each for up to half a minute (ms). */
const HOSTS_WAIT = 120_000;
/** How long his connection may lag behind his word; how long ours to a proxy may take (ms). */
const JOIN_WAIT = 30_000;
/** What most clients take; and it fits into any server's stanza limit (bytes). */
const BLOCK_SIZE = 4096;

export interface SiOfferParts {
  readonly stream: Pick<StanzaStream, "request">;
  readonly streamHosts: StreamHosts;
  readonly inBand: Pick<InBand, "open">;
  readonly bits: Bits;
  readonly proxies: Proxies;
  readonly clock: Clock;
  readonly log: Log;
}

export class SiOffer {
  #stream: ByteStream | undefined;
  /** Connections to our own host, once we have named it. */
  #arrival: Promise<ByteStream> | undefined;
  #unexpect = (): void => {};
  #span: Span;
  readonly #proxies: Promise<readonly Proxy[]>;
  #used: Proxy | undefined;
  readonly #end: Joined;

  /** `address.sid` is that of the stream initiation, too. */
  constructor(
    private readonly parts: SiOfferParts,
    private readonly address: InBandAddress & { readonly peer: FullJid },
    private readonly order: Pick<OfferOrder, "parcel" | "picture" | "read">,
    private readonly report: (event: OfferEvent) => Promise<void>,
    /** Aborted when it is withdrawn. */
    private readonly withdrawn: AbortSignal,
    /** Aborted when we are going down. */
    private readonly stopping: AbortSignal,
  ) {
    this.#end = join(withdrawn, stopping);
    this.#span = { start: 0, end: order.parcel.size };
    // Asked for while the person makes up his mind.
    this.#proxies = parts.proxies.near(address.peer, this.#signal);
  }

  get #signal(): AbortSignal {
    return this.#end.signal;
  }

  /** From the question to the end of it all. Never rejects; the last event is reported when it settles, unless the offer was withdrawn. */
  async run(): Promise<void> {
    try {
      let step = initiate(OFFERING, await this.#ask());
      while (step.effect.do !== "end") step = initiate(step.state, await this.#next(step.effect));
      if (step.effect.report) await this.#tell(step.effect.report);
    } finally {
      this.#unexpect();
      this.#stream?.close();
      this.#end.part();
    }
  }

  /** Does it, unless nobody wants it any more. */
  async #next(effect: Exclude<InitiatorEffect, { do: "end" }>): Promise<InitiatorEvent> {
    const event = this.#interrupted(effect) ?? (await this.#do(effect));
    return this.#interrupted(effect) ?? event;
  }

  #interrupted(effect: InitiatorEffect): InitiatorEvent | undefined {
    if (this.stopping.aborted) return { type: "stop" };
    return this.withdrawn.aborted && effect.do !== "dismiss" ? { type: "withdrawn" } : undefined;
  }

  #do(effect: Exclude<InitiatorEffect, { do: "end" }>): Promise<InitiatorEvent> {
    switch (effect.do) {
      case "name-hosts":
        return this.#try(() => this.#nameHosts());
      case "meet":
        return this.#connect((signal) => orAborted(this.#arrival!, signal));
      case "join-proxy":
        return this.#connect((signal) => this.#joinProxy(this.#used!, signal));
      case "open":
        return this.#try(async () => {
          this.#stream = await this.parts.inBand.open(this.address, BLOCK_SIZE, this.#signal);
          return { type: "ready" };
        });
      case "give":
        return this.#give();
      case "dismiss":
        return this.#try(() => this.#dismiss(effect.method));
    }
  }

  async #ask(): Promise<InitiatorEvent> {
    const { peer, sid } = this.address;
    const { picture, parcel } = this.order;
    const { name, size, mediaType, recipient } = parcel;
    const hasHosts = this.parts.streamHosts.own.length > 0 || (await this.#proxies).length > 0;
    const offer = si.write({
      id: sid,
      profile: fileTransfer.NS,
      mediaType,
      file: { name, size, range: {}, thumbnail: this.parts.bits.show(recipient, picture) },
      method: { options: hasHosts ? [bytestreams.NS, inBand.NS] : [inBand.NS] },
    });
    try {
      const answer = this.#request(peer, offer, ANSWER_WAIT, this.stopping);
      void this.#tell({ type: "sent" });
      const result = await answer;
      return this.#accepted(result.getChildElements().map(si.read)[0]);
    } catch (thrown) {
      return this.#refused(thrown);
    }
  }

  #accepted(answer: si.StreamInitiation | undefined): InitiatorEvent {
    const { size } = this.order.parcel;
    const value = answer?.method?.value;
    const method = value === bytestreams.NS ? "bytestreams" : value === inBand.NS ? "in-band" : "other";
    const { offset = 0, length = size - offset } = answer?.file?.range ?? {};
    if (offset > size || offset + length > size) return { type: "refused", code: "range-not-satisfiable" };
    this.#span = { start: offset, end: offset + length };
    return { type: "accepted", method, late: this.withdrawn.aborted };
  }

  #refused(thrown: unknown): InitiatorEvent {
    if (!(thrown instanceof StanzaError)) {
      const { code } = this.#note(thrown);
      return code === "stopping" ? { type: "stop" } : { type: "refused", code };
    }
    // XEP-0095 §4.2; older clients say what was code 406 (XEP-0086).
    if (thrown.condition === "forbidden" || thrown.condition === "not-acceptable") return { type: "declined" };
    return { type: "refused", code: "no-method" };
  }

  /** XEP-0065 §5.3.1: our own hosts, then the proxies. */
  async #nameHosts(): Promise<InitiatorEvent> {
    const { peer, self, sid } = this.address;
    const { own } = this.parts.streamHosts;
    const proxies = await this.#proxies;
    const hosts = [...own.map((host) => ({ ...host, jid: self })), ...proxies];
    if (hosts.length === 0) throw new Refusal("stream-unreachable");
    if (own.length > 0) this.#expect();
    const result = await this.#request(peer, bytestreams.write({ sid, udp: false, hosts }), HOSTS_WAIT, this.#signal);
    const used = result.getChildElements().map(bytestreams.read)[0]?.used;
    this.#used = proxies.find(({ jid }) => jid === used);
    if (this.#used) return { type: "used", host: "proxy" };
    if (used !== self || own.length === 0) throw new Refusal("stream-unreachable");
    return { type: "used", host: "own" };
  }

  #expect(): void {
    const { peer, self, sid } = this.address;
    this.#arrival = new Promise((resolve) => {
      this.#unexpect = this.parts.streamHosts.expect(
        bytestreams.destinations(sid, self, peer),
        this.order.parcel.recipient,
        (stream) => {
          this.#stream = stream;
          resolve(stream);
        },
      );
    });
  }

  /** XEP-0065 §6.3.4, §6.3.5. */
  async #joinProxy(proxy: Proxy, signal: AbortSignal): Promise<ByteStream> {
    const { peer, self, sid } = this.address;
    this.#unexpect();
    this.#stream?.close();
    const stream = await this.parts.streamHosts.dial(proxy, bytestreams.destination(sid, self, peer), signal);
    this.#stream = stream;
    await this.parts.proxies.activate(proxy.jid, self, sid, peer, signal);
    return stream;
  }

  #connect(how: (signal: AbortSignal) => Promise<ByteStream>): Promise<InitiatorEvent> {
    return this.#try(async () => {
      const over = new AbortController();
      const cancel = this.parts.clock.after(JOIN_WAIT, () => over.abort(new Refusal("stream-unreachable")));
      const either = join(this.#signal, over.signal);
      try {
        this.#stream = await how(either.signal);
        return { type: "ready" };
      } finally {
        cancel();
        either.part();
      }
    });
  }

  async #give(): Promise<InitiatorEvent> {
    const { order } = this;
    const isRest = this.#span.end === order.parcel.size;
    const { kind } = this.#stream!;
    this.parts.log.debug({ to: this.address.peer, kind, ...this.#span }, "a file goes out by stream initiation");
    try {
      // Not before: should no stream come about, the file goes another way.
      await this.#tell({ type: "moving" });
      await giveOut(this.#stream!, order, this.#span, (event) => this.#tell(event), this.#signal);
      // Whoever wanted a piece from the middle has not got the file for all that we know.
      return isRest ? { type: "given" } : { type: "broke" };
    } catch (thrown) {
      this.#note(thrown);
      return { type: "broke" };
    }
  }

  /** Whoever has withdrawn it hears nothing more. */
  async #tell(event: OfferEvent): Promise<void> {
    if (!this.withdrawn.aborted) await this.report(event);
  }

  async #dismiss(method: StreamKind): Promise<InitiatorEvent> {
    const { peer, sid } = this.address;
    if (method === "in-band") this.#stream = await this.parts.inBand.open(this.address, BLOCK_SIZE, this.stopping);
    // Without a host: whatever he answers, he knows that there is none.
    else await this.#request(peer, bytestreams.write({ sid, udp: false, hosts: [] }), JOIN_WAIT, this.stopping);
    return { type: "ready" };
  }

  /** What was tried, or that it leads nowhere; what it had opened is closed. */
  async #try(what: () => Promise<InitiatorEvent>): Promise<InitiatorEvent> {
    try {
      return await what();
    } catch (thrown) {
      if (!(thrown instanceof StanzaError)) this.#note(thrown);
      this.#unexpect();
      this.#stream?.close();
      this.#stream = undefined;
      return { type: "unready" };
    }
  }

  #note(thrown: unknown): Refusal {
    const why = asRefusal(thrown);
    const isOurs = why.code === "internal" && thrown !== this.#signal.reason;
    this.parts.log[isOurs ? "error" : "debug"]({ err: thrown, to: this.address.peer }, "an offer by stream initiation");
    return why;
  }

  #request(to: FullJid, payload: Element, timeout: number, signal?: AbortSignal): Promise<Element> {
    const iq = xml("iq", { type: "set", from: this.address.self, to }, payload);
    return this.parts.stream.request(iq, { timeout, ...(signal && { signal }) });
  }
}
