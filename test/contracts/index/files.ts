import { describe, expect, test } from "@jest/globals";
import { Refusal } from "../../../component/lib/errors.js";
import { collect, DAY, give, HOSTILE_NAMES, intakeOf, notice, scene, sha, someone, T0, type Ground } from "./kit.js";

export function filesContract(ground: Ground): void {
  describe("keeping a file", () => {
    const at = scene(ground);

    test("answers the file, numbered, with its notices queued and its intake ended", async () => {
      const { index } = at;
      const owner = someone();
      const intake = intakeOf(owner);
      await index.beginIntake(intake);
      expect(await collect(index.knownKeys())).toContain(intake.blobKey);
      const blob = { sha256: sha(), size: 5 };
      const told = notice(owner, { details: { name: "b.txt", number: 1, odd: "\"'\0🗂" } });
      const file = await index.keep(
        intake,
        blob,
        { name: "b.txt", mediaType: "text/plain", until: T0 + DAY },
        100,
        (kept) => {
          expect(kept.number).toBe(1);
          return [told];
        },
      );
      expect(file).toEqual({ id: expect.any(String), owner, number: 1, name: "b.txt", ...blob, mediaType: "text/plain", since: expect.any(Number), until: T0 + DAY, mark: "", once: false, sealed: "" }); // prettier-ignore
      expect(await index.file(file.id)).toEqual({ ...file, blob: { ...blob, key: intake.blobKey } });
      expect(await index.noticesFor(owner, 10)).toEqual([told]);
      expect(await index.usage(owner)).toEqual({ bytes: 5, files: 1 });
      expect((await give(index, owner)).number).toBe(2);
      expect(await index.doomed(100)).not.toContain(intake.blobKey);
    });

    test("shares the bytes that are there already, and dooms its own", async () => {
      const { index } = at;
      const sha256 = sha();
      const first = await give(index, someone(), { sha256 });
      const second = await give(index, someone(), { sha256 });
      expect((await index.file(second.id))?.blob).toEqual({ sha256, key: first.key, size: 10 });
      expect(await index.doomed(100)).toContain(second.key);
      expect(await index.doomed(100)).not.toContain(first.key);
    });

    test("stops at the quota, to the byte, and leaves everything as it was", async () => {
      const { index } = at;
      const owner = someone();
      await give(index, owner, { size: 60, quota: 100 });
      await give(index, owner, { size: 40, quota: 100 });
      const [intake, blob] = [intakeOf(owner), { sha256: sha(), size: 1 }];
      await index.beginIntake(intake);
      const facts = { name: "c.txt", mediaType: "text/plain", until: T0 };
      const refusal = await index.keep(intake, blob, facts, 100, () => [notice(owner)]).catch((e: unknown) => e);
      expect(refusal).toBeInstanceOf(Refusal);
      expect((refusal as Refusal).code).toBe("over-quota");
      expect((refusal as Refusal).message).toContain("100 bytes of 100 bytes");
      expect(await index.usage(owner)).toEqual({ bytes: 100, files: 2 });
      expect(await index.noticesFor(owner, 10)).toEqual([]);
      expect(await index.doomed(100)).not.toContain(intake.blobKey);
      expect((await index.keep(intake, blob, facts, 101, () => [])).number).toBe(3);
      await expect(give(index, someone(), { size: 2, quota: 1 })).rejects.toMatchObject({ code: "over-quota" });
    });

    test("once more, after an answer that was lost, answers the same file", async () => {
      const { index } = at;
      const owner = someone();
      const intake = intakeOf(owner);
      await index.beginIntake(intake);
      const again = () => index.keep(intake, { sha256: sha("once"), size: 7 }, { name: "d", mediaType: "a/b", until: T0 }, 1e9, () => [notice(owner)]); // prettier-ignore
      const file = await again();
      expect(await again()).toEqual(file);
      expect(await index.usage(owner)).toEqual({ bytes: 7, files: 1 });
      expect(await index.noticesFor(owner, 10)).toHaveLength(1);
    });

    test("an intake that is given up dooms its key, once, and cannot be kept any more", async () => {
      const { index } = at;
      const owner = someone();
      const intake = intakeOf(owner);
      await index.beginIntake(intake);
      await index.dropIntake(intake.id, [notice(owner)]);
      await index.dropIntake(intake.id, [notice(owner)]);
      expect(await index.noticesFor(owner, 10)).toHaveLength(1);
      const kept = index.keep(
        intake,
        { sha256: sha(), size: 1 },
        { name: "e", mediaType: "a/b", until: T0 },
        1e9,
        () => [],
      );
      await expect(kept).rejects.toMatchObject({ code: "wrong-state" });
      expect((await collect(index.knownKeys())).filter((key) => key === intake.blobKey)).toHaveLength(1);
      expect(await index.doomed(100)).toContain(intake.blobKey);
      await index.forgetDoomed([intake.blobKey, "never-there"]);
      expect(await collect(index.knownKeys())).not.toContain(intake.blobKey);
    });

    test("sizes beyond 32 bits are exact", async () => {
      const owner = someone();
      const size = 2 ** 40 + 1;
      const { id } = await give(at.index, owner, { size });
      expect((await at.index.file(id))?.size).toBe(size);
      expect(await at.index.usage(owner)).toEqual({ bytes: size, files: 1 });
    });
  });

  describe("finding files", () => {
    const at = scene(ground);

    test.each(HOSTILE_NAMES.map((name) => [name.slice(0, 20), name]))("a file named %j…", async (_, name) => {
      const { index } = at;
      const owner = someone();
      const file = { ...(await give(index, owner, { name })), key: undefined };
      expect(file.name).toBe(name);
      expect(await index.findFiles(owner, name, 10)).toEqual([file]);
      const parcel = await index.createParcel(file, owner, T0, T0);
      expect(parcel.name).toBe(name);
      expect(await index.findParcels(owner, name, 10)).toEqual([parcel]);
    });

    test("what no database can keep is left out", async () => {
      const owner = someone();
      const file = await give(at.index, owner, { name: "a\0b\ud800c" });
      expect(file.name).toBe("ab\ufffdc");
      expect(await at.index.findFiles(owner, "a\0b\ud800c", 10)).toHaveLength(1);
    });

    test("by number, or by name whatever its case and composition, newest first; one's own only", async () => {
      const { index } = at;
      const owner = someone();
      for (const name of ["Café.TXT", "cafe\u0301.txt", "other.txt"]) await give(index, owner, { name });
      await give(index, someone(), { name: "café.txt" });
      const numbers = async (which: string | number, limit = 10) =>
        (await index.findFiles(owner, which, limit)).map((f) => f.number);
      expect(await numbers("CAFÉ.txt")).toEqual([2, 1]);
      expect(await numbers("CAFÉ.txt", 1)).toEqual([2]);
      expect(await numbers("caf%")).toEqual([]);
      expect(await numbers(3)).toEqual([3]);
      expect(await numbers(4)).toEqual([]);
    });

    test("page by page, newest first", async () => {
      const { index } = at;
      const owner = someone();
      for (let i = 0; i < 5; i++) await give(index, owner);
      const page = async (before: number | undefined) => (await index.files(owner, before, 2)).map((f) => f.number);
      expect([await page(undefined), await page(4), await page(2), await page(1)]).toEqual([[5, 4], [3, 2], [1], []]);
    });
  });

  describe("removing files", () => {
    const at = scene(ground);

    test("frees the room; the last file takes the bytes along", async () => {
      const { index } = at;
      const [romeo, juliet, sha256] = [someone("romeo"), someone(), sha()];
      const first = await give(index, romeo, { sha256 });
      const second = await give(index, juliet, { sha256 });
      await index.forgetDoomed([second.key]);
      expect(await index.removeFile(first.id, T0)).toBe(true);
      expect(await index.removeFile(first.id, T0)).toBe(false);
      expect(await index.file(first.id)).toBeUndefined();
      expect(await index.usage(romeo)).toEqual({ bytes: 0, files: 0 });
      expect(await index.doomed(100)).toEqual([]);
      expect((await index.file(second.id))?.blob.key).toBe(first.key);
      expect(await index.removeFile(second.id, T0)).toBe(true);
      expect(await index.doomed(100)).toEqual([first.key]);
      const third = await give(index, juliet, { sha256 });
      expect((await index.file(third.id))?.blob.key).toBe(third.key);
      expect(third.number).toBe(2);
    });

    test("several together, those of them whose time is up", async () => {
      const { index } = at;
      const owner = someone();
      const [one, two, off] = [await give(index, owner, { until: T0 }), await give(index, owner, { until: T0 }), await give(index, owner, { until: T0 })]; // prettier-ignore
      await index.extendFile(off.id, T0 + 1);
      const ids = [one.id, two.id, off.id];
      const before = await index.totals();
      expect(await index.removeEnded(ids, T0 - 1)).toBe(0);
      expect(await index.removeEnded(ids, T0)).toBe(2);
      expect(await index.removeEnded(ids, T0)).toBe(0);
      expect(await index.usage(owner)).toEqual({ bytes: 10, files: 1 });
      expect(await index.totals()).toEqual({ ...before, files: before.files - 2, bytes: before.bytes - 20 });
      expect(await index.doomed(100)).toEqual(expect.arrayContaining([one.key, two.key]));
      expect(await index.removeEnded(ids, T0 + 1)).toBe(1);
    });

    test("those whose time is up", async () => {
      const { index } = at;
      const owner = someone();
      const [early, late] = [await give(index, owner, { until: T0 - 2 }), await give(index, owner, { until: T0 })];
      await give(index, owner, { until: T0 + 1 });
      expect((await index.endedFiles(T0, 10)).map((f) => f.id)).toEqual([early.id, late.id]);
      expect((await index.endedFiles(T0, 1)).map((f) => f.id)).toEqual([early.id]);
    });
  });

  describe("many at once", () => {
    const at = scene(ground);

    test("50 keeps and removals of the same bytes: no key is lost, doomed while in use, or doomed twice", async () => {
      const { index } = at;
      const sha256 = sha();
      const owners = Array.from({ length: 5 }, () => someone());
      const keys = new Set<string>();
      const left: string[] = [];
      await Promise.all(
        Array.from({ length: 50 }, async (_, i) => {
          const file = await give(index, owners[i % 5]!, { sha256, size: 3 });
          keys.add(file.key);
          if (i % 10 === 0) left.push(file.id);
          else expect(await index.removeFile(file.id, T0)).toBe(true);
        }),
      );
      expect(keys.size).toBe(50);
      const used = new Set<string>();
      for (const id of left) used.add((await index.file(id))!.blob.key);
      expect(used.size).toBe(1);
      const doomed = await index.doomed(1_000);
      expect(new Set(doomed).size).toBe(doomed.length);
      expect(new Set([...doomed, ...used])).toEqual(keys);
      expect(doomed).toHaveLength(49);
      for (const id of left) await index.removeFile(id, T0);
      expect(new Set(await index.doomed(1_000))).toEqual(keys);
      for (const owner of owners) expect(await index.usage(owner)).toEqual({ bytes: 0, files: 0 });
      expect(await index.totals()).toMatchObject({ files: 0, bytes: 0 });
    });

    test("numbers are different and without gaps, over files and parcels", async () => {
      const { index } = at;
      const owner = someone();
      const numbers = await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          if (i % 2 === 0) return (await give(index, owner)).number;
          return (await index.createParcel(await give(index, someone()), owner, T0, T0)).number;
        }),
      );
      expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    });

    test("a quota holds", async () => {
      const { index } = at;
      const owner = someone();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 10 }, () => give(index, owner, { size: 30, quota: 100 })),
      );
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
      expect(await index.usage(owner)).toEqual({ bytes: 90, files: 3 });
    });
  });
}
