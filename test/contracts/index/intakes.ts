import { describe, expect, test } from "@jest/globals";
import { bare } from "../../../component/lib/jid.js";
import { collect, DAY, give, intakeOf, move, notice, open, scene, sha, someone, T0, type Ground } from "./kit.js";

export function intakesContract(ground: Ground): void {
  describe("intakes that are cut", () => {
    const at = scene(ground);
    const later = Date.now() + DAY;

    test("are set aside with what was announced, found by their owner, and gone on with once", async () => {
      const { index } = at;
      const [owner, juliet] = [someone(), someone("nurse")];
      const sha256 = sha();
      const via = bare("juliet\\40example.org@files.example.org");
      const intake = intakeOf(owner, { method: "si", size: 2 ** 40, sha256, recipients: [juliet], via });
      await index.beginIntake(intake);
      expect(await index.cutIntakes(owner, 10)).toEqual([]);
      const told = notice(owner);
      await index.restIntake(intake.id, 2 ** 33 + 1, later, [told]);
      await index.restIntake(intake.id, 5, later, [notice(owner)]); // nobody's any more
      expect(await index.noticesFor(owner, 10)).toEqual([told]);
      expect(await index.cutIntakes(owner, 10)).toEqual([{ ...intake, held: 2 ** 33 + 1, until: later }]);
      expect(await index.cutIntakes(juliet, 10)).toEqual([]);
      expect(await collect(index.knownKeys())).toContain(intake.blobKey);
      expect(await index.doomed(100)).not.toContain(intake.blobKey);

      const again = { ...intake, sha256: sha("other"), recipients: [], via: "" as const };
      const claims = await Promise.all([index.resumeIntake(again), index.resumeIntake(again)]);
      expect(claims.sort()).toEqual([false, true]);
      expect(await index.cutIntakes(owner, 10)).toEqual([]);
      expect(await index.dropCutIntakes({ id: intake.id }, 1)).toBe(0);
      await index.restIntake(intake.id, 7, later, []);
      expect(await index.cutIntakes(owner, 10)).toEqual([{ ...again, held: 7, until: later }]);
      await index.resumeIntake(intake);
      await index.restIntake(intake.id, 8, later, []);
      expect(await index.cutIntakes(owner, 10)).toEqual([{ ...intake, held: 8, until: later }]);
    });

    test("are kept in the end like any other", async () => {
      const { index } = at;
      const owner = someone();
      const intake = intakeOf(owner, { size: 10 });
      await index.beginIntake(intake);
      await index.restIntake(intake.id, 4, later, []);
      const keep = () => index.keep(intake, { sha256: sha(), size: 10 }, { name: "a", mediaType: "a/b", until: T0 }, 1e9, () => []); // prettier-ignore
      await expect(keep()).rejects.toMatchObject({ code: "wrong-state" });
      await index.resumeIntake(intake);
      expect((await keep()).size).toBe(10);
    });

    test("newest first; forgotten one by one, or when their time is up", async () => {
      const { index } = at;
      const owner = someone();
      const keys: string[] = [];
      for (let i = 0; i < 4; i++) {
        const intake = intakeOf(owner, { name: `${i}`, since: T0 + i });
        keys.push(intake.blobKey);
        await index.beginIntake(intake);
        await index.restIntake(intake.id, i, i < 2 ? T0 + i : later + i, []);
      }
      const names = async (limit = 10) => (await index.cutIntakes(owner, limit)).map((c) => c.name);
      expect(await names()).toEqual(["3", "2", "1", "0"]);
      expect(await names(1)).toEqual(["3"]);
      const [newest, , over] = await index.cutIntakes(owner, 10);
      expect(await index.resumeIntake(over!)).toBe(false); // too late
      expect(await index.dropCutIntakes({ endedBy: T0 }, 10)).toBe(1);
      expect(await index.dropCutIntakes({ endedBy: T0 + 1 }, 10)).toBe(1);
      expect(await index.dropCutIntakes({ endedBy: T0 + 1 }, 10)).toBe(0);
      expect(await index.dropCutIntakes({ id: newest!.id }, 1)).toBe(1);
      expect(await names()).toEqual(["2"]);
      expect(await index.doomed(100)).toEqual(expect.arrayContaining([keys[0], keys[1], keys[3]]));
      expect(await index.doomed(100)).not.toContain(keys[2]);
    });

    test("are nobody's: no process takes them for those of a dead one, and any may go on with them", async () => {
      const { index, url } = at;
      const owner = someone();
      const intake = intakeOf(owner, { size: 10 });
      await index.beginIntake(intake);
      await index.restIntake(intake.id, 4, later, []);
      expect((await index.abandonedIntakes(100)).map(({ id }) => id)).not.toContain(intake.id);
      if (!ground.lasting) return;
      const tool = open(url, "tool");
      await tool.start();
      expect((await tool.abandonedIntakes(100)).map(({ id }) => id)).not.toContain(intake.id);
      expect(await tool.resumeIntake(intake)).toBe(true);
      await tool.stop();
      expect((await index.abandonedIntakes(100)).map(({ id }) => id)).toContain(intake.id);
    });
  });

  describe("files that are for somebody as soon as they are here", () => {
    const at = scene(ground);

    test("get their parcels with the number, or none of them with the file", async () => {
      const { index } = at;
      const [owner, juliet, nurse] = [someone(), someone(), someone("nurse")];
      await give(index, nurse);
      const keep = async (quota: number) => {
        const intake = intakeOf(owner);
        await index.beginIntake(intake);
        const facts = { name: "a.txt", mediaType: "text/plain", until: T0 + DAY, recipients: [juliet, nurse] };
        return index.keep(intake, { sha256: sha(), size: 10 }, facts, quota, () => []);
      };
      await expect(keep(5)).rejects.toMatchObject({ code: "over-quota" });
      expect(await index.waitingFor(juliet, 0, 10)).toEqual([]);
      const before = (await index.totals()).parcels.waiting;
      const file = await keep(100);
      expect(await index.parcelsOf(file.id, 10)).toHaveLength(2);
      expect(await index.waitingFor(juliet, 0, 10)).toEqual([
        expect.objectContaining({ number: 1, sender: owner, senderNumber: 1, state: "waiting", until: T0 + DAY }),
      ]);
      expect((await index.waitingFor(nurse, 0, 10))[0]?.number).toBe(2);
      expect((await index.totals()).parcels.waiting).toBe((before ?? 0) + 2);
    });

    test("keep the address that they were sent to, whatever becomes of them", async () => {
      const { index } = at;
      const [owner, juliet, nurse] = [someone(), someone(), someone("nurse")];
      const via = bare("juliet\\40example.org@files.example.org");
      const intake = intakeOf(owner, { via });
      await index.beginIntake(intake);
      const facts = { name: "a.txt", mediaType: "text/plain", until: T0 + DAY, recipients: [juliet], via };
      const file = await index.keep(intake, { sha256: sha(), size: 10 }, facts, 100, () => []);
      const [kept] = await index.parcelsOf(file.id, 10);
      expect(kept).toMatchObject({ recipient: juliet, via });
      expect(await index.step(move(kept!, "offered"))).toMatchObject({ via });
      expect((await index.sentBy(owner, undefined, 10)).map((parcel) => parcel.via)).toEqual([via]);
      expect(await index.createParcel(file, nurse, T0, T0 + DAY, { via })).toMatchObject({ via, summary: "" });
      expect(await index.createParcel(file, someone(), T0, T0 + DAY)).toMatchObject({ via: "" });
    });
  });
}
