/** Resumable uploads (tus), by hand and by its own client. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createHash, randomBytes } from "node:crypto";
import { Upload } from "tus-js-client";
import type { BlobWriter } from "../../component/control/ports.js";
import { MemoryBlobStore } from "../../component/storage/blob/memory.js";
import type { RawHttp } from "../harness/raw-http.js";
import { tempFolder, type TempFolder } from "../harness/tmp.js";
import { ROMEO, UploadStage } from "../harness/upload-stage.js";

const TUS = { "tus-resumable": "1.0.0" };
const CHUNK = { ...TUS, "content-type": "application/offset+octet-stream" };

let stage: UploadStage;
let folder: TempFolder;
let blobs: MemoryBlobStore;

/** The next life of the program: same records, same bytes. */
async function begin(limits: { transfers?: number } = {}): Promise<void> {
  stage = await UploadStage.set({ url: `sqlite:${folder.path}/r.db`, blobs, ...limits });
}

beforeEach(async () => {
  folder = await tempFolder("restante-tus");
  blobs = new MemoryBlobStore();
  await begin();
});
afterEach(async () => {
  await stage.stop();
  await folder.remove();
});

async function create(at: string, size: number, metadata: Record<string, string> = {}): Promise<Response> {
  const said = Object.entries(metadata).map(([key, value]) => `${key} ${Buffer.from(value).toString("base64")}`);
  const headers = { ...TUS, "upload-length": String(size), ...(said.length > 0 && { "upload-metadata": said.join(",") }) };
  return fetch(at, { method: "POST", headers });
} // prettier-ignore

async function created(at: string, size: number, metadata?: Record<string, string>): Promise<string> {
  const answer = await create(at, size, metadata);
  expect(answer.status).toBe(201);
  expect(answer.headers.get("upload-expires")).not.toBeNull();
  return answer.headers.get("location")!;
}

function patch(at: string, offset: number, body: Buffer, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(at, { method: "PATCH", headers: { ...CHUNK, "upload-offset": String(offset), ...headers }, body });
}

async function offset(at: string): Promise<number> {
  const answer = await fetch(at, { method: "HEAD", headers: TUS });
  return answer.status === 200 ? Number(answer.headers.get("upload-offset")) : -answer.status;
}

/** The same place in the next life. */
const here = (at: string): string => at.replace(/^http:\/\/[^/]+/, stage.url);

describe("by a slot's own URL", () => {
  test("in three pieces", async () => {
    const body = randomBytes(300_000);
    const { put, get } = await stage.slot("a.bin", body.length);
    const at = await created(put, body.length, { filename: "another.bin" });
    expect(await offset(at)).toBe(0);
    for (const start of [0, 100_000, 200_000]) {
      expect(await offset(at)).toBe(start);
      expect((await fetch(get)).status).toBe(404);
      const answer = await patch(at, start, body.subarray(start, start + 100_000));
      expect([answer.status, answer.headers.get("upload-offset")]).toEqual([204, String(start + 100_000)]);
    }
    expect(Buffer.from(await (await fetch(get)).arrayBuffer()).equals(body)).toBe(true);
    expect(await stage.files()).toMatchObject([{ name: "a.bin", size: 300_000 }]);
    expect(stage.office.heard(ROMEO)).toEqual([]);
    expect(await offset(at)).toBe(300_000);
    expect((await create(put, body.length)).status).toBe(410);
    expect((await fetch(at, { method: "DELETE", headers: TUS })).status).toBe(400);
    expect(await stage.metric("restante_web_uploads_total")).toMatch(/method="tus",outcome="kept"\} 1$/);
  });

  test("what is begun over and over by one slot takes no more room than was asked for", async () => {
    const { put } = await stage.slot("a.bin", 400_000);
    for (let n = 0; n < 3; n++)
      expect((await patch(await created(put, 400_000), 0, randomBytes(399_999))).status).toBe(204);
    await stage.office.clock.turn(301_000);
    await stage.office.settle();
    expect(await stage.office.index.cutIntakes(stage.owner, 10)).toMatchObject([{ held: 399_999 }]);
  });

  test("of another size than asked for is refused", async () => {
    const { put } = await stage.slot("a.bin", 1000);
    expect((await create(put, 999)).status).toBe(400);
    expect((await create(put, 1001)).status).toBe(413);
    expect((await create(put, 0)).status).toBe(400);
  });

  test("goes on in the next life, from where the records say", async () => {
    const body = randomBytes(300_000);
    const { put, get } = await stage.slot("a.bin", body.length);
    const at = await created(put, body.length);
    await patch(at, 0, body.subarray(0, 180_000));
    await stage.stop();
    await begin();
    await stage.office.housekeeping.recover();
    expect(await offset(here(at))).toBe(180_000);
    expect((await patch(here(at), 0, body)).status).toBe(409);
    expect((await patch(here(at), 180_000, body.subarray(180_000))).status).toBe(204);
    expect(Buffer.from(await (await fetch(here(get))).arrayBuffer()).equals(body)).toBe(true);
    await stage.stop();
    await begin();
    expect(await offset(here(at))).toBe(300_000);
    expect(await stage.files()).toHaveLength(1);
  });

  test("a plain PUT takes the place of what was begun", async () => {
    const body = randomBytes(100_000);
    const { put, get } = await stage.slot("a.bin", body.length);
    const at = await created(put, body.length);
    await patch(at, 0, body.subarray(0, 50_000));
    expect((await stage.put(put, body)).status).toBe(201);
    expect(Buffer.from(await (await fetch(get)).arrayBuffer()).equals(body)).toBe(true);
    expect((await patch(at, 50_000, body.subarray(50_000))).status).toBeGreaterThanOrEqual(400);
    expect(await stage.files()).toHaveLength(1);
  });
});

describe("by the right behind a form", () => {
  test("as many files as there is room for, told of in chat", async () => {
    const token = await stage.page();
    for (const name of ["a.txt", "b.txt"]) {
      const at = await created(`${stage.url}/t/${token}`, 5, { filename: name });
      expect((await patch(at, 0, Buffer.from("12345"))).status).toBe(204);
    }
    await stage.office.settle();
    expect(stage.office.heard(ROMEO).filter((line) => /number [12]/.test(line))).toHaveLength(2);
    expect((await create(`${stage.url}/t/${token}`, 5_000_000)).status).toBe(413);
    expect((await create(`${stage.url}/t/${token.slice(1)}x`, 5)).status).toBe(404);
  });

  test("two files of one name at once are two files", async () => {
    const token = await stage.page();
    const [one, two] = [randomBytes(1000), randomBytes(1000)];
    const [at, other] = [await created(`${stage.url}/t/${token}`, 1000, { filename: "a" }), await created(`${stage.url}/t/${token}`, 1000, { filename: "a" })]; // prettier-ignore
    await patch(at, 0, one.subarray(0, 500));
    await patch(other, 0, two.subarray(0, 600));
    await patch(at, 500, one.subarray(500));
    await patch(other, 600, two.subarray(600));
    const hashes = (await stage.files()).map((file) => file.sha256).sort();
    expect(hashes).toEqual([one, two].map((b) => createHash("sha256").update(b).digest("hex")).sort());
  });

  test("with its client, which is cut and goes on", async () => {
    const token = await stage.page();
    const body = randomBytes(400_000);
    let seen = 0;
    const first = await new Promise<string>((resolve, reject) => {
      const upload = new Upload(body, {
        endpoint: `${stage.url}/t/${token}`,
        chunkSize: 100_000,
        metadata: { filename: "film.bin" },
        storeFingerprintForResuming: false,
        onError: reject,
        onSuccess: () => reject(new Error("too soon")),
        onChunkComplete: (_size, accepted) => {
          seen = accepted;
          if (accepted >= 200_000) void upload.abort().then(() => resolve(upload.url!));
        },
      });
      upload.start();
    });
    expect(seen).toBeGreaterThanOrEqual(200_000);
    await stage.stop();
    await begin();
    await stage.office.housekeeping.recover();
    await new Promise<void>((resolve, reject) => {
      const upload = new Upload(body, {
        uploadUrl: here(first),
        chunkSize: 150_000,
        storeFingerprintForResuming: false,
        onError: reject,
        onSuccess: () => resolve(),
      });
      upload.start();
    });
    const [file] = await stage.files();
    expect(file).toMatchObject({ name: "film.bin", sha256: createHash("sha256").update(body).digest("hex") });
  });

  test("called off", async () => {
    const token = await stage.page();
    const at = await created(`${stage.url}/t/${token}`, 1000, { filename: "a" });
    await patch(at, 0, randomBytes(500));
    expect((await fetch(at, { method: "DELETE", headers: TUS })).status).toBe(204);
    expect(await offset(at)).toBe(-410);
    await stage.office.housekeeping.sweep();
    expect(await keys()).toBe(0);
  });

  test("of which no more comes is set aside, and can be gone on with", async () => {
    const token = await stage.page();
    const body = randomBytes(1000);
    const at = await created(`${stage.url}/t/${token}`, 1000, { filename: "a" });
    await patch(at, 0, body.subarray(0, 400));
    await stage.office.clock.turn(300_000);
    await stage.office.settle();
    await stage.office.say(`${ROMEO}/orchard`, "list");
    expect(stage.office.heard(ROMEO).join()).toContain("400");
    expect(await offset(at)).toBe(400);
    expect((await patch(at, 400, body.subarray(400))).status).toBe(204);
    expect(await stage.files()).toHaveLength(1);
  });
});

describe("checksums", () => {
  const sum = (body: Buffer, algorithm = "sha1"): string => `${algorithm} ${createHash(algorithm).update(body).digest("base64")}`; // prettier-ignore

  test("of a chunk: what is wrong is not kept", async () => {
    const token = await stage.page();
    const body = randomBytes(1000);
    const at = await created(`${stage.url}/t/${token}`, 1000, { filename: "a" });
    expect((await patch(at, 0, body.subarray(0, 600), { "upload-checksum": sum(body) })).status).toBe(460);
    expect(await offset(at)).toBe(0);
    expect((await patch(at, 0, body.subarray(0, 600), { "upload-checksum": sum(body.subarray(0, 600)) })).status).toBe(204); // prettier-ignore
    expect((await patch(at, 600, body.subarray(600), { "upload-checksum": sum(body.subarray(600), "sha256") })).status).toBe(204); // prettier-ignore
    expect((await patch(at, 600, Buffer.alloc(0), { "upload-checksum": "md4 x" })).status).toBe(400);
    expect(await stage.files()).toHaveLength(1);
  });

  test("of the whole: what is wrong becomes no file", async () => {
    const token = await stage.page();
    const at = await created(`${stage.url}/t/${token}`, 5, { filename: "a", sha256: "0".repeat(64) });
    expect((await patch(at, 0, Buffer.from("12345"))).status).toBe(422);
    expect(await stage.files()).toEqual([]);
  });
});

describe("what is wrong", () => {
  test("is refused as tus has it", async () => {
    const token = await stage.page();
    const at = await created(`${stage.url}/t/${token}`, 1000, { filename: "a" });
    expect((await fetch(at, { method: "HEAD" })).status).toBe(412);
    expect((await patch(at, 5, Buffer.from("12345"))).status).toBe(409);
    expect((await patch(at, 0, randomBytes(1001))).status).toBe(413);
    expect(await offset(`${at.slice(0, -3)}xyz`)).toBe(-404);
    expect(await offset(`${stage.url}/t/${token}/../../etc/passwd`)).toBe(-404);
    expect((await fetch(`${stage.url}/t/${token}`, { method: "POST", headers: { ...TUS, "upload-defer-length": "1" } })).status).toBe(501); // prettier-ignore
    expect((await fetch(at, { method: "GET" })).status).toBe(405);
    expect(await stage.files()).toEqual([]);
  });

  test("more transfers at once than a member may have", async () => {
    await stage.stop();
    await begin({ transfers: 2 });
    const token = await stage.page();
    const at = await Promise.all([1, 2, 3].map((n) => created(`${stage.url}/t/${token}`, 1000, { filename: `${n}` })));
    const answers: number[] = [];
    for (const one of at) answers.push((await patch(one, 0, randomBytes(10))).status);
    expect(answers).toEqual([204, 204, 429]);
  });

  test("a connection that is cut keeps what came by it", async () => {
    const token = await stage.page();
    const body = randomBytes(300_000);
    const at = await created(`${stage.url}/t/${token}`, body.length, { filename: "a" });
    const client = await begun(at, body, 200_000);
    await stage.until(async () => (await keys()) > 0);
    client.reset();
    const held = await offset(at);
    expect(held).toBeGreaterThan(0);
    expect((await patch(at, held, body.subarray(held))).status).toBe(204);
    const [file] = await stage.files();
    expect(file!.sha256).toBe(createHash("sha256").update(body).digest("hex"));
  });

  test("what came by a connection that is cut is counted when the store has taken it", async () => {
    let open!: () => void;
    const gate = new Promise<void>((resolve) => (open = resolve));
    let writes = 0;
    holding((writer) => {
      const write = writer.write.bind(writer);
      writer.write = (chunk) => (writes++ === 0 ? gate : Promise.resolve()).then(() => write(chunk));
    });
    const body = randomBytes(300_000);
    const at = await created(`${stage.url}/t/${await stage.page()}`, body.length, { filename: "a" });
    const client = await begun(at, body, 60_000);
    await stage.until(() => writes > 0);
    client.reset();
    const asked = offset(at);
    // The library lets the question in as soon as it has seen the cut.
    await Promise.race([asked, stage.office.settle()]);
    open();
    const held = await asked;
    expect(held).toBeGreaterThan(0);
    expect((await patch(at, held, body.subarray(held))).status).toBe(204);
    const [file] = await stage.files();
    expect(file!.sha256).toBe(createHash("sha256").update(body).digest("hex"));
  });

  test("who asks while what came is being set aside hears how much that is", async () => {
    let open!: () => void;
    const gate = new Promise<void>((resolve) => (open = resolve));
    let isResting = false;
    holding((writer) => {
      const rest = writer.rest.bind(writer);
      writer.rest = () => ((isResting = true), gate.then(rest));
    });
    const body = randomBytes(3000);
    const at = await created(`${stage.url}/t/${await stage.page()}`, body.length, { filename: "a" });
    expect((await patch(at, 0, body.subarray(0, 1000))).status).toBe(204);
    await stage.office.clock.turn(301_000);
    await stage.until(() => isResting);
    const asked = offset(at);
    await Promise.race([asked, stage.office.settle()]);
    open();
    expect(await asked).toBe(1000);
    expect((await patch(at, 1000, body.subarray(1000))).status).toBe(204);
    expect(await stage.files()).toHaveLength(1);
  });

  test.each(["HEAD", "DELETE"])("%s has nothing to bring, and is not cut for that while what a dead process left is looked through", async (method) => {
    const at = await created(`${stage.url}/t/${await stage.page()}`, 3000, { filename: "a" });
    let open!: () => void;
    let isAsked = false;
    const gate = new Promise<void>((resolve) => (open = resolve));
    stage.office.receptions.recovered = () => ((isAsked = true), gate);
    const answer = fetch(at, { method, headers: TUS });
    await stage.until(() => isAsked);
    await stage.office.clock.turn(65_000);
    await stage.office.settle();
    open();
    expect((await answer).ok).toBe(true);
  }); // prettier-ignore

  test("a file that comes with its creation is told its number, and nothing is remembered of it", async () => {
    const said = { "upload-length": "5", "upload-metadata": `filename ${btoa("a.txt")}` };
    const answer = await fetch(`${stage.url}/t/${await stage.page()}`, { method: "POST", headers: { ...CHUNK, ...said }, body: "hello" }); // prettier-ignore
    expect(answer.status).toBe(201);
    const [file] = await stage.files();
    expect(answer.headers.get("restante-number")).toBe(String(file!.number));
  });

  test("a stranger's bytes do not lie in memory for their checksum", async () => {
    const strangers = await Promise.all(Array.from({ length: 8 }, () => stage.connect()));
    for (const client of strangers) {
      client.send(`PATCH /t/${"x".repeat(22)}/${"y".repeat(22)}.abc HTTP/1.1\r\nHost: a\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nUpload-Checksum: sha1 abc\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: 8000000\r\n\r\n`); // prettier-ignore
      client.socket.write(randomBytes(1000));
    }
    await Promise.race([Promise.all(strangers.map((client) => client.answer())), stage.office.settle()]);
    const at = await created(`${stage.url}/t/${await stage.page()}`, 5, { filename: "a" });
    const body = Buffer.from("hello");
    expect((await patch(at, 0, body, { "upload-checksum": `sha1 ${createHash("sha1").update(body).digest("base64")}` })).status).toBe(204); // prettier-ignore
  });
});

/** Announces all of the body, and sends so much of it. */
async function begun(at: string, body: Buffer, until: number): Promise<RawHttp> {
  const client = await stage.connect();
  client.send(`PATCH ${new URL(at).pathname} HTTP/1.1\r\nHost: a\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: ${body.length}\r\n\r\n`); // prettier-ignore
  client.socket.write(body.subarray(0, until));
  return client;
}

/** Has every writer of the store changed before it is used. */
function holding(change: (writer: BlobWriter) => void): void {
  const create = blobs.create.bind(blobs);
  blobs.create = async (key) => {
    const writer = await create(key);
    change(writer);
    return writer;
  };
}

async function keys(): Promise<number> {
  let count = 0;
  for await (const key of blobs.keys()) count += key === "" ? 0 : 1;
  return count;
}
