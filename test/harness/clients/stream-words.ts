/** The stanzas of byte streams as hand-written ones are made of them, right or wrong (XEP-0047, 0065, 0095, 0096, 0166, 0234, 0260, 0261). */
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { xml, type Element, type XmppUser } from "./xmppjs.js";

export const IBB = "http://jabber.org/protocol/ibb";
export const SI = "http://jabber.org/protocol/si";
export const BYTESTREAMS = "http://jabber.org/protocol/bytestreams";
export const JINGLE = "urn:xmpp:jingle:1";
export const FILE_TRANSFER = "urn:xmpp:jingle:apps:file-transfer:5";
const PROFILE = `${SI}/profile/file-transfer`;
const IN_BAND = "urn:xmpp:jingle:transports:ibb:1";
const SOCKS = "urn:xmpp:jingle:transports:s5b:1";
const HASHES = "urn:xmpp:hashes:2";

// ───────────────────────────── in-band ─────────────────────────────

export const open = (sid: string, blockSize: string | number = 4096): Element =>
  xml("open", { xmlns: IBB, sid, "block-size": String(blockSize), stanza: "iq" });

export const block = (sid: string, seq: string | number, content: Uint8Array | string): Element =>
  xml("data", { xmlns: IBB, sid, seq: String(seq) }, typeof content === "string" ? content : Buffer.from(content).toString("base64")); // prettier-ignore

export const close = (sid: string): Element => xml("close", { xmlns: IBB, sid });

// ───────────────────────────── stream initiation ─────────────────────────────

/** An offer; `file` are the attributes of its file. */
export function siOffer(sid: string, file: Record<string, string>, method: string): Element {
  const field = xml(
    "field",
    { var: "stream-method", type: "list-single" },
    xml("option", {}, xml("value", {}, method)),
  );
  return xml(
    "si",
    { xmlns: SI, id: sid, profile: PROFILE },
    xml("file", { xmlns: PROFILE, ...file }),
    xml(
      "feature",
      { xmlns: "http://jabber.org/protocol/feature-neg" },
      xml("x", { xmlns: "jabber:x:data", type: "form" }, field),
    ),
  );
}

/** Names hosts: of each its address and port. */
export const hosts = (sid: string, jid: string, places: readonly (readonly [string, number])[]): Element =>
  xml("query", { xmlns: BYTESTREAMS, sid }, ...places.map(([host, port]) => xml("streamhost", { jid, host, port: String(port) }))); // prettier-ignore

// ───────────────────────────── Jingle ─────────────────────────────

export const jingle = (action: string, sid: string, ...children: Element[]): Element =>
  xml("jingle", { xmlns: JINGLE, action, sid }, ...children);

export const named = (name: string, ...children: Element[]): Element =>
  xml("content", { creator: "initiator", name, senders: "initiator" }, ...children);

/** That of a session that has one. */
export const content = (...children: Element[]): Element => named("file", ...children);

/** A described file; `size` as it is written. */
export const description = (name: string, size: string | number, ...more: Element[]): Element =>
  xml("description", { xmlns: FILE_TRANSFER }, xml("file", {}, xml("name", {}, name), xml("size", {}, String(size)), ...more)); // prettier-ignore

export const hash = (bytes: Uint8Array): Element =>
  xml("hash", { xmlns: HASHES, algo: "sha-256" }, createHash("sha256").update(bytes).digest("base64"));

/** The hash will be said later. */
export const hashFollows = (): Element => xml("hash-used", { xmlns: HASHES, algo: "sha-256" });

export const checksum = (sid: string, bytes: Uint8Array): Element =>
  jingle("session-info", sid, xml("checksum", { xmlns: FILE_TRANSFER, creator: "initiator", name: "file" }, xml("file", {}, hash(bytes)))); // prettier-ignore

export const terminate = (sid: string, condition: string): Element =>
  jingle("session-terminate", sid, xml("reason", {}, xml(condition)));

export const inBandTransport = (sid: string, blockSize = 4096): Element =>
  xml("transport", { xmlns: IN_BAND, sid, "block-size": String(blockSize) });

export const socksTransport = (sid: string, ...children: Element[]): Element =>
  xml("transport", { xmlns: SOCKS, sid }, ...children);

export const candidate = (jid: string, host: string, port: number, priority: number): Element =>
  xml("candidate", { cid: randomUUID(), jid, host, port: String(port), priority: String(priority), type: "direct" });

/** The next Jingle stanza of a session with that action. */
export const heard = (user: XmppUser, action: string, sid: string, deadline?: number): Promise<Element> =>
  user.waitStanza((s) => {
    const said = s.getChild("jingle", JINGLE);
    return s.is("iq") && said?.attrs["action"] === action && said.attrs["sid"] === sid;
  }, deadline);

/** The names of what a session-terminate's reason holds, without its text. */
export async function goodBye(user: XmppUser, sid: string, deadline?: number): Promise<string> {
  const reason = (await heard(user, "session-terminate", sid, deadline)).getChild("jingle")!.getChild("reason")!;
  return namesIn(reason);
}

const namesIn = (element: Element): string =>
  element.getChildElements().map((child) => child.getName()).filter((name) => name !== "text").join(" "); // prettier-ignore

// ───────────────────────────── requests, and SOCKS5 ─────────────────────────────

let requests = 0;

/** What is answered to an iq of type set: "ok", or the error's type and conditions. */
export async function answerTo(user: XmppUser, to: string, payload: Element, deadline = 20_000): Promise<string> {
  const id = `a${++requests}`;
  await user.send(xml("iq", { type: "set", id, to }, payload));
  const answer = await user.waitStanza((s) => s.is("iq") && s.attrs["id"] === id && s.attrs["to"] === user.jid && ["result", "error"].includes(String(s.attrs["type"])), deadline); // prettier-ignore
  return verdictOf(answer);
}

/** "ok", or an error's type and conditions. */
export function verdictOf(answer: Element): string {
  const error = answer.getChild("error");
  return error ? `${error.attrs["type"]} ${namesIn(error)}` : "ok";
}

/** The address of a stream (XEP-0065 §5.3.2). */
export const destination = (sid: string, requester: string, target: string): string =>
  createHash("sha1").update(`${sid}${requester}${target}`).digest("hex");

/** Connects to a stream host and asks for a stream; answers the socket and the host's verdict, 0 for yes. */
export async function join(
  port: number,
  address: string,
): Promise<{ readonly socket: Socket; readonly verdict: number }> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  socket.on("error", () => undefined);
  socket.write(Buffer.from([5, 1, 0]));
  await bytes(socket, 2);
  socket.write(Buffer.concat([Buffer.from([5, 1, 0, 3, address.length]), Buffer.from(address), Buffer.from([0, 0])]));
  const [, verdict] = await bytes(socket, 2);
  return { socket, verdict: verdict! };
}

/** The next `count` bytes; what follows them stays in the socket. */
export async function bytes(socket: Socket, count: number): Promise<Buffer> {
  for (;;) {
    const found = socket.read(count) as Buffer | null;
    if (found) return found;
    await turn(); // with less than that in it a socket is readable over and over
    if (socket.readableEnded || socket.destroyed) throw new Error("the other side has ended the connection");
    await Promise.race([
      once(socket, "readable"),
      once(socket, "close").then(() => Promise.reject(new Error("the connection was closed"))),
    ]);
  }
}

/** Until the connection has been closed by the other side. */
export async function closed(socket: Socket): Promise<void> {
  socket.resume();
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
}
