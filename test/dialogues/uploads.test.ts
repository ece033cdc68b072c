/** Slots, and files put by them. */
import { afterEach, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { settled } from "../harness/fake-clock.js";
import { ROMEO, UploadStage } from "../harness/upload-stage.js";

const HOUR = 3_600_000;
const STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas";
const PURPOSE = "urn:xmpp:http:upload:purpose:0";

let stage: UploadStage;
afterEach(() => stage.stop());

describe("the service", () => {
  test("says what it is, and what it takes", async () => {
    stage = await UploadStage.set({ file: 123_456 });
    const info = (await stage.ask("<query xmlns='http://jabber.org/protocol/disco#info'/>")).getChild("query")!;
    expect(info.getChild("identity")!.attrs).toMatchObject({ category: "store", type: "file" });
    const features = info.getChildren("feature").map((f) => String(f.attrs["var"]));
    expect(features).toEqual(expect.arrayContaining(["urn:xmpp:http:upload:0", `${PURPOSE}#message`, `${PURPOSE}#ephemeral`, "urn:xmpp:ping", "jabber:iq:version"])); // prettier-ignore
    const form = info.getChild("x", "jabber:x:data")!;
    expect(form.getChildren("field").map((f) => [String(f.attrs["var"]), f.getChildText("value")])).toEqual([["FORM_TYPE", "urn:xmpp:http:upload:0"], ["max-file-size", "123456"]]); // prettier-ignore
    expect((await stage.ask("<ping xmlns='urn:xmpp:ping'/>")).attrs["type"]).toBe("result");
    expect((await stage.ask("<query xmlns='jabber:iq:version'/>")).getChild("query")!.getChildText("name")).toBe("Restante"); // prettier-ignore
    expect((await stage.ask("<query xmlns='http://jabber.org/protocol/disco#items'/>")).attrs["type"]).toBe("result");
    expect((await stage.ask("<query xmlns='http://jabber.org/protocol/disco#info' node='x'/>")).attrs["type"]).toBe("error"); // prettier-ignore
  });

  test.each([
    ["too large", ["a.png", 500_001], "not-acceptable", "modify"],
    ["nothing", ["a.png", 0], "not-acceptable", "modify"],
    ["no size", ["a.png", "much"], "bad-request", "modify"],
    ["less than nothing", ["a.png", -1], "bad-request", "modify"],
    ["more than can be counted", ["a.png", "99999999999999999999"], "bad-request", "modify"],
    ["no name", ["", 10], "bad-request", "modify"],
    ["what is ephemeral without an end", ["a.png", 10, `<ephemeral xmlns='${PURPOSE}'/>`], "bad-request", "modify"],
    ["a stranger", ["a.png", 10, "", "tybalt@example.com/x"], "forbidden", "auth"],
  ] as [string, [string, number | string, string?, string?], string, string][])("refuses: %s", async (_, asked, condition, type) => {
    stage = await UploadStage.set();
    const error = (await stage.request(...asked)).getChild("error")!;
    expect(error.attrs["type"]).toBe(type);
    expect(error.getChild(condition, STANZAS)).toBeDefined();
    expect(error.getChildText("text", STANZAS)).not.toBe("");
    if (asked[1] === 500_001)
      expect(error.getChild("file-too-large", "urn:xmpp:http:upload:0")!.getChildText("max-file-size")).toBe("500000");
  }); // prettier-ignore

  test("slots that nobody has used take room, until they end", async () => {
    stage = await UploadStage.set({ quota: 1_000_000, file: 400_000 });
    await stage.slot("a", 400_000);
    await stage.slot("b", 400_000);
    const error = (await stage.request("c", 400_000)).getChild("error")!;
    expect(error.attrs["type"]).toBe("wait");
    expect(error.getChild("resource-constraint", STANZAS)).toBeDefined();
    const stamp = error.getChild("retry", "urn:xmpp:http:upload:0")!.attrs["stamp"] as string;
    expect(Date.parse(stamp)).toBeGreaterThan(stage.office.clock.now());
    await stage.office.clock.turn(HOUR + 1);
    await stage.slot("c", 400_000);
    await stage.slot("d", 400_000);
  });

  test("nobody asks all the time", async () => {
    stage = await UploadStage.set({ slots: 3 });
    for (let i = 0; i < 3; i++) await stage.slot("a", 1);
    for (let i = 0; i < 3; i++) {
      const error = (await stage.request("a", 1)).getChild("error")!;
      expect(error.getChild("resource-constraint", STANZAS)).toBeDefined();
      expect(error.getChild("retry", "urn:xmpp:http:upload:0")).toBeDefined();
    }
    await stage.office.clock.turn(60_000);
    await stage.slot("a", 1);
  });
});

describe("a file", () => {
  test("is put, and had by its link, and is a file of the member's; nobody is told in chat", async () => {
    stage = await UploadStage.set();
    const body = randomBytes(300_000);
    const { put, get } = await stage.slot("très cool.jpg", body.length);
    expect(put).toMatch(/\/u\/[\w-]{22}\/tr%C3%A8s%20cool\.jpg$/);
    expect((await fetch(get)).status).toBe(404);
    const answer = await stage.put(put, body, { "content-type": "text/html" });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    const head = await fetch(get, { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe("300000");
    expect(head.headers.get("content-type")).toBe("application/octet-stream");
    expect(Buffer.from(await (await fetch(get)).arrayBuffer()).equals(body)).toBe(true);
    expect(await stage.files()).toMatchObject([{ number: 1, name: "très cool.jpg", size: 300_000 }]);
    expect(stage.office.heard(ROMEO)).toEqual([]);
    expect(await stage.metric("restante_web_uploads_total")).toMatch(/method="slot",outcome="kept"\} 1$/);
    expect(await stage.metric("restante_web_received_bytes_total")).toMatch(/ 300000$/);

    await stage.office.say(`${ROMEO}/orchard`, "list");
    expect(stage.office.heard(ROMEO).join()).toContain("très cool.jpg");
    await stage.office.say(`${ROMEO}/orchard`, "del 1");
    expect((await fetch(get)).status).toBe(404);
  });

  test("comes once", async () => {
    stage = await UploadStage.set();
    const { put } = await stage.slot("a.bin", 5);
    expect((await stage.put(put, Buffer.from("first"))).status).toBe(201);
    expect((await stage.put(put, Buffer.from("again"))).status).toBe(410);
    expect(await stage.files()).toHaveLength(1);
  });

  test("comes within the hour", async () => {
    stage = await UploadStage.set();
    const { put } = await stage.slot("a.bin", 5);
    await stage.office.clock.turn(HOUR);
    expect((await stage.put(put, Buffer.from("12345"))).status).toBe(410);
    expect(await leftover()).toEqual([]);
  });

  test.each([
    ["shorter", "Content-Length: 999", 400],
    ["longer", "Content-Length: 1001", 413],
    ["of no length", "Transfer-Encoding: chunked", 411],
    ["in part", "Content-Length: 1000\r\nContent-Range: bytes 0-999/2000", 400],
    ["packed", "Content-Length: 1000\r\nContent-Encoding: gzip", 400],
  ])("%s than its slot is refused before it comes", async (_, lines, status) => {
    stage = await UploadStage.set();
    const { put } = await stage.slot("a.bin", 1000);
    const client = await stage.connect();
    const answer = await client.ask("PUT", new URL(put).pathname, ...lines.split("\r\n"));
    expect(answer.status).toBe(status);
    expect(answer.headers["access-control-allow-origin"]).toBe("*");
    expect(await stage.files()).toEqual([]);
    expect((await stage.put(put, randomBytes(1000))).status).toBe(201);
  });

  test("that is cut leaves nothing, and may come again", async () => {
    stage = await UploadStage.set();
    const body = randomBytes(200_000);
    const { put, get } = await stage.slot("a.bin", body.length);
    for (const how of ["close", "reset"] as const) {
      const client = await stage.connect();
      client.send(`PUT ${new URL(put).pathname} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`);
      client.socket.write(body.subarray(0, 150_000));
      await until(async () => (await intakes()) > 0);
      client[how]();
      await until(async () => (await stage.metric("restante_web_uploads ")).endsWith(" 0"));
      expect((await fetch(get)).status).toBe(404);
    }
    await stage.office.settle();
    expect(await leftover()).toEqual([]);
    expect((await stage.put(put, body)).status).toBe(201);
    expect(Buffer.from(await (await fetch(get)).arrayBuffer()).equals(body)).toBe(true);
    expect(stage.office.heard(ROMEO)).toEqual([]);
  });

  test("that comes twice at once comes once", async () => {
    stage = await UploadStage.set();
    const body = randomBytes(100_000);
    const { put, get } = await stage.slot("a.bin", body.length);
    const slow = await stage.connect();
    slow.send(`PUT ${new URL(put).pathname} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\nhalf of it`);
    await until(async () => (await stage.metric("restante_web_uploads ")).endsWith(" 1"));
    expect((await stage.put(put, body)).status).toBe(201);
    slow.socket.write(Buffer.alloc(60_000));
    expect((await slow.answer()).status).toBeGreaterThanOrEqual(400);
    expect(Buffer.from(await (await fetch(get)).arrayBuffer()).equals(body)).toBe(true);
    const fresh = await stage.slot("b.bin", body.length);
    const statuses = (await Promise.all([1, 2, 3].map(() => stage.put(fresh.put, body)))).map((a) => a.status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(await stage.files()).toHaveLength(2);
  });

  test("whose sender hardly moves is let go", async () => {
    stage = await UploadStage.set();
    const { put } = await stage.slot("a.bin", 100_000);
    const client = await stage.connect();
    client.send(`PUT ${new URL(put).pathname} HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n`);
    await until(async () => (await stage.metric("restante_web_uploads ")).endsWith(" 1"));
    client.send("a few bytes");
    await settled();
    await stage.office.clock.turn(30_000);
    expect((await client.answer()).status).toBe(502);
    await stage.office.clock.turn(2_000);
    await client.ended();
    expect((await stage.put(put, randomBytes(100_000))).status).toBe(201);
  });

  test("that is infected is refused there with words, and in chat: clients only say that it failed", async () => {
    const scanner = { scan: async () => "Plague.Test", check: async () => undefined };
    stage = await UploadStage.set({ scanner });
    await stage.office.befriend(ROMEO);
    await stage.office.online(ROMEO);
    const { put } = await stage.slot("bad.bin", 5);
    const answer = await stage.put(put, Buffer.from("12345"));
    expect(answer.status).toBe(422);
    expect(await answer.text()).toContain("bad.bin is infected (Plague.Test)");
    await stage.until(() => stage.office.stream.sent.some((s) => s.name === "message"));
    expect(stage.office.heard(ROMEO).join("\n")).toContain("bad.bin was not kept. bad.bin is infected (Plague.Test)");
  });

  test("is asked for before it comes, where the client waits", async () => {
    stage = await UploadStage.set();
    const { put } = await stage.slot("a.bin", 5);
    const path = new URL(put).pathname;
    const client = await stage.connect();
    const no = await client.ask("PUT", path.replace("/u/", "/u/x"), "Content-Length: 5", "Expect: 100-continue"); // prettier-ignore
    expect(no.status).toBe(404);
    const other = await stage.connect();
    expect((await other.ask("PUT", path, "Content-Length: 5", "Expect: 100-continue")).status).toBe(100);
    other.send("12345");
    expect((await other.answer("PUT")).status).toBe(201);
  });

  test.each(["..%2f..%2fetc%2fpasswd", "../../../etc/passwd", "%00", "a//b/../c", "%zz", "x".repeat(3000), ""])("has the name of its slot, whatever the path says: %s", async (name) => {
    stage = await UploadStage.set();
    const { put } = await stage.slot("wanted.bin", 5);
    const path = new URL(put).pathname.replace(/[^/]*$/, "");
    const client = await stage.connect();
    client.send(`PUT ${path}${name} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345`);
    const { status } = await client.answer("PUT");
    expect([201, 404]).toContain(status);
    const again = await stage.put(put, Buffer.from("12345"));
    expect(again.status).toBe(status === 201 ? 410 : 201);
    expect(await stage.files()).toMatchObject([{ name: "wanted.bin" }]);
  }); // prettier-ignore

  test("needs the token, all of it", async () => {
    stage = await UploadStage.set();
    const { put, get } = await stage.slot("a.bin", 5);
    const token = /\/u\/([^/]+)/.exec(put)![1]!;
    const link = /\/g\/([^/]+)/.exec(get)![1]!;
    for (const guess of [token.slice(1), `${token}x`, token.toUpperCase() + "_", link, "", "%"])
      expect((await stage.put(`${stage.url}/u/${guess}/a.bin`, Buffer.from("12345"))).status).toBe(404);
    for (const method of ["GET", "DELETE", "PATCH"])
      expect((await fetch(put, { method })).status).toBe(405);
    expect((await stage.put(put, Buffer.from("12345"))).status).toBe(201);
  }); // prettier-ignore

  test("may be put by a page of any origin", async () => {
    stage = await UploadStage.set();
    const { put } = await stage.slot("a.bin", 5);
    const answer = await fetch(put, { method: "OPTIONS" });
    expect(answer.status).toBe(204);
    expect(answer.headers.get("access-control-allow-methods")).toContain("PUT");
    expect(answer.headers.get("access-control-allow-headers")).toContain("content-type");
    expect(answer.headers.get("tus-version")).toBe("1.0.0");
  });

  test("that is ephemeral goes before others", async () => {
    stage = await UploadStage.set();
    const now = stage.office.clock.now();
    const soon = new Date(now + HOUR).toISOString();
    const late = new Date(now + 90 * 864e5).toISOString();
    for (const [name, children] of [
      ["soon", `<ephemeral xmlns='${PURPOSE}' expire-before='${soon}'/>`],
      ["late", `<ephemeral xmlns='${PURPOSE}' expire-before='${late}'/>`],
      ["kept", `<permanent xmlns='${PURPOSE}'/>`],
    ] as const)
      // prettier-ignore
      await stage.put((await stage.slot(name, 1, children)).put, Buffer.from("x"));
    const [kept, lasting, ending] = await stage.files();
    expect(ending!.until).toBe(now + HOUR);
    expect(lasting!.until).toBe(now + 864e5);
    expect(kept!.until).toBeGreaterThan(now + 29 * 864e5);
  });

  test("is refused when its owner has no room left by then", async () => {
    stage = await UploadStage.set({ quota: 600_000 });
    const { put } = await stage.slot("a.bin", 400_000);
    const other = await stage.slot("b.bin", 100_000);
    expect((await stage.put(other.put, randomBytes(100_000))).status).toBe(201);
    // What comes in by other ways meanwhile knows nothing of slots.
    const reception = await stage.office.receptions.open(ROMEO + "/x" as never, undefined, { name: "c", size: 300_000 }, "jingle"); // prettier-ignore
    await reception.begin(0);
    await reception.write(randomBytes(300_000));
    await reception.complete();
    expect((await stage.put(put, randomBytes(400_000))).status).toBe(507);
    await stage.office.settle();
    expect(await leftover()).toHaveLength(2);
  });
});

test("a slot outlives the process", async () => {
  const { tempFolder } = await import("../harness/tmp.js");
  const folder = await tempFolder("restante-slots");
  const { MemoryBlobStore } = await import("../../component/storage/blob/memory.js");
  const blobs = new MemoryBlobStore();
  const url = `sqlite:${folder.path}/r.db`;
  const first = await UploadStage.set({ url, blobs });
  const { put } = await first.slot("a.bin", 5);
  await first.stop();
  stage = await UploadStage.set({ url, blobs });
  await stage.office.housekeeping.recover();
  const answer = await stage.put(put.replace(first.url, stage.url), Buffer.from("12345"));
  expect(answer.status).toBe(201);
  await folder.remove();
});

/** Keys of the store beside those of kept files' blobs. */
async function leftover(): Promise<string[]> {
  await stage.office.housekeeping.sweep();
  const keys: string[] = [];
  for await (const key of stage.office.blobs.keys()) keys.push(key);
  return keys;
}

async function intakes(): Promise<number> {
  let count = 0;
  for await (const key of stage.office.blobs.keys()) count += key === "" ? 0 : 1;
  return count;
}

async function until(fulfilled: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await fulfilled())) {
    if (Date.now() > deadline) throw new Error("not in time");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
