import { describe, expect, test } from "@jest/globals";
import type { FreshFile } from "../../../component/control/ports/records.js";
import { collect, DAY, give, intakeOf, notice, open, scene, sha, slotFor, someone, T0, type Ground } from "./kit.js";

export function copiesContract(ground: Ground): void {
  describe("copies", () => {
    const at = scene(ground);
    const facts = { name: "b.txt", mediaType: "text/plain", until: T0 + DAY, at: T0 };

    test("share the bytes, under their owner's next number, with parcels and notices as if kept", async () => {
      const { index } = at;
      const [romeo, juliet, nurse] = [someone("romeo"), someone(), someone("nurse")];
      const file = await give(index, romeo, { size: 7 });
      await give(index, juliet);
      const told = notice(juliet);
      const before = await index.totals();
      const fresh = { ...facts, recipients: [nurse], once: true, summary: "line" };
      const copy = await index.copyFile(file.id, juliet, fresh, 100, (kept) => {
        expect(kept.number).toBe(2);
        return [told];
      });
      expect(copy).toEqual({ id: expect.any(String), owner: juliet, number: 2, name: "b.txt", size: 7, sha256: file.sha256, mediaType: "text/plain", since: T0, until: T0 + DAY, mark: "", once: true, sealed: "" }); // prettier-ignore
      expect((await index.file(copy!.id))?.blob).toEqual({ sha256: file.sha256, key: file.key, size: 7 });
      expect(await index.noticesFor(juliet, 10)).toEqual([told]);
      expect(await index.usage(juliet)).toEqual({ bytes: 17, files: 2 });
      expect(await index.waitingFor(nurse, 0, 10)).toMatchObject([{ fileId: copy!.id, sender: juliet, summary: "line" }]); // prettier-ignore
      const after = await index.totals();
      expect([after.files - before.files, after.bytes - before.bytes]).toEqual([1, 7]);
      await index.removeFile(file.id, T0);
      expect(await index.doomed(100)).toEqual([]);
      await index.removeFile(copy!.id, T0);
      expect(await index.doomed(100)).toEqual([file.key]);
    });

    test("have the mark of the file unless said otherwise, stop at the quota, and need a file", async () => {
      const { index } = at;
      const juliet = someone();
      const file = await give(index, someone("romeo"), { size: 7 });
      await index.setFile(file.id, { mark: "held" });
      expect(await index.copyFile(file.id, juliet, facts, 100, () => [])).toMatchObject({ mark: "held" });
      const sealed = { ...facts, mark: "sealed", sealed: "aesgcm://example.org/a#key" } as const;
      expect(await index.copyFile(file.id, juliet, sealed, 100, () => [])).toMatchObject({ mark: "sealed", sealed: sealed.sealed }); // prettier-ignore
      await expect(index.copyFile(file.id, juliet, facts, 20, () => [notice(juliet)])).rejects.toMatchObject({ code: "over-quota" }); // prettier-ignore
      expect(await index.noticesFor(juliet, 10)).toEqual([]);
      expect(await index.usage(juliet)).toEqual({ bytes: 14, files: 2 });
      await index.removeFile(file.id, T0);
      expect(await index.copyFile(file.id, juliet, facts, 100, () => [])).toBeUndefined();
    });

    test("taken while the file goes: its bytes are doomed only if there is none", async () => {
      const { index } = at;
      for (let i = 0; i < 20; i++) {
        const file = await give(index, someone());
        const [copy] = await Promise.all([
          index.copyFile(file.id, someone(), facts, 1e9, () => []),
          index.removeFile(file.id, T0),
        ]);
        expect((await index.doomed(1_000)).includes(file.key)).toBe(copy === undefined);
        expect((await collect(index.knownKeys())).filter((key) => key === file.key)).toHaveLength(1);
      }
    });
  });

  describe("rights to upload", () => {
    const at = scene(ground);

    test("are found by their hash as they were written, until they are dropped", async () => {
      const { index } = at;
      const owner = someone();
      const slot = slotFor(owner, { name: "a\"'🗂.txt", recipients: [someone(), someone()], purpose: "message" });
      const page = slotFor(owner, { kind: "page", name: "", size: 0, mediaType: "", link: "", until: T0 + 1 });
      await index.addUploadRight(slot);
      await index.addUploadRight(page);
      expect(await index.uploadRight(slot.hash)).toEqual(slot);
      expect(await index.uploadRight(page.hash)).toEqual(page);
      expect(await index.uploadRight("nowhere")).toBeUndefined();
      expect(await index.dropUploadRights({ endedBy: T0 }, 10)).toBe(0);
      expect(await index.dropUploadRights({ endedBy: T0 + 1 }, 10)).toBe(1);
      expect(await index.uploadRight(page.hash)).toBeUndefined();
      expect(await index.dropUploadRights({ hash: slot.hash }, 1)).toBe(1);
      expect(await index.dropUploadRights({ hash: slot.hash }, 1)).toBe(0);
    });

    test("a member's pages end together; nobody else's do, and no slot", async () => {
      const { index } = at;
      const [owner, other] = [someone(), someone()];
      const page = (whose: typeof owner) =>
        slotFor(whose, { kind: "page", name: "", size: 0, mediaType: "", link: "" });
      const rights = [page(owner), page(owner), slotFor(owner), page(other)];
      for (const right of rights) await index.addUploadRight(right);
      expect(await index.dropUploadRights({ pagesOf: owner }, 10)).toBe(2);
      const left = await Promise.all(rights.map(({ hash }) => index.uploadRight(hash)));
      expect(left.map((right) => right?.kind)).toEqual([undefined, undefined, "slot", "page"]);
      expect(await index.dropUploadRights({ pagesOf: owner }, 10)).toBe(0);
    });

    test("those whose time is up are forgotten page by page", async () => {
      const { index } = at;
      for (let i = 0; i < 5; i++) await index.addUploadRight(slotFor(someone(), { until: 10 + i }));
      const drop = () => index.dropUploadRights({ endedBy: 13 }, 3);
      expect([await drop(), await drop(), await drop()]).toEqual([3, 1, 0]);
    });

    test("unused slots count by their bytes, for their owner, while they last", async () => {
      const { index } = at;
      const owner = someone();
      for (const size of [5, 2 ** 40]) await index.addUploadRight(slotFor(owner, { size }));
      await index.addUploadRight(slotFor(someone()));
      await index.addUploadRight(slotFor(owner, { size: 3, until: T0 }));
      await index.addUploadRight(slotFor(owner, { size: 3, fileId: "f" }));
      expect(await index.slotBytes(owner, T0)).toBe(2 ** 40 + 5);
      expect(await index.slotBytes(someone(), T0)).toBe(0);
    });

    /** A file that has come in by a slot. */
    const bring = async (index = at.index, slot: string, more: Partial<FreshFile> = {}) => {
      const intake = intakeOf(someone(), { method: "slot" });
      await index.beginIntake(intake);
      const fresh = { name: "a.txt", mediaType: "text/plain", until: T0 + DAY, slot, ...more };
      return { intake, file: await index.keep(intake, { sha256: sha(), size: 10 }, fresh, 1e9, () => []) };
    };

    test("a slot is used up by its file, whose link comes into being with it", async () => {
      const { index } = at;
      const slot = slotFor(someone());
      await index.addUploadRight(slot);
      expect(await index.link(slot.link)).toBeUndefined();
      const marked = { mark: "sealed", once: true, sealed: "aesgcm://a#b" } as const;
      const { file } = await bring(index, slot.hash, marked);
      expect(file).toMatchObject(marked);
      expect(await index.uploadRight(slot.hash)).toEqual({ ...slot, fileId: file.id });
      expect(await index.slotBytes(slot.owner, T0)).toBe(0);
      const found = await index.link(slot.link);
      expect(found).toMatchObject({ file: { id: file.id }, parcel: undefined, link: { until: T0 + DAY, served: [] } });
    });

    test("a slot that is used, gone, or none is refused, and the intake is as it was", async () => {
      const { index } = at;
      const [slot, page] = [slotFor(someone()), slotFor(someone(), { kind: "page" })];
      await index.addUploadRight(slot);
      await index.addUploadRight(page);
      await bring(index, slot.hash);
      const before = await index.totals();
      for (const hash of [slot.hash, page.hash, "nowhere"])
        await expect(bring(index, hash)).rejects.toMatchObject({ code: "link-ended" });
      expect(await index.totals()).toEqual(before);
      const file = await give(index, someone());
      const copy = index.copyFile(file.id, someone(), { name: "", mediaType: "", until: T0, at: T0, slot: slot.hash }, 1e9, () => []); // prettier-ignore
      await expect(copy).rejects.toMatchObject({ code: "link-ended" });
    });

    test("brought twice at the same time, also by two processes: one file comes of it", async () => {
      const { index, url } = at;
      const other = ground.lasting ? open(url, "tool") : index;
      if (other !== index) await other.start();
      for (let i = 0; i < 5; i++) {
        const slot = slotFor(someone());
        await index.addUploadRight(slot);
        const before = await index.totals();
        const outcomes = await Promise.allSettled([index, other, index, other].map((one) => bring(one, slot.hash)));
        const made = outcomes.filter((o) => o.status === "fulfilled");
        expect(made).toHaveLength(1);
        for (const o of outcomes) if (o.status === "rejected") expect(o.reason).toMatchObject({ code: "link-ended" });
        expect((await index.uploadRight(slot.hash))?.fileId).toBe(made[0]!.value.file.id);
        expect((await index.link(slot.link))?.file.id).toBe(made[0]!.value.file.id);
        expect((await index.totals()).files).toBe(before.files + 1);
      }
      if (other !== index) await other.stop();
    });

    test("an answer that was lost: the same file again, by the same intake", async () => {
      const { index } = at;
      const slot = slotFor(someone());
      await index.addUploadRight(slot);
      const { intake, file } = await bring(index, slot.hash);
      const facts = { name: "a.txt", mediaType: "text/plain", until: T0 + DAY, slot: slot.hash };
      expect(await index.keep(intake, { sha256: file.sha256, size: 10 }, facts, 1e9, () => [])).toEqual(file);
    });
  });
}
