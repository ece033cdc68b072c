import { describe, expect, test } from "@jest/globals";
import type { Ending, Index, KeptFile, Link, Parcel } from "../../../component/control/ports.js";
import type { BareJid } from "../../../component/lib/jid.js";
import { DAY, give, move, notice, open, scene, sha, someone, T0, type Ground } from "./kit.js";

const linkTo = (file: KeptFile, until: number, parcelId?: string): Link => ({ hash: sha(), fileId: file.id, parcelId, since: T0, until, served: [] }); // prettier-ignore

/** A file sent to each of `recipients`, whose parcels come back in their order. */
async function sent(index: Index, recipients: BareJid[], until = T0 + DAY): Promise<[KeptFile, ...Parcel[]]> {
  const file = await give(index, someone("romeo"), { until });
  const parcels = [];
  for (const recipient of recipients) parcels.push(await index.createParcel(file, recipient, T0, until));
  return [file, ...parcels];
}

export function endsContract(ground: Ground): void {
  describe("a later end", () => {
    const at = scene(ground);

    test("is that of the file, its parcels and the links that would have ended with it", async () => {
      const { index } = at;
      const [file, open, over] = await sent(index, [someone(), someone()]);
      const links = [linkTo(file, T0 + DAY), linkTo(file, T0 + DAY, open!.id), linkTo(file, T0 + 5), linkTo(file, T0 + DAY, over!.id)]; // prettier-ignore
      for (const link of links) await index.addLink(link);
      await index.step(move(over!, "declined", { endLinks: true }));
      expect(await index.extendFile(file.id, T0 + 9 * DAY)).toBe(true);
      expect((await index.file(file.id))?.until).toBe(T0 + 9 * DAY);
      expect((await index.parcel(open!.id))?.until).toBe(T0 + 9 * DAY);
      // He may change his mind for as long as the file is there.
      expect(await index.parcel(over!.id)).toMatchObject({ state: "declined", until: T0 + 9 * DAY });
      const untils = await Promise.all(links.map(async ({ hash }) => (await index.link(hash))?.link.until));
      expect(untils).toEqual([T0 + 9 * DAY, T0 + 9 * DAY, T0 + 5, 0]);
      // What was decided on what it was before does not hold any more.
      expect(await index.step(move(open!, "expired"))).toBeUndefined();
      const now = await index.parcel(open!.id);
      expect(await index.step(move(now!, "offered"))).toMatchObject({ until: T0 + 9 * DAY });
    });

    test("is never an earlier one, and none for what is gone", async () => {
      const { index } = at;
      const file = await give(index, someone(), { until: T0 + DAY });
      expect(await index.extendFile(file.id, T0)).toBe(true);
      expect((await index.file(file.id))?.until).toBe(T0 + DAY);
      await index.removeFile(file.id, T0);
      expect(await index.extendFile(file.id, T0 + 2 * DAY)).toBe(false);
    });
  });

  describe("reminding", () => {
    const at = scene(ground);

    test("comes once for a file, with all its parcels, page by page, soonest first; and again after a later end", async () => {
      const { index } = at;
      const [juliet, nurse] = [someone(), someone("nurse")];
      await index.setContact(juliet, { standing: "met" }, T0);
      const [file, , done] = await sent(index, [nurse, juliet], T0 + 10);
      await index.step(move(done!, "delivered"));
      const sooner = await give(index, someone(), { until: T0 + 9 });
      await give(index, someone(), { until: T0 + 12 });
      const seen: Ending[] = [];
      const remind = (limit: number) =>
        index.remind(T0 + 12, limit, (ending) => {
          seen.push(...ending);
          return ending.map(({ file: { owner, id, until } }) => notice(owner, { id: `remind ${id} ${until}` }));
        });
      expect([await remind(1), await remind(1), await remind(10)]).toEqual([1, 1, 0]);
      expect(seen.map((one) => one.file.id)).toEqual([sooner.id, file.id]);
      expect(seen[0]!.parcels).toEqual([]);
      const told = seen[1]!.parcels.map(({ recipient, standing, state }) => [recipient, standing, state]);
      expect(new Set(told)).toEqual(new Set([[juliet, "met", "delivered"], [nurse, "stranger", "waiting"]])); // prettier-ignore
      expect(await index.noticesFor(file.owner, 10)).toHaveLength(1);
      expect((await index.remindedFiles(file.owner, 10)).map(({ id }) => id)).toEqual([file.id]);
      await index.extendFile(file.id, T0 + 11);
      expect(await index.remindedFiles(file.owner, 10)).toEqual([]);
      expect(await remind(10)).toBe(1);
      expect(await index.noticesFor(file.owner, 10)).toHaveLength(2);
    });

    test("at the same time, by two processes: each file once", async () => {
      const { index, url } = at;
      const other = ground.lasting ? open(url, "tool") : index;
      if (other !== index) await other.start();
      const owners = Array.from({ length: 20 }, () => someone("owner"));
      for (const owner of owners) await give(index, owner, { until: 500 });
      const remind = (one: Index, limit: number) => one.remind(1_000, limit, (all) => all.map(({ file }) => notice(file.owner))); // prettier-ignore
      const counts = await Promise.all(Array.from({ length: 8 }, (_, i) => remind([index, other][i % 2]!, 4)));
      // Who finds files in the other's hands leaves them to him: what is left over comes in the next round.
      expect(counts.reduce((a, b) => a + b, 0) + (await remind(index, 100))).toBe(20);
      for (const owner of owners) expect(await index.noticesFor(owner, 10)).toHaveLength(1);
      if (other !== index) await other.stop();
    });

    test("if the notices cannot be made, nobody counts as reminded", async () => {
      const { index } = at;
      await give(index, someone(), { until: 2_000 });
      await expect(
        index.remind(2_001, 10, () => {
          throw new Error("no words");
        }),
      ).rejects.toThrow("no words");
      expect(await index.remind(2_001, 10, () => [])).toBe(1);
    });
  });

  describe("files that go by themselves", () => {
    const at = scene(ground);
    const remove = (index: Index) => index.removeFetched(T0, 100, (file) => [notice(file.owner, { kind: "gone" })]);

    test("go when everybody to whom they were sent has them, with a word to their owner", async () => {
      const { index } = at;
      const [file, first, second] = await sent(index, [someone(), someone()]);
      expect(await index.setFile(file.id, { once: true })).toBe(true);
      expect((await index.file(file.id))?.once).toBe(true);
      await remove(index);
      const moving = await index.step(move(first!, "moving"));
      await index.step(move(moving!, "delivered"));
      await remove(index);
      expect(await index.file(file.id)).toBeDefined();
      expect(await index.noticesFor(file.owner, 10)).toEqual([]);
      await index.step(move(second!, "delivered"));
      const before = await index.totals();
      expect(await remove(index)).toBe(1);
      expect(await index.file(file.id)).toBeUndefined();
      expect(await index.doomed(100)).toHaveLength(1);
      expect(await index.usage(file.owner)).toEqual({ bytes: 0, files: 0 });
      expect(await index.noticesFor(file.owner, 10)).toMatchObject([{ kind: "gone" }]);
      expect(await index.totals()).toMatchObject({ files: before.files - 1, bytes: before.bytes - file.size });
      expect(await remove(index)).toBe(0);
    });

    test.each(["waiting", "offered", "moving", "declined", "expired", "failed"] as const)(
      "stay while a parcel is %s",
      async (state) => {
        const { index } = at;
        const [file, done, other] = await sent(index, [someone(), someone()]);
        await index.setFile(file.id, { once: true });
        await index.step(move(done!, "delivered"));
        if (state !== "waiting") await index.step(move(other!, state));
        await remove(index);
        expect(await index.file(file.id)).toBeDefined();
        // He gets it after all.
        const again = await index.createParcel(file, other!.recipient, T0, T0 + DAY);
        await index.step(move(again, "delivered"));
        await remove(index);
        expect((await index.file(file.id)) === undefined).toBe(["declined", "expired", "failed"].includes(state));
      },
    );

    test("stay when they were sent to nobody, taken back from everybody, or are wanted after all", async () => {
      const { index } = at;
      const alone = await give(index, someone());
      const [back, parcel] = await sent(index, [someone()]);
      const [wanted, done] = await sent(index, [someone()]);
      for (const { id } of [alone, back, wanted]) await index.setFile(id, { once: true });
      await index.step(move(parcel!, "withdrawn"));
      await index.step(move(done!, "delivered"));
      await index.setFile(wanted.id, { once: false });
      await remove(index);
      for (const { id } of [alone, back, wanted]) expect(await index.file(id)).toBeDefined();
      // Everybody had it before it was said.
      await index.setFile(wanted.id, { once: true });
      await remove(index);
      expect(await index.file(wanted.id)).toBeUndefined();
    });

    test("what is sent on at the same moment is either sent, and stays, or gone, and is not sent", async () => {
      const { index } = at;
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          const [file, parcel] = await sent(index, [someone()]);
          await index.setFile(file.id, { once: true });
          await index.step(move(parcel!, "delivered"));
          const [made] = await Promise.allSettled([index.createParcel(file, someone(), T0, T0 + DAY), remove(index)]);
          const stays = (await index.file(file.id)) !== undefined;
          expect(made.status === "fulfilled" ? stays : (made.reason as { code: string }).code).toBe(
            made.status === "fulfilled" ? true : "no-such-file",
          );
        }),
      );
    });

    test("every delivery is noticed, however many end and are looked at together", async () => {
      const { index } = at;
      const files = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const [file, ...parcels] = await sent(index, [someone(), someone()]);
          await index.setFile(file.id, { once: true });
          const looking = remove(index);
          await Promise.all(parcels.map((parcel) => index.step(move(parcel, "delivered"))));
          await looking;
          return file;
        }),
      );
      while ((await remove(index)) > 0);
      for (const { id } of files) expect(await index.file(id)).toBeUndefined();
    });
  });

  describe("marks", () => {
    const at = scene(ground);

    test("what is held is not offered, but known; when the mark goes, its recipient is named", async () => {
      const { index } = at;
      const [juliet, romeo] = [someone(), someone("romeo")];
      const file = await give(index, romeo);
      const ended = await index.step(move(await index.createParcel(file, juliet, T0, T0 + DAY), "declined"));
      await index.setFile(file.id, { mark: "held" });
      const parcel = await index.createParcel(file, juliet, T0, T0 + DAY); // from what was read before
      expect(parcel.mark).toBe("held");
      expect(await index.waitingFor(juliet, 0, 10)).toEqual([]);
      expect(await index.openFor(juliet, undefined, 10)).toEqual([parcel]);
      expect((await index.contacts("", 1_000, "awaited")).map(({ jid }) => jid)).not.toContain(juliet);
      expect((await index.parcel(ended!.id))?.mark).toBe("");
      const heard: string[] = [];
      const end = index.onNudge((what, whom) => heard.push(`${what} ${whom}`));
      expect(await index.setFile(file.id, { mark: "unchecked" })).toBe(true);
      end();
      expect(heard).toEqual([`parcels ${juliet}`]);
      expect(await index.waitingFor(juliet, 0, 10)).toEqual([{ ...parcel, mark: "unchecked" }]);
      expect((await index.file(file.id))?.mark).toBe("unchecked");
      expect(await index.setFile("nowhere", { mark: "" })).toBe(false);
    });

    test("a parcel made while the mark goes is not forgotten", async () => {
      const { index } = at;
      for (let i = 0; i < 20; i++) {
        const file = await give(index, someone());
        await index.setFile(file.id, { mark: "held" });
        const [parcel] = await Promise.all([
          index.createParcel({ ...file, mark: "held" }, someone(), T0, T0 + DAY),
          index.setFile(file.id, { mark: "" }),
        ]);
        expect((await index.parcel(parcel.id))?.mark).toBe("");
      }
    });

    test("files with a mark, oldest first, page by page, also when the last of a page is gone", async () => {
      const { index } = at;
      const files = [];
      for (let i = 0; i < 5; i++) {
        const file = await give(index, someone());
        await index.setFile(file.id, { mark: "sealed" });
        files.push(file);
      }
      const order = files.sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
      const first = await index.marked("sealed", undefined, 2);
      await index.removeFile(first[1]!.id, T0);
      const rest = await index.marked("sealed", first[1], 10);
      expect([...first, ...rest].map(({ id }) => id)).toEqual(order);
      expect(first[0]).toMatchObject({ mark: "sealed", once: false });
    });
  });
}
