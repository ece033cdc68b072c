/**
 * A scripted user's file transfers by Jingle (XEP-0166, 0234) over the bot's own stream host (XEP-0260), step by step, so that a test can do
 * something else at any of them. Written against the XEPs alone.
 */
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import {
  answerTo,
  bytes,
  content,
  description,
  FILE_TRANSFER,
  heard,
  jingle,
  JINGLE,
  join,
  named,
  socksTransport,
  terminate,
} from "./stream-words.js";
import type { Tape } from "../tape.js";
import { drain, pour, type Attempt, type Sending, type Taking } from "./si-peer.js";
import { xml, type Element, type XmppUser } from "./xmppjs.js";

const DISCO = "http://jabber.org/protocol/disco#info";
const CAPS = "http://jabber.org/protocol/caps";

/** From now on Jingle stanzas are answered as those of a session that is there. To be called once for a user. */
export function speaksJingle(user: XmppUser): void {
  user.answer("set", JINGLE, "jingle", async () => undefined);
}

/** Shows, in its presence, that it takes files by Jingle over SOCKS5. */
export async function takesJingle(user: XmppUser): Promise<void> {
  const features = [CAPS, DISCO, JINGLE, FILE_TRANSFER, "urn:xmpp:jingle:transports:s5b:1"].sort();
  const ver = createHash("sha1").update(`client/pc//peer<${features.map((f) => `${f}<`).join("")}`).digest("base64"); // prettier-ignore
  user.answer("get", DISCO, "query", async (iq) =>
    xml("query", { xmlns: DISCO, node: String(iq.getChild("query")!.attrs["node"] ?? "") },
      xml("identity", { category: "client", type: "pc", name: "peer" }), ...features.map((f) => xml("feature", { var: f })))); // prettier-ignore
  await user.presence({}, xml("c", { xmlns: CAPS, hash: "sha-1", node: "https://peer.example", ver }));
}

/** Offers a file; answers the bot's acceptance. */
export async function accepted(
  user: XmppUser,
  bot: string,
  sid: string,
  what: Element,
  transport: Element,
): Promise<Element> {
  const answer = await answerTo(user, bot, jingle("session-initiate", sid, content(what, transport)));
  if (answer !== "ok") throw new Error(`the offer was answered ${answer}`);
  return contentOf(await heard(user, "session-accept", sid));
}

/** The content of a Jingle stanza. */
export function contentOf(iq: Element): Element {
  return iq.getChild("jingle", JINGLE)!.getChild("content")!;
}

/** Our own host among what a content offers: where it is, and what to ask it for. */
export function hostIn(answer: Element): { readonly port: number; readonly cid: string; readonly address: string } {
  const transport = answer.getChild("transport")!;
  const [own] = transport.getChildren("candidate").filter(({ attrs }) => attrs["type"] === "direct");
  return {
    port: Number(own!.attrs["port"]),
    cid: String(own!.attrs["cid"]),
    address: String(transport.attrs["dstaddr"]),
  };
}

/** Connects to the bot's own host and says so; answers the stream. */
export async function connected(user: XmppUser, bot: string, sid: string, answer: Element): Promise<Socket> {
  const { port, cid, address } = hostIn(answer);
  const { socket, verdict } = await join(port, address);
  if (verdict !== 0) throw new Error(`the host said ${verdict}`);
  await bytes(socket, 3 + address.length + 2); // the rest of its answer
  const { name } = answer.attrs;
  await says(user, bot, sid, xml("candidate-used", { cid }), String(answer.getChild("transport")!.attrs["sid"]), String(name)); // prettier-ignore
  return socket;
}

/** Says something of the transport of a content. */
export async function says(
  user: XmppUser,
  bot: string,
  sid: string,
  what: Element,
  stream: string,
  name = "file",
): Promise<string> {
  return answerTo(user, bot, jingle("transport-info", sid, named(name, socksTransport(stream, what))));
}

/** Sends a file, as an honest client does. */
export async function sendByJingle(user: XmppUser, bot: string, name: string, file: Uint8Array): Promise<void> {
  const sid = randomUUID();
  const answer = await accepted(user, bot, sid, description(name, file.length), socksTransport(randomUUID()));
  const socket = await connected(user, bot, sid, answer);
  socket.end(file);
  socket.resume();
  await Promise.all([heard(user, "session-terminate", sid), once(socket, "close")]);
}

/** Offers the file and sends it from where the receiver wants it on. Rejects when he does not answer. */
export async function sendTape(
  user: XmppUser,
  bot: string,
  tape: Tape,
  { onPiece = () => undefined, about = "" }: Sending = {},
): Promise<Attempt> {
  const sid = randomUUID();
  const offer = description(tape.name, tape.size, xml("desc", {}, about), xml("range"));
  const answer = await accepted(user, bot, sid, offer, socksTransport(randomUUID()));
  const range = answer.getChild("description")?.getChild("file")?.getChild("range");
  const from = Number(range?.attrs["offset"] ?? 0);
  const socket = await connected(user, bot, sid, answer);
  const moved = await pour(socket, tape, from, tape.size, onPiece);
  socket.end();
  socket.resume();
  return { from, moved };
}

/** Accepts each offer over SOCKS5 as `take` says. In place of {@link speaksJingle}; to be called once for a user. */
export function receiveByJingle(user: XmppUser, take: (name: string, size: number) => Taking): void {
  user.answer("set", JINGLE, "jingle", async (iq) => {
    if (iq.getChild("jingle")!.attrs["action"] === "session-initiate")
      void taken(user, iq, take).catch(() => undefined); // the bot died
    return undefined;
  });
}

async function taken(user: XmppUser, iq: Element, take: (name: string, size: number) => Taking): Promise<void> {
  const bot = String(iq.attrs["from"]);
  const sid = String(iq.getChild("jingle")!.attrs["sid"]);
  const offer = contentOf(iq);
  const file = offer.getChild("description")!.getChild("file")!;
  const [name, size] = [file.getChildText("name")!, Number(file.getChildText("size"))];
  const stream = String(offer.getChild("transport")!.attrs["sid"]);
  const taking = take(name, size);
  const wanted = description(name, size, xml("range", { offset: String(taking.from) }));
  const accept = content(wanted, socksTransport(stream));
  accept.attrs["name"] = String(offer.attrs["name"]);
  await answerTo(user, bot, jingle("session-accept", sid, accept));
  const socket = await connected(user, bot, sid, offer);
  const ended = ({ from, moved }: Attempt): void => {
    taking.ended({ from, moved });
    if (from + moved < size) return;
    const has = xml("received", { xmlns: FILE_TRANSFER, creator: "initiator", name: String(offer.attrs["name"]) });
    for (const said of [jingle("session-info", sid, has), terminate(sid, "success")])
      user.send(xml("iq", { type: "set", id: randomUUID(), to: bot }, said)).catch(() => undefined); // he is gone
  };
  await drain(socket, { ...taking, size, ended });
}
