import { describe, expect, test } from "@jest/globals";
import { bare } from "../../../component/lib/jid.js";
import { DAY, move, post, scene, someone, T0, type Ground } from "./kit.js";

export function contactsContract(ground: Ground): void {
  describe("contacts", () => {
    const at = scene(ground);

    test("nobody is known before", async () => {
      expect(await at.index.contact(someone())).toBeUndefined();
    });

    test("comes into being with what is said of him, and keeps what is not changed", async () => {
      const jid = someone();
      const { index } = at;
      const first = { jid, standing: "stranger", followed: true, follows: false, language: "", since: T0 };
      expect(await index.setContact(jid, { followed: true }, T0)).toEqual(first);
      expect(await index.setContact(jid, { standing: "met" }, T0 + DAY)).toEqual({ ...first, standing: "met" });
      expect(await index.setContact(jid, { followed: false, follows: true }, T0)).toEqual({ ...first, standing: "met", followed: false, follows: true }); // prettier-ignore
      expect(await index.setContact(jid, {}, T0)).toEqual(await index.contact(jid));
    });

    test("is in the book once, however many write him at the same time", async () => {
      const jid = someone();
      const changes = [{ followed: true }, { follows: true }, { standing: "met" as const }];
      await Promise.all([...changes, ...changes].map((change) => at.index.setContact(jid, change, T0)));
      expect(await at.index.contact(jid)).toEqual({
        jid,
        standing: "met",
        followed: true,
        follows: true,
        language: "",
        since: T0,
      });
    });
  });

  describe("pages of contacts", () => {
    const at = scene(ground);
    const people = ["Ä@z.example", "a@b.example", "a-b@b.example", "b@a.example", "z@b.example", "é@b.example"].map(
      bare,
    );
    const bytewise = [...people].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

    async function walk(only?: "followed" | "follows" | "awaited", limit = 2): Promise<string[]> {
      const all: string[] = [];
      for (let after: (typeof people)[number] | "" = ""; ;) {
        const page = await at.index.contacts(after, limit, only);
        expect(page.length).toBeLessThanOrEqual(limit);
        if (page.length === 0) return all;
        all.push(...page.map((contact) => contact.jid));
        after = page.at(-1)!.jid;
      }
    }

    test("come in order of address, byte by byte, narrowed as asked", async () => {
      const { index } = at;
      for (const [i, jid] of people.entries())
        await index.setContact(jid, { followed: i % 2 === 0, follows: i < 2 }, T0);
      expect(await walk()).toEqual(bytewise);
      expect(await walk("followed")).toEqual(bytewise.filter((jid) => people.indexOf(jid) % 2 === 0));
      expect(await walk("follows")).toEqual(bytewise.filter((jid) => people.indexOf(jid) < 2));
      expect(await walk("awaited")).toEqual([]);
    });

    test("those with parcels that wait come once each", async () => {
      const { index } = at;
      const [first, second, third] = people as [(typeof people)[0], (typeof people)[0], (typeof people)[0]];
      for (const recipient of [first, first, first, second, third, third])
        await post(index, recipient, { sender: first });
      for (const parcel of await index.waitingFor(third, 0, 10)) await index.step(move(parcel, "offered"));
      const expected = bytewise.filter((jid) => jid === first || jid === second);
      expect(await walk("awaited")).toEqual(expected);
      expect(await walk("awaited", 1)).toEqual(expected);
      expect(await walk("awaited", 100)).toEqual(expected);
    });
  });

  describe("blocks", () => {
    const at = scene(ground);

    test("an address or a whole domain, for one owner, until it is taken back", async () => {
      const { index } = at;
      const [juliet, nurse, romeo] = [someone(), someone("nurse"), bare("romeo@montague.example")];
      await index.block(juliet, romeo, true);
      await index.block(juliet, romeo, true);
      await index.block(juliet, "spam.example", true);
      expect(await index.blocks(juliet)).toEqual([romeo, "spam.example"]);
      expect(await index.isBlocked(juliet, romeo)).toBe(true);
      expect(await index.isBlocked(juliet, bare("anyone@spam.example"))).toBe(true);
      expect(await index.isBlocked(juliet, bare("spam.example"))).toBe(true);
      expect(await index.isBlocked(juliet, bare("anyone@sub.spam.example"))).toBe(false);
      expect(await index.isBlocked(juliet, bare("mercutio@montague.example"))).toBe(false);
      expect(await index.isBlocked(nurse, romeo)).toBe(false);
      await index.block(juliet, romeo, false);
      await index.block(juliet, "never@blocked.example", false);
      expect(await index.isBlocked(juliet, romeo)).toBe(false);
      expect(await index.blocks(juliet)).toEqual(["spam.example"]);
    });

    test("the longest addresses", async () => {
      const long = (c: number): string => Array.from({ length: 500 }, (_, i) => String.fromCodePoint(0x4e00 + ((i * 37 + c * 911) % 9000))).join(""); // prettier-ignore
      const [owner, other] = [bare(`${long(1).slice(0, 340)}@${long(2).slice(0, 340)}`), bare(`${long(3).slice(0, 340)}@${long(4).slice(0, 340)}`)]; // prettier-ignore
      await at.index.block(owner, other, true);
      expect(await at.index.isBlocked(owner, other)).toBe(true);
      const parcel = await post(at.index, owner, { sender: other });
      expect(await at.index.waitingFor(owner, 0, 10)).toEqual([parcel]);
    });
  });
}
