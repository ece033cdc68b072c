/** The harness itself: every server and every kind of client that the other tests stand on. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { startEjabberd, type Ejabberd } from "../harness/ejabberd.js";
import { startPostgres, type Postgres } from "../harness/postgres.js";
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
