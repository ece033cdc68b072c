/** The harness itself: every server and every kind of client that the other tests stand on. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { once } from "node:events";
import { watch } from "node:fs";
import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import pg from "pg";
import ts from "typescript";
import { startEjabberd, type Ejabberd } from "../harness/ejabberd.js";
import { startNginx } from "../harness/nginx.js";
import { startPostgres, type Postgres } from "../harness/postgres.js";
import { run } from "../harness/process.js";
import type { S3Server } from "../harness/s3.js";
import { startS3rver } from "../harness/s3rver.js";
import { startSwift } from "../harness/swift.js";
import { smallDisk, tempFolder } from "../harness/tmp.js";
import { startProsody, type Prosody } from "../harness/prosody.js";
import { xmppUser } from "../harness/clients/xmppjs.js";

describe("Prosody", () => {
  let prosody: Prosody;
  beforeAll(async () => {
    prosody = await startProsody();
  });
  afterAll(() => prosody.remove());

  test("carries a message between two scripted users", async () => {
    const romeo = await xmppUser(prosody, "romeo");
    const juliet = await xmppUser(prosody, "juliet", { smacks: true });
    await romeo.subscribe(juliet.bare);
    await romeo.say(juliet.bare, "good morrow");
    await juliet.waitMessage(romeo.bare, /^good morrow$/);
    await romeo.stop();
    await juliet.stop();
  });

  test("keeps its users and its ports over a restart", async () => {
    await prosody.addUser("tybalt");
    const before = await xmppUser(prosody, "tybalt");
    await before.stop();
    await prosody.restart();
    const after = await xmppUser(prosody, "tybalt");
    expect(after.bare).toBe(`tybalt@${prosody.domain}`);
    await after.stop();
    await prosody.kill();
    await expect(xmppUser(prosody, "tybalt")).rejects.toThrow(/ECONNREFUSED/);
    await prosody.start();
    await (await xmppUser(prosody, "tybalt")).stop();
  });
});

test("Prosody takes more configuration, and shows stanzas in debug", async () => {
  const extra = 'Component "more.example.test"\n\tcomponent_secret = "x"\n';
  const prosody = await startProsody({ logLevel: "debug", extra });
  const romeo = await xmppUser(prosody, "romeo");
  await romeo.say("more.example.test", "anybody?");
  await romeo.waitStanza((stanza) => stanza.is("message") && stanza.attrs.type === "error");
  await romeo.stop();
  await prosody.stop();
  expect(await readFile(prosody.log, "utf8")).toMatch(/<body>anybody\?<\/body>/);
  await prosody.remove();
});

test("Prosody as Debian has it holds clients back to 10 kB a second", async () => {
  const prosody = await startProsody({ settings: "debian" });
  const romeo = await xmppUser(prosody, "romeo");
  const begin = performance.now();
  for (const text of ["x".repeat(30_000), "the end"]) await romeo.say(romeo.jid, text);
  await romeo.waitMessage(romeo.bare, /^the end$/);
  // A machine can only be slower than what it is held to.
  expect(performance.now() - begin).toBeGreaterThan(1_500);
  await romeo.stop();
  await prosody.remove();
});

describe("ejabberd", () => {
  let ejabberd: Ejabberd;
  beforeAll(async () => {
    ejabberd = await startEjabberd();
  }, 90_000);
  afterAll(() => ejabberd.remove());

  test("carries a message between two scripted users", async () => {
    const romeo = await xmppUser(ejabberd, "romeo");
    const juliet = await xmppUser(ejabberd, "juliet", { smacks: true });
    await romeo.subscribe(juliet.bare);
    await romeo.say(juliet.bare, "good morrow");
    await juliet.waitMessage(romeo.bare, /^good morrow$/);
    await romeo.stop();
    await juliet.stop();
  });

  test("keeps its users over a restart", async () => {
    await ejabberd.addUser("tybalt");
    await ejabberd.restart();
    await (await xmppUser(ejabberd, "tybalt")).stop();
  }, 60_000);
});

describe("PostgreSQL", () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  }, 60_000);
  afterAll(() => postgres.remove());

  test("answers, also after it was killed", async () => {
    const url = await postgres.createDatabase();
    await query(url, "create table kept (n integer)");
    await query(url, "insert into kept values (1597)");
    await postgres.kill();
    await expect(query(url, "select 1")).rejects.toThrow(/ECONNREFUSED/);
    await postgres.start();
    expect(await query(url, "select n from kept")).toEqual([{ n: 1597 }]);
    await postgres.restart();
    expect(await query(url, "select n from kept")).toEqual([{ n: 1597 }]);
  }, 60_000);

  async function query(url: string, sql: string): Promise<unknown[]> {
    const client = new pg.Client(url);
    try {
      await client.connect();
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
});

describe.each([
  ["Swift", startSwift],
  ["s3rver", startS3rver],
])("%s", (_name, startServer: () => Promise<S3Server>) => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startServer();
  }, 60_000);
  afterAll(() => server.remove());

  test("keeps an object over a restart", async () => {
    const { endpoint, region, accessKey: accessKeyId, secretKey: secretAccessKey } = server;
    const s3 = new S3Client({
      endpoint,
      region,
      credentials: { accessKeyId, secretAccessKey },
      forcePathStyle: true,
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
    await s3.send(new CreateBucketCommand({ Bucket: "kept" }));
    await s3.send(new PutObjectCommand({ Bucket: "kept", Key: "a/b", Body: "parting is such sweet sorrow" }));
    await server.stop();
    await server.start();
    const got = await s3.send(new GetObjectCommand({ Bucket: "kept", Key: "a/b" }));
    expect(await got.Body?.transformToString()).toBe("parting is such sweet sorrow");
    s3.destroy();
  }, 60_000);
});

test("nginx serves a folder", async () => {
  const folder = await tempFolder();
  await writeFile(join(folder.path, "letter"), "sweet");
  const nginx = await startNginx(folder.path);
  expect(await (await fetch(`${nginx.url}/letter`)).text()).toBe("sweet");
  await nginx.stop();
  await folder.remove();
});

test("a small disk is soon full", async () => {
  const disk = await smallDisk(64 * 1024);
  await expect(writeFile(join(disk.path, "large"), Buffer.alloc(128 * 1024))).rejects.toThrow(/ENOSPC/);
  await disk.remove();
});

test("what a test process has started ends with it, also by kill -9", async () => {
  const folder = await tempFolder();
  const doomed = await tempFolder("restante-doomed");
  const source = await readFile(new URL("../harness/guard.ts", import.meta.url), "utf8");
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  await writeFile(join(folder.path, "guard.mjs"), outputText);
  await writeFile(
    join(folder.path, "main.mjs"),
    `import { hold } from "./guard.mjs";
     import { spawn } from "node:child_process";
     const child = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
     hold("group", child.pid);
     hold("folder", ${JSON.stringify(doomed.path)});
     console.log("held " + child.pid);`,
  );
  const main = run("node", [join(folder.path, "main.mjs")]);
  const [, pid] = await main.waitFor(/^held (\d+)$/);
  const watcher = watch(join(doomed.path, ".."));
  main.signal("SIGKILL");
  await main.exit;
  while (
    await access(doomed.path).then(
      () => true,
      () => false,
    )
  )
    await once(watcher, "change", { signal: AbortSignal.timeout(10_000) });
  watcher.close();
  // The group was ended before the folder was removed. Where nobody reaps orphans it stays as a zombie, which runs no more.
  const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") Z");
  expect(state.slice(state.lastIndexOf(")") + 2)).toMatch(/^[ZX]/);
  await folder.remove();
});
