/** A scripted user who takes files by Jingle over in-band bytestreams alone (XEP-0166, 0234, 0261): no client that Debian has does. Written against the XEPs alone. */
import { createHash, randomUUID } from "node:crypto";
import { contentOf } from "./jingle-peer.js";
import { answerTo, content, description, FILE_TRANSFER, IBB, inBandTransport, jingle, JINGLE, terminate } from "./stream-words.js"; // prettier-ignore
import { xml, type Element, type XmppUser } from "./xmppjs.js";

const DISCO = "http://jabber.org/protocol/disco#info";
const CAPS = "http://jabber.org/protocol/caps";

interface Coming {
  readonly bot: string;
  readonly session: string;
  readonly name: string;
  readonly contentName: string;
  readonly blocks: Buffer[];
}

/** To be called once for a user. The answer resolves with what has come under a name, as soon as all of it has. */
export async function takesJingleInBand(user: XmppUser): Promise<(name: string) => Promise<Buffer>> {
  const coming = new Map<string, Coming>();
  const got = new Map<string, Buffer>();
  const waiting = new Map<string, (file: Buffer) => void>();

  user.answer("set", JINGLE, "jingle", async (iq) => {
    if (iq.getChild("jingle")!.attrs["action"] === "session-initiate")
      void accept(user, iq, coming).catch(() => undefined); // nothing will come then
    return undefined;
  });
  user.answer("set", IBB, "open", async () => undefined);
  user.answer("set", IBB, "data", async (iq) => {
    const data = iq.getChild("data", IBB)!;
    coming.get(String(data.attrs["sid"]))!.blocks.push(Buffer.from(data.getText(), "base64"));
    return undefined;
  });
  user.answer("set", IBB, "close", async (iq) => {
    const { bot, session, name, contentName, blocks } = coming.get(String(iq.getChild("close", IBB)!.attrs["sid"]))!;
    const has = xml("received", { xmlns: FILE_TRANSFER, creator: "initiator", name: contentName });
    for (const said of [jingle("session-info", session, has), terminate(session, "success")])
      await user.send(xml("iq", { type: "set", id: randomUUID(), to: bot }, said));
    got.set(name, Buffer.concat(blocks));
    waiting.get(name)?.(got.get(name)!);
    return undefined;
  });

  const features = [CAPS, DISCO, IBB, JINGLE, FILE_TRANSFER, "urn:xmpp:jingle:transports:ibb:1"].sort();
  const ver = createHash("sha1").update(`client/pc//in-band<${features.map((f) => `${f}<`).join("")}`).digest("base64"); // prettier-ignore
  user.answer("get", DISCO, "query", async (iq) =>
    xml("query", { xmlns: DISCO, node: String(iq.getChild("query")!.attrs["node"] ?? "") },
      xml("identity", { category: "client", type: "pc", name: "in-band" }), ...features.map((f) => xml("feature", { var: f })))); // prettier-ignore
  await user.presence({}, xml("c", { xmlns: CAPS, hash: "sha-1", node: "https://in-band.example", ver }));
  return async (name) => got.get(name) ?? new Promise((resolve) => waiting.set(name, resolve));
}

async function accept(user: XmppUser, iq: Element, coming: Map<string, Coming>): Promise<void> {
  const bot = String(iq.attrs["from"]);
  const session = String(iq.getChild("jingle")!.attrs["sid"]);
  const offer = contentOf(iq);
  const file = offer.getChild("description")!.getChild("file")!;
  const [name, size] = [file.getChildText("name")!, file.getChildText("size")!];
  const transport = offer.getChild("transport")!;
  const stream = String(transport.attrs["sid"]);
  const contentName = String(offer.attrs["name"]);
  coming.set(stream, { bot, session, name, contentName, blocks: [] });
  const answer = content(description(name, size), inBandTransport(stream, Number(transport.attrs["block-size"])));
  answer.attrs["name"] = contentName;
  await answerTo(user, bot, jingle("session-accept", session, answer));
}
