import { describe, expect, test } from "@jest/globals";
import { randomId } from "../../../component/lib/ids.js";
import type { Picture, Report, StandIn } from "../../../component/control/ports.js";
import { DAY, give, HOSTILE_NAMES, move, scene, sha, someone, T0, type Ground } from "./kit.js";

export function sundryContract(ground: Ground): void {
  describe("languages", () => {
    const at = scene(ground);

    test("are as chosen, and stay", async () => {
      const jid = someone();
      expect((await at.index.setContact(jid, { followed: true }, T0)).language).toBe("");
      expect((await at.index.setContact(jid, { language: "ko" }, T0)).language).toBe("ko");
      expect((await at.index.setContact(jid, { standing: "met" }, T0)).language).toBe("ko");
      expect(await at.index.setContact(jid, { language: "" }, T0)).toEqual(await at.index.contact(jid));
      expect((await at.index.contact(jid))?.language).toBe("");
      const other = someone();
      await give(at.index, other);
      expect((await at.index.contact(other))?.language).toBe("");
    });
  });

  describe("people in contact lists under an address of ours", () => {
    const at = scene(ground);

    test("are kept once each, page by page in order, and dropped; only so many of one owner", async () => {
      const { index } = at;
      const [romeo, mercutio] = [someone("aa-romeo"), someone("ab-mercutio")];
      const people = [someone("a"), someone("b"), someone("c")].sort();
      const all: unknown[] = [];
      for (const owner of [mercutio, romeo])
        for (const person of [...people].reverse()) {
          await index.setStandIn({ owner, person }, true);
          await index.setStandIn({ owner, person }, true);
        }
      const ours = async (limit: number): Promise<string[]> => {
        const found: string[] = [];
        for (let after: StandIn | undefined; ;) {
          const page: StandIn[] = await index.standIns(after, limit);
          for (const { owner, person } of page)
            if (owner === romeo || owner === mercutio) found.push(`${owner} ${person}`);
          if (page.length < limit) return found;
          after = page.at(-1);
        }
      };
      for (const owner of [romeo, mercutio]) all.push(...people.map((person) => `${owner} ${person}`));
      expect(await ours(2)).toEqual(all);
      expect(await ours(100)).toEqual(all);
      await index.setStandIn({ owner: romeo, person: people[1]! }, false);
      await index.setStandIn({ owner: romeo, person: people[1]! }, false);
      expect(await ours(3)).toEqual(all.filter((row) => row !== `${romeo} ${people[1]!}`));
      for (let i = 0; i < 1010; i++) await index.setStandIn({ owner: romeo, person: someone("p") }, true);
      expect((await ours(2000)).length).toBe(1000 + 3);
    });
  });

  describe("groups", () => {
    const at = scene(ground);

    test("begin with their first member and end with their last", async () => {
      const { index } = at;
      const owner = someone();
      const [a, b, c] = [someone("a"), someone("b"), someone("c")];
      await index.addToGroup(owner, "Verona", []);
      expect(await index.groups(owner)).toEqual([]);
      expect(await index.group(owner, "Verona")).toBeUndefined();
      await index.addToGroup(owner, "Verona", [c, a]);
      await index.addToGroup(owner, "VERONA", [b, a]);
      await index.addToGroup(owner, "alone", [a]);
      await index.addToGroup(someone(), "Verona", [a]);
      expect(await index.groups(owner)).toEqual([
        { name: "Verona", members: 3 },
        { name: "alone", members: 1 },
      ]);
      expect(await index.group(owner, "verona")).toEqual([a, b, c]);
      expect(await index.dropFromGroup(owner, "verona", [b, someone()])).toBe(1);
      expect(await index.group(owner, "Verona")).toEqual([a, c]);
      expect(await index.dropFromGroup(owner, "verona", [a, c])).toBe(2);
      expect(await index.group(owner, "Verona")).toBeUndefined();
      expect(await index.dropFromGroup(owner, "Verona", [a])).toBe(0);
      await index.addToGroup(owner, "verona", [a, b]);
      expect((await index.groups(owner)).map(({ name }) => name)).toEqual(["alone", "verona"]);
      expect(await index.dropFromGroup(owner, "Verona")).toBe(2);
      expect(await index.dropFromGroup(owner, "alone")).toBe(1);
      expect(await index.groups(owner)).toEqual([]);
    });

    test.each(HOSTILE_NAMES.map((name) => [name.slice(0, 20), name]))("named %j…", async (_, name) => {
      const [owner, member] = [someone(), someone()];
      await at.index.addToGroup(owner, name, [member]);
      expect(await at.index.groups(owner)).toEqual([{ name, members: 1 }]);
      expect(await at.index.group(owner, name)).toEqual([member]);
    });

    test("joined while the last leaves: who was let in is in", async () => {
      const { index } = at;
      for (let i = 0; i < 20; i++) {
        const [owner, old, fresh] = [someone(), someone(), someone()];
        await index.addToGroup(owner, "g", [old]);
        await Promise.all([index.dropFromGroup(owner, "g", [old]), index.addToGroup(owner, "g", [fresh])]);
        expect(await index.group(owner, "g")).toEqual([fresh]);
        expect(await index.groups(owner)).toEqual([{ name: "g", members: 1 }]);
      }
    });
  });

  describe("complaints", () => {
    const at = scene(ground);

    test("come newest first", async () => {
      const by = someone();
      const report = (since: number): Report => ({ id: randomId(), by, about: "spam.example", reason: "urn:xmpp:reporting:spam", text: "it's\0 \"bad\" 🗂", since }); // prettier-ignore
      const list = [report(T0), report(T0 + 2), report(T0 + 1)];
      for (const one of list) await at.index.addReport(one);
      const text = 'it\'s "bad" 🗂';
      const [old, newest, middle] = list.map((one) => ({ ...one, text }));
      expect(await at.index.reports(10)).toEqual([newest, middle, old]);
      expect(await at.index.reports(1)).toEqual([newest]);
    });
  });

  describe("pictures", () => {
    const at = scene(ground);
    const plain: Picture = { width: 4_000, height: 3_000 };
    const bytes = Uint8Array.from({ length: 8_000 }, (_, i) => i % 256);
    const full: Picture = { ...plain, thumbnail: { mediaType: "image/jpeg", width: 128, height: 96, bytes } };

    test("belong to the bytes, byte by byte, and may be made anew", async () => {
      const { index } = at;
      const file = await give(index, someone());
      expect(await index.picture(file.sha256)).toBeUndefined();
      await index.setPicture(file.sha256, plain);
      expect(await index.picture(file.sha256)).toEqual(plain);
      await index.setPicture(file.sha256, full);
      expect(await index.picture(file.sha256)).toEqual(full);
    });

    test("go with the last file of the bytes, and are not made for what is gone", async () => {
      const { index } = at;
      const sha256 = sha();
      const [one, two] = [await give(index, someone(), { sha256 }), await give(index, someone(), { sha256 })];
      await index.setPicture(sha256, full);
      await index.removeFile(one.id, T0);
      expect(await index.picture(sha256)).toEqual(full);
      await index.removeFile(two.id, T0);
      expect(await index.picture(sha256)).toBeUndefined();
      await index.setPicture(sha256, full);
      await give(index, someone(), { sha256 });
      expect(await index.picture(sha256)).toBeUndefined();
    });

    test("made while the bytes go: one or the other, and no mistake", async () => {
      const { index } = at;
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          const file = await give(index, someone());
          await Promise.all([index.setPicture(file.sha256, full), index.removeFile(file.id, T0)]);
          expect(await index.picture(file.sha256)).toBeUndefined();
        }),
      );
    });
  });

  describe("summaries", () => {
    const at = scene(ground);

    test("are found with their parcels, in order of recipient, whatever became of these and of the file", async () => {
      const { index } = at;
      const owner = someone("romeo");
      const file = await give(index, owner);
      const summary = { id: randomId(), fileId: file.id, owner, message: "", since: T0 };
      await index.addSummary(summary);
      expect(await index.summary(summary.id)).toEqual({ summary, parcels: [] });
      const people = [someone("b"), someone("a")];
      for (const who of people) await index.createParcel(file, who, T0, T0 + DAY, { summary: summary.id });
      await index.createParcel(file, someone(), T0, T0 + DAY);
      await index.setSummary(summary.id, "m1");
      const found = await index.summary(summary.id);
      expect(found?.summary).toEqual({ ...summary, message: "m1" });
      expect(found?.parcels.map(({ recipient }) => recipient)).toEqual([...people].sort());
      for (const parcel of found!.parcels) await index.step(move(parcel, "withdrawn"));
      await index.removeFile(file.id, T0);
      expect((await index.summary(summary.id))?.parcels.map(({ state }) => state)).toEqual(["withdrawn", "withdrawn"]);
      expect(await index.summary("nowhere")).toBeUndefined();
      expect(await index.forgetParcels(T0 + DAY, 1)).toBe(1);
      expect((await index.summary(summary.id))?.parcels).toHaveLength(1);
      expect(await index.forgetParcels(T0 + DAY, 9)).toBe(1);
      expect(await index.summary(summary.id)).toBeUndefined();
      expect(await index.summary("")).toBeUndefined();
    });
  });
}
