/** Two ends of in-band bytestreams in memory, each on a stream of its own; what one sends the other gets. */
import { asRefusal } from "../../component/lib/errors.js";
import { bare, type Jid, toJid } from "../../component/lib/jid.js";
import { InBandStreams } from "../../component/messenger/in-band.js";
import { type Element, StanzaError, xml } from "../../component/messenger/stanza.js";
import type { InBandAddress } from "../../component/messenger/streams.js";
import { FakeClock } from "./fake-clock.js";
import { FakeStream } from "./fake-stream.js";

export const BOT = toJid("bot@files.example.org/restante")!;
export const ROMEO = toJid("romeo@example.org/orchard")!;
export const NS = "http://jabber.org/protocol/ibb";

export interface End {
  readonly stream: FakeStream;
  readonly inBand: InBandStreams;
}

export function end(clock: FakeClock, domain = "files.example.org"): End {
  const stream = new FakeStream(domain);
  const inBand = new InBandStreams({ router: stream, stream, clock });
  inBand.start();
  return { stream, inBand };
}

/** The bot, and somebody who speaks as well as it does. */
export function twoEnds(clock = new FakeClock()): { clock: FakeClock; bot: End; romeo: End } {
  const [bot, romeo] = [end(clock), end(clock, bare("example.org"))];
  const joined = (from: End, to: End): void => {
    from.stream.answer = async (iq) => asResult((await to.stream.receive(iq)) as Element);
  };
  joined(bot, romeo);
  joined(romeo, bot);
  return { clock, bot, romeo };
}

export const address = (self: Jid, peer: Jid, sid = "s1"): InBandAddress => ({ self, peer, sid });

/** As the component's stream has it: a result, or what was refused is thrown. */
export function asResult(answer: Element): Element {
  if (answer.attrs["type"] !== "error") return answer;
  const { condition, type } = errorOf(answer);
  throw new StanzaError(condition, type);
}

export function errorOf(answer: Element): { condition: string; type: string } {
  const error = answer.getChild("error");
  return { condition: error?.getChildElements()[0]?.name ?? "", type: String(error?.attrs["type"]) };
}

/** A peer who says what he likes, as text; answers "result", or the error's type and condition. */
export function speaker(bot: End, from: Jid = ROMEO, to: Jid = BOT) {
  const iq = async (payload: Element, as: Jid = from): Promise<string> => {
    const answer = (await bot.stream.receive(xml("iq", { type: "set", id: "1", from: as, to }, payload))) as Element;
    const { condition, type } = errorOf(answer);
    return answer.attrs["type"] === "error" ? `${type} ${condition}` : String(answer.attrs["type"]);
  };
  return {
    iq,
    open: (blockSize: number | string = 4096, sid = "s1", as?: Jid) =>
      iq(xml("open", { xmlns: NS, sid, "block-size": blockSize, stanza: "iq" }), as),
    data: (seq: number, block: Uint8Array | string, sid = "s1", as?: Jid) => iq(data(seq, block, sid), as),
    close: (sid = "s1", as?: Jid) => iq(xml("close", { xmlns: NS, sid }), as),
    /** In a message: whether somebody took it. */
    message: (seq: number, block: Uint8Array | string, attrs: Record<string, string> = {}, sid = "s1") =>
      bot.stream.receive(xml("message", { from, to, id: "m", ...attrs }, data(seq, block, sid))),
    unavailable: () => bot.stream.receive(xml("presence", { from, to, type: "unavailable" })),
  };
}

function data(seq: number, block: Uint8Array | string, sid: string): Element {
  const text = typeof block === "string" ? block : Buffer.from(block).toString("base64");
  return xml("data", { xmlns: NS, seq, sid }, text);
}

/** A sink that keeps everything, and that can be held up. */
export class Sink {
  readonly chunks: Buffer[] = [];
  #hold: Promise<void> | undefined;
  #go: () => void = () => undefined;

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  hold(): void {
    this.#hold ??= new Promise((resolve) => (this.#go = resolve));
  }

  go(): void {
    this.#hold = undefined;
    this.#go();
  }

  readonly take = async (chunk: Uint8Array): Promise<void> => {
    await this.#hold;
    this.chunks.push(Buffer.from(chunk));
  };
}

/** What a promise rejects with, as a refusal's code; "" when it does not. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "";
  } catch (thrown) {
    return asRefusal(thrown).code;
  }
}
