/** What is shown of a picture with its offer (XEP-0264, XEP-0446), by whichever method; and who can have it (XEP-0231). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createHash } from "node:crypto";
import type { OfferEvent, OfferMethod, OfferOrder, Painter, Picture } from "../../component/control/ports.js";
import { bare } from "../../component/lib/jid.js";
import { Bits } from "../../component/messenger/methods/bits.js";
import type { Element } from "../../component/messenger/stanza.js";
import * as jingleFt from "../../component/messenger/wire/xep0234-jingle-ft.js";
import * as siFt from "../../component/messenger/wire/xep0096-si-ft.js";
import { FakeStream } from "../harness/fake-stream.js";
import { BOT, OfficeStage } from "../harness/office-stage.js";
import { noise, studio } from "../harness/pictures.js";

const ROMEO = "romeo@example.org";
const JULIET = "juliet@example.org";
const THUMBS = "urn:xmpp:thumbs:1";
const BOB = "urn:xmpp:bob";
const META = "urn:xmpp:file:metadata:0";

const bytes = Buffer.from("a likeness");
const cid = `sha1+${createHash("sha1").update(bytes).digest("hex")}@bob.xmpp.org`;
const picture: Picture = { width: 640, height: 480, thumbnail: { mediaType: "image/jpeg", width: 128, height: 96, bytes } }; // prettier-ignore

describe("bits of binary", () => {
  const ask = (stream: FakeStream, from: string, which = cid): Promise<Element> =>
    stream.receive(`<iq type='get' id='1' from='${from}' to='${BOT}'><data xmlns='${BOB}' cid='${which}'/></iq>`) as Promise<Element>; // prettier-ignore

  test("are for those to whom they were shown, whichever client asks; nobody else learns that they are here", async () => {
    const stream = new FakeStream();
    const bits = new Bits({ router: stream });
    bits.start();
    const before = await ask(stream, `${JULIET}/a`);
    expect(before.attrs["type"]).toBe("error");
    expect(bits.show(bare(JULIET), picture)).toMatchObject({ cid, mediaType: "image/jpeg", width: 128, height: 96 });
    const data = (await ask(stream, `${JULIET}/b`)).getChild("data", BOB)!;
    expect([data.attrs["cid"], data.attrs["type"], Buffer.from(data.getText(), "base64").toString()]).toEqual([cid, "image/jpeg", "a likeness"]); // prettier-ignore
    const stranger = await ask(stream, `${ROMEO}/a`);
    const nothing = await ask(stream, `${ROMEO}/a`, "sha1+00@bob.xmpp.org");
    expect(stranger.getChild("error")!.toString()).toBe(nothing.getChild("error")!.toString());
    expect(bits.show(bare(JULIET), undefined)).toBeUndefined();
    expect(bits.show(bare(JULIET), { width: 1, height: 1 })).toBeUndefined();
  });

  test("so many are remembered, the newest", async () => {
    const stream = new FakeStream();
    const bits = new Bits({ router: stream });
    bits.start();
    const shown = (i: number) => bits.show(bare(JULIET), { ...picture, thumbnail: { ...picture.thumbnail!, bytes: Buffer.from(String(i)) } })!.cid; // prettier-ignore
    const all = Array.from({ length: 1001 }, (_, i) => shown(i));
    expect((await ask(stream, `${JULIET}/a`, all[0])).attrs["type"]).toBe("error");
    expect((await ask(stream, `${JULIET}/a`, all[1000])).attrs["type"]).toBe("result");
  });
});

test("in Jingle as it is, in a stream initiation as Psi 1.5 reads it", () => {
  const thumbnail = { cid, mediaType: "image/png", width: 128, height: 96 };
  const jingle = jingleFt.write({ type: "file", version: 5, file: { name: "a.png", size: 1, thumbnail } });
  expect(jingle.getChild("file")!.getChild("thumbnail", THUMBS)!.attrs).toMatchObject({ uri: `cid:${cid}`, "media-type": "image/png", width: "128", height: "96" }); // prettier-ignore
  expect(jingleFt.read(jingle)!.file).toEqual({ name: "a.png", size: 1 });
  const si = siFt.write({ name: "a.png", size: 1, thumbnail });
  expect(si.getChild("thumbnail", "urn:xmpp:thumbs:0")!.attrs).toMatchObject({ cid, "mime-type": "image/png", width: "128", height: "96" }); // prettier-ignore
});

describe("an offer", () => {
  let stage: OfficeStage;
  let orders: OfferOrder[];
  const real = studio();
  const stream: OfferMethod = {
    name: "jingle",
    keeps: false,
    suits: () => true,
    offer: (order, report: (event: OfferEvent) => Promise<void>) => {
      orders.push(order);
      void report({ type: "sent" });
      return () => undefined;
    },
  };

  async function begin(painter: Painter, streams: readonly OfferMethod[] = []): Promise<void> {
    orders = [];
    stage = await new OfficeStage("sqlite::memory:", {}, { painter, streams }).start();
    for (const who of [ROMEO, JULIET]) {
      await stage.befriend(who);
      await stage.online(who);
      stage.heard(who);
    }
  }
  beforeEach(() => void (orders = []));
  afterEach(async () => {
    await stage.stop();
    real.stop();
  });

  async function send(name = "verona.png", made = noise(600, 300).png()): Promise<void> {
    stage.internet.files.set(`https://up.example.org/${name}`, await made.toBuffer());
    await stage.sendLink(`${ROMEO}/home`, `https://up.example.org/${name}`);
    await until(() => stage.heard(ROMEO).some((line) => line.startsWith("I keep")));
    await stage.say(`${ROMEO}/home`, `send 1 to ${JULIET}`);
  }

  /** The picture is looked at by another process: that takes real time. */
  async function until(happened: () => unknown): Promise<void> {
    for (const end = Date.now() + 10_000; !happened(); await new Promise((resolve) => setTimeout(resolve, 5)))
      if (Date.now() > end) throw new Error("it has not happened");
  }
  const fileTo = (who: string): Element | undefined =>
    stage.stream.sent.find((s) => s.attrs["to"] === who && s.getChild("file-sharing"));

  test("by a link brings metadata and the thumbnail along", async () => {
    await begin(real);
    await send();
    await until(() => fileTo(JULIET));
    const message = fileTo(JULIET)!;
    expect(message.getChildText("body")).toMatch(/^https:/);
    const file = message.getChild("file-sharing")!.getChild("file", META)!;
    expect(["name", "media-type", "width", "height"].map((name) => file.getChildText(name))).toEqual(["verona.png", "image/png", "600", "300"]); // prettier-ignore
    expect(Number(file.getChildText("size"))).toBeGreaterThan(1000);
    expect(file.getChild("hash", "urn:xmpp:hashes:2")).toBeDefined();
    const { uri, width, height } = file.getChild("thumbnail", THUMBS)!.attrs as Record<string, string>;
    expect([Number(width), Number(height)]).toEqual([128, 64]);
    const data = message.getChild("data", BOB)!;
    expect(uri).toBe(`cid:${data.attrs["cid"]}`);
    const shown = Buffer.from(data.getText(), "base64");
    expect(data.attrs["cid"]).toBe(`sha1+${createHash("sha1").update(shown).digest("hex")}@bob.xmpp.org`);
  });

  test("by a byte stream has the picture with it", async () => {
    await begin(real, [stream]);
    await stage.receive(`<presence from='${JULIET}/home' to='${BOT}'/>`);
    await send();
    await until(() => orders.length > 0);
    expect(orders[0]!.picture).toMatchObject({ width: 600, height: 300, thumbnail: { width: 128, height: 64 } });
  });

  test("“get” gives it too", async () => {
    await begin(real);
    await send();
    await until(() => fileTo(JULIET));
    stage.stream.sent.length = 0;
    await stage.say(`${ROMEO}/home`, "get 1");
    await until(() => fileTo(`${ROMEO}/home`));
    expect(fileTo(`${ROMEO}/home`)!.getChild("data", BOB)).toBeDefined();
  });

  test("waits a moment for the picture, and no longer", async () => {
    const looked: (() => void)[] = [];
    await begin({ paint: () => new Promise((resolve) => looked.push(() => resolve(picture))) });
    await send();
    expect(fileTo(JULIET)).toBeUndefined();
    await stage.clock.turn(500);
    await stage.settle();
    expect(fileTo(JULIET)!.getChild("data", BOB)).toBeUndefined();
    for (const done of looked) done();
  });

  test("of what is no picture waits for nothing", async () => {
    let looks = 0;
    await begin({ paint: async () => (looks++, undefined) });
    stage.internet.files.set("https://up.example.org/a.png", Buffer.from("no picture at all"));
    await stage.sendLink(`${ROMEO}/home`, "https://up.example.org/a.png");
    await stage.say(`${ROMEO}/home`, `send 1 to ${JULIET}`);
    expect(fileTo(JULIET)!.getChild("file-sharing")!.getChild("file", META)!.getChildText("media-type")).not.toBe("image/png"); // prettier-ignore
    expect(looks).toBe(0);
  });

  test("the same bytes are looked at once", async () => {
    let looks = 0;
    await begin({ paint: async () => (looks++, picture) });
    await send();
    await stage.sendLink(`${ROMEO}/home`, "https://up.example.org/verona.png");
    await stage.say(`${ROMEO}/home`, `send 2 to ${JULIET}`);
    expect(looks).toBe(1);
  });

  test("what cannot be seen is not looked at again", async () => {
    let looks = 0;
    await begin({ paint: async () => (looks++, undefined) });
    await send();
    await stage.say(`${ROMEO}/home`, `resend 1`);
    await stage.say(`${ROMEO}/home`, `get 1`);
    expect(looks).toBe(1);
  });
});
