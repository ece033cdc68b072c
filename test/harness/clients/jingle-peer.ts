/**
 * A scripted user's file transfers by Jingle (XEP-0166, 0234) over the bot's own stream host (XEP-0260), step by step, so that a test can do
 * something else at any of them. Written against the XEPs alone.
 */
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import {
  answerTo,
  content,
  description,
  FILE_TRANSFER,
  heard,
  jingle,
  JINGLE,
  join,
  socksTransport,
} from "./stream-words.js";
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
  socket.read(); // the rest of its answer
  await says(user, bot, sid, xml("candidate-used", { cid }), String(answer.getChild("transport")!.attrs["sid"]));
  return socket;
}

/** Says something of the transport. */
export async function says(user: XmppUser, bot: string, sid: string, what: Element, stream: string): Promise<string> {
  return answerTo(user, bot, jingle("transport-info", sid, content(socksTransport(stream, what))));
}

/** Sends a file, as an honest client does. */
export async function sendByJingle(user: XmppUser, bot: string, name: string, bytes: Uint8Array): Promise<void> {
  const sid = randomUUID();
  const answer = await accepted(user, bot, sid, description(name, bytes.length), socksTransport(randomUUID()));
  const socket = await connected(user, bot, sid, answer);
  socket.end(bytes);
  socket.resume();
  await Promise.all([heard(user, "session-terminate", sid), once(socket, "close")]);
}
