import { describe, expect, test } from "@jest/globals";
import type { BareJid } from "../../../component/lib/jid.js";
import { give, intakeOf, move, notice, open, post, scene, someone, T0, type Ground } from "./kit.js";

export function processesContract(ground: Ground): void {
  describe("the outbox", () => {
    const at = scene(ground);

    test("gives notices back oldest first, until they are dropped; one that is queued twice is there once", async () => {
      const { index } = at;
      const [juliet, romeo] = [someone(), someone("romeo")];
      const list = Array.from({ length: 5 }, (_, i) => notice(juliet, { since: T0 - i, details: { i, text: "ä'\"" } }));
      await index.addNotices(list.slice(0, 3));
      await index.addNotices([...list.slice(2), notice(romeo)]);
      await index.addNotices([]);
      expect(await index.noticesFor(juliet, 10)).toEqual(list);
      expect(await index.noticesFor(juliet, 2)).toEqual(list.slice(0, 2));
      await index.dropNotices([list[0]!.id, list[3]!.id, "nothing"]);
      expect(await index.noticesFor(juliet, 10)).toEqual([list[1], list[2], list[4]]);
      expect(await index.noticesFor(romeo, 10)).toHaveLength(1);
    });

    test("says who has something to hear, page by page, in order", async () => {
      const { index } = at;
      const people = Array.from({ length: 5 }, () => someone("zoe")).sort();
      for (const to of [...people, ...people].reverse()) await index.addNotices([notice(to)]);
      const start = "zo" as BareJid;
      expect(await index.noticed(start, 100)).toEqual(people);
      expect(await index.noticed(start, 2)).toEqual(people.slice(0, 2));
      expect(await index.noticed(people[1]!, 2)).toEqual(people.slice(2, 4));
      expect(await index.noticed(people[4]!, 2)).toEqual([]);
    });

    test("nudges whoever listens, after the fact and only then", async () => {
      const { index } = at;
      const heard: string[] = [];
      const end = index.onNudge((what, whom) => heard.push(`${what} ${whom}`));
      const [juliet, romeo] = [someone(), someone("romeo")];
      await index.addNotices([notice(romeo), notice(romeo)]);
      const parcel = await post(index, juliet, { sender: romeo });
      const offered = await index.step(move(parcel, "offered", { notices: [notice(juliet)] }));
      await index.step(move(offered!, "waiting"));
      await index.step(move(offered!, "waiting")); // somebody else was first
      await expect(give(index, romeo, { size: 2, quota: 1 })).rejects.toThrow();
      expect(heard).toEqual([`notices ${romeo}`, `parcels ${juliet}`, `notices ${juliet}`, `parcels ${juliet}`]);
      end();
      await index.addNotices([notice(romeo)]);
      expect(heard).toHaveLength(4);
    });
  });

  describe("life", () => {
    test("before start and after stop the records are down", async () => {
      const index = open(await ground.url());
      await expect(index.contact(someone())).rejects.toMatchObject({ code: "index-down" });
      await index.start();
      await index.check();
      await index.stop();
      await expect(index.contact(someone())).rejects.toMatchObject({ code: "index-down" });
      await expect(index.addNotices([notice(someone())])).rejects.toMatchObject({ code: "index-down" });
    });
  });

  if (!ground.lasting) return;

  describe("what a process had in hand", () => {
    test("each knows how many other servers live", async () => {
      const url = await ground.url();
      const server = open(url, "server");
      await server.start();
      const tool = open(url, "tool");
      await tool.start();
      const now = Date.now();
      expect(await server.beat(now, 60_000)).toBe(0);
      expect(await tool.beat(now, 60_000)).toBe(1);
      await server.stop();
      expect(await tool.beat(now, 60_000)).toBe(0);
      await tool.stop();
    });

    test("is taken over when it stops, not before, each by one", async () => {
      const url = await ground.url();
      const [first, second] = [open(url), open(url, "tool")];
      await first.start();
      await second.start();
      const [owner, recipient] = [someone(), someone()];
      const taken = [intakeOf(owner, { since: T0 + 1 }), intakeOf(owner, { since: T0 })];
      for (const intake of taken) await first.beginIntake(intake);
      const held = await first.step(move(await post(first, recipient), "offered", { hold: true }));
      const loose = await first.step(move(await post(first, recipient), "offered", { hold: true }));
      await first.step(move(loose!, "offered", { event: "sent" }));
      expect(await second.abandonedIntakes(10)).toEqual([]);
      expect(await second.abandonedParcels(10)).toEqual([]);
      expect(await first.abandonedIntakes(10)).toEqual([]);
      expect(await first.abandonedParcels(10)).toEqual([]);
      await first.stop();
      expect(await second.abandonedIntakes(1)).toHaveLength(1);
      expect(await second.abandonedIntakes(10)).toHaveLength(1);
      expect(await second.abandonedIntakes(10)).toEqual([]);
      expect((await second.abandonedParcels(10)).map((p) => p.id)).toEqual([held!.id]);
      expect(await second.abandonedParcels(10)).toEqual([]);
      await second.dropIntake(taken[0]!.id, []);
      expect(await second.doomed(10)).toEqual([taken[0]!.blobKey]);
      await second.stop();
    });

    test("is taken over when it has been silent for too long; then it cannot end it any more", async () => {
      const url = await ground.url();
      const [first, second] = [open(url), open(url, "tool")];
      await first.start();
      await second.start();
      const owner = someone();
      const intake = intakeOf(owner);
      await first.beginIntake(intake);
      const now = Date.now();
      await second.beat(now + 50_000, 60_000);
      expect(await second.abandonedIntakes(10)).toEqual([]);
      await second.beat(now + 90_000, 60_000);
      expect(await second.abandonedIntakes(10)).toEqual([intake]);
      const kept = first.keep(
        intake,
        { sha256: "00", size: 1 },
        { name: "a", mediaType: "a/b", until: T0 },
        1e9,
        () => [],
      );
      await expect(kept).rejects.toMatchObject({ code: "wrong-state" });
      await first.dropIntake(intake.id, []);
      expect(await first.doomed(10)).toEqual([]);
      await first.beat(now + 91_000, 60_000); // it is back
      expect(await first.abandonedIntakes(10)).toEqual([]);
      await second.stop();
      expect(await first.abandonedIntakes(10)).toEqual([intake]);
      await first.stop();
    });
  });
}
