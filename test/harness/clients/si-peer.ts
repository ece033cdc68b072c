/**
 * A scripted user's file transfers by stream initiation over SOCKS5, with ranges (XEP-0095, 0096, 0065): cut at any byte, and gone on with.
 * Real clients do not let a test do that at will. Written against the XEPs alone.
 */
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import type { Tape } from "../tape.js";
import { xml, type Element, type XmppUser } from "./xmppjs.js";

const SI = "http://jabber.org/protocol/si";
const FILE = `${SI}/profile/file-transfer`;
const BYTESTREAMS = "http://jabber.org/protocol/bytestreams";
const NEGOTIATION = "http://jabber.org/protocol/feature-neg";
const DISCO = "http://jabber.org/protocol/disco#info";
const CAPS = "http://jabber.org/protocol/caps";
const ERRORS = "urn:ietf:params:xml:ns:xmpp-stanzas";
const PATIENCE = 60_000;

/** What one attempt came to: where it began, and how many bytes went. */
export interface Attempt {
  readonly from: number;
  readonly moved: number;
}

/** What else a sender does. */
export interface Sending {
  /** Told of how far it is. */
  readonly onPiece?: (at: number) => void;
  /** The description, which may name the recipient. */
  readonly about?: string;
  /** In the middle of the file nothing more goes before this has resolved. */
  readonly midway?: () => Promise<void>;
  /** How long an answer may take (ms). */
  readonly patience?: number;
}

/**
 * Offers the file and sends it from where the receiver wants it on, up to `until`: there the connection is reset, when
 * `cutting` has resolved.
 */
export async function sendBySi(
  user: XmppUser,
  to: string,
  tape: Tape,
  until = Infinity,
  cutting: () => Promise<void> = async () => undefined,
  { onPiece = () => undefined, about = "", midway, patience = PATIENCE }: Sending = {},
): Promise<Attempt> {
  const sid = randomUUID();
  const field = xml("field", { var: "stream-method", type: "list-single" }, xml("option", {}, xml("value", {}, BYTESTREAMS))); // prettier-ignore
  const offer = xml(
    "si",
    { xmlns: SI, id: sid, profile: FILE },
    xml("file", { xmlns: FILE, name: tape.name, size: String(tape.size) }, xml("desc", {}, about), xml("range")),
    xml("feature", { xmlns: NEGOTIATION }, xml("x", { xmlns: "jabber:x:data", type: "form" }, field)),
  );
  const answer = await user.request("set", to, offer, patience);
  const range = answer.getChild("si", SI)?.getChild("file", FILE)?.getChild("range");
  const from = Number(range?.attrs["offset"] ?? 0);

  const server = createServer({ noDelay: true }).listen(0, "127.0.0.1");
  server.on("connection", (socket) => socket.on("error", () => undefined)); // also of one that nobody waits for any more
  await once(server, "listening");
  try {
    const arrived = once(server, "connection") as Promise<[Socket]>;
    const host = xml("streamhost", { jid: user.jid, host: "127.0.0.1", port: String((server.address() as AddressInfo).port) }); // prettier-ignore
    const used = user.request("set", to, xml("query", { xmlns: BYTESTREAMS, sid }, host), patience);
    const [socket] = await Promise.race([arrived, used.then(() => arrived)]);
    await read(socket, 3);
    socket.write(Buffer.from([5, 0]));
    const asked = await read(socket, 47);
    socket.write(Buffer.concat([Buffer.from([5, 0, 0]), asked.subarray(3)]));
    await used;
    const end = Math.min(tape.size, Math.max(from + 1, until));
    const middle = midway ? Math.max(from, tape.size / 2) : from;
    const before = await pour(socket, tape, from, middle, onPiece);
    await midway?.();
    const moved = before + (await pour(socket, tape, middle, end, onPiece));
    if (end < tape.size) {
      await cutting();
      socket.destroy();
    } else socket.end();
    return { from, moved };
  } finally {
    server.close();
  }
}

/** Writes this part of the tape; answers how much of it was taken before the connection broke, if it did. */
export async function pour(
  socket: Socket,
  tape: Tape,
  from: number,
  end: number,
  onPiece: (at: number) => void,
): Promise<number> {
  let at = from;
  for (const piece of tape.from(from, end)) {
    if (socket.destroyed) break;
    if (!socket.write(piece)) await first(socket, "drain", "close");
    at += piece.length;
    onPiece(at);
  }
  return at - from;
}

/** Shows, in its presence, that it takes files by SI. */
export async function takesSi(user: XmppUser): Promise<void> {
  const features = [CAPS, DISCO, BYTESTREAMS, SI, FILE].sort();
  const ver = createHash("sha1").update(`client/pc//peer<${features.map((f) => `${f}<`).join("")}`).digest("base64"); // prettier-ignore
  user.answer(
    "get",
    DISCO,
    "query",
    async (iq) =>
    xml("query", { xmlns: DISCO, node: String(iq.getChild("query")!.attrs["node"] ?? "") },
      xml("identity", { category: "client", type: "pc", name: "peer" }), ...features.map((f) => xml("feature", { var: f }))), // prettier-ignore
  );
  await user.presence({}, xml("c", { xmlns: CAPS, hash: "sha-1", node: "https://peer.example", ver }));
}

/** What a peer that takes files does with each offer. */
export interface Taking {
  /** The byte from which it wants the file. */
  readonly from: number;
  /** Where it resets the connection. */
  readonly until: number;
  /** Shown each piece. */
  readonly sink: (piece: Buffer) => void;
  /** How it ended. */
  readonly ended: (attempt: Attempt) => void;
}

/** Accepts each offer as `take` says, which is asked with the file's name and size. To be called once for a user. */
export function receiveBySi(user: XmppUser, take: (name: string, size: number) => Taking): void {
  const agreed = new Map<string, Taking & { readonly size: number }>();
  user.answer("set", SI, "si", async (iq) => {
    const si = iq.getChild("si", SI)!;
    const file = si.getChild("file", FILE)!;
    const size = Number(file.attrs["size"]);
    const taking = take(String(file.attrs["name"]), size);
    agreed.set(String(si.attrs["id"]), { ...taking, size });
    const range = taking.from > 0 ? [xml("file", { xmlns: FILE }, xml("range", { offset: String(taking.from) }))] : [];
    const form = xml("x", { xmlns: "jabber:x:data", type: "submit" }, xml("field", { var: "stream-method" }, xml("value", {}, BYTESTREAMS))); // prettier-ignore
    return xml("si", { xmlns: SI }, ...range, xml("feature", { xmlns: NEGOTIATION }, form));
  });
  user.answer("set", BYTESTREAMS, "query", (iq) =>
    used(user, iq, agreed).catch(() => xml("error", { type: "cancel" }, xml("item-not-found", { xmlns: ERRORS }))),
  );
}

/** Connects to the first host, and says so. */
async function used(
  user: XmppUser,
  iq: Element,
  agreed: Map<string, Taking & { readonly size: number }>,
): Promise<Element> {
  const query = iq.getChild("query", BYTESTREAMS)!;
  const sid = String(query.attrs["sid"]);
  const taking = agreed.get(sid)!;
  const host = query.getChildren("streamhost").find((one) => one.attrs["port"] !== undefined)!;
  const socket = connect({ host: String(host.attrs["host"]), port: Number(host.attrs["port"]) });
  socket.on("error", () => undefined);
  socket.write(Buffer.from([5, 1, 0]));
  await read(socket, 2);
  const address = createHash("sha1")
    .update(`${sid}${String(iq.attrs["from"])}${user.jid}`)
    .digest("hex");
  socket.write(Buffer.concat([Buffer.from([5, 1, 0, 3, 40]), Buffer.from(address), Buffer.from([0, 0])]));
  await read(socket, 47);
  void drain(socket, taking);
  return xml("query", { xmlns: BYTESTREAMS, sid }, xml("streamhost-used", { jid: String(host.attrs["jid"]) }));
}

export async function drain(
  socket: Socket,
  { from, until, size, sink, ended }: Taking & { size: number },
): Promise<void> {
  const most = Math.min(size, Math.max(from + 1, until)) - from;
  let moved = 0;
  socket.on("data", (piece: Buffer) => {
    const wanted = piece.subarray(0, most - moved);
    moved += wanted.length;
    sink(wanted);
    if (from + moved === size) socket.end();
    else if (moved === most) socket.destroy();
  });
  await new Promise((resolve) => socket.once("close", resolve));
  ended({ from, moved });
}

/** The next `count` bytes; what follows them stays in the socket. */
async function read(socket: Socket, count: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(count) as Buffer | null;
    if (bytes) return bytes;
    // With less than that in it, and at its end, a socket is readable over and over: what comes must have its turn.
    await turn();
    if (socket.readableEnded || socket.destroyed || (await first(socket, "readable", "close")) === "close")
      throw new Error("the stream host hung up");
  }
}

/** Which of the events comes first. Leaves no listener behind. */
async function first<E extends string>(socket: Socket, ...events: E[]): Promise<E> {
  const over = new AbortController();
  const { signal } = over;
  try {
    return await Promise.race(events.map((event) => once(socket, event, { signal }).then(() => event)));
  } finally {
    over.abort();
  }
}
