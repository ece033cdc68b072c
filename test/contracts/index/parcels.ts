import { describe, expect, test } from "@jest/globals";
import { randomId } from "../../../component/lib/ids.js";
import type { Link } from "../../../component/control/ports.js";
import { DAY, give, move, notice, post, scene, sha, someone, T0, type Ground } from "./kit.js";

export function parcelsContract(ground: Ground): void {
  describe("parcels", () => {
    const at = scene(ground);

    test("come into being waiting, with the recipient's number and a first row of history", async () => {
      const { index } = at;
      const [romeo, juliet] = [someone("romeo"), someone()];
      await give(index, juliet);
      const file = await give(index, romeo, { name: "Verona.JPG", size: 77 });
      const parcel = await index.createParcel(file, juliet, T0, T0 + DAY);
      const { id: fileId, number, name, size, mediaType, sha256 } = file;
      expect(parcel).toEqual({
        id: expect.any(String), fileId, sender: romeo, recipient: juliet, senderNumber: number, number: 2, name, size, mediaType, sha256,
        state: "waiting", method: "", tries: 0, version: 1, since: T0, changed: T0, until: T0 + DAY, mark: "", summary: "", via: "",
      }); // prettier-ignore
      expect(await index.parcel(parcel.id)).toEqual(parcel);
      expect(await index.history(parcel.id)).toEqual([
        { at: T0, from: "", to: "waiting", event: "create", detail: "" },
      ]);
      expect(await index.findParcels(juliet, 2, 10)).toEqual([parcel]);
      expect(await index.findParcels(juliet, "verona.jpg", 10)).toEqual([parcel]);
      expect(await index.findParcels(romeo, 2, 10)).toEqual([]);
      expect(await index.parcelsOf(fileId, 10)).toEqual([parcel]);
      expect(await index.parcel("nowhere")).toBeUndefined();
    });

    test("not of a file that is gone", async () => {
      const { index } = at;
      const file = await give(index, someone());
      await index.removeFile(file.id, T0);
      await expect(index.createParcel(file, someone(), T0, T0)).rejects.toMatchObject({ code: "no-such-file" });
    });

    test("a step writes all that belongs to it", async () => {
      const { index } = at;
      const juliet = someone();
      const parcel = await post(index, juliet);
      const told = notice(parcel.sender);
      const link: Link = {
        hash: sha(),
        fileId: parcel.fileId,
        parcelId: parcel.id,
        since: T0,
        until: T0 + DAY,
        served: [],
      };
      const offered = await index.step(
        move(parcel, "offered", { method: "link", detail: "link", notices: [told], link }),
      );
      expect(offered).toEqual({ ...parcel, state: "offered", method: "link", tries: 1, version: 2, changed: T0 + 1 });
      expect(await index.parcel(parcel.id)).toEqual(offered);
      expect(await index.noticesFor(parcel.sender, 10)).toEqual([told]);
      expect(await index.link(link.hash)).toMatchObject({ link, parcel: offered, file: { id: parcel.fileId } });
      const sent = await index.step(move(offered!, "offered", { event: "sent", at: T0 + 2 }));
      expect(sent).toMatchObject({ tries: 1, version: 3, method: "link" });
      const declined = await index.step(move(sent!, "declined", { event: "decline", at: T0 + 3, endLinks: true }));
      expect(declined).toMatchObject({ state: "declined", version: 4 });
      expect((await index.link(link.hash))?.link.until).toBe(0);
      expect(await index.history(parcel.id)).toEqual([
        { at: T0, from: "", to: "waiting", event: "create", detail: "" },
        { at: T0 + 1, from: "waiting", to: "offered", event: "offer", detail: "link" },
        { at: T0 + 2, from: "offered", to: "offered", event: "sent", detail: "" },
        { at: T0 + 3, from: "offered", to: "declined", event: "decline", detail: "" },
      ]);
    });

    test("several steps go together, each judged by its own version", async () => {
      const { index } = at;
      const juliet = someone();
      const [one, two] = [await post(index, juliet), await post(index, juliet)];
      const first = await index.step(move(one, "offered"));
      const told = notice(two.sender);
      const answers = await index.steps([move(one, "offered"), move(two, "offered", { notices: [told] })]);
      expect(answers).toEqual([
        undefined,
        expect.objectContaining({ id: two.id, state: "offered", version: 2, tries: 1 }),
      ]);
      expect(await index.parcel(one.id)).toEqual(first);
      expect(await index.noticesFor(two.sender, 10)).toEqual([told]);
      expect(await index.steps([])).toEqual([]);
    });

    test("a step that ends capabilities and makes one leaves the new one", async () => {
      const { index } = at;
      const parcel = await post(index, someone());
      const make = (): Link => ({
        hash: sha(),
        fileId: parcel.fileId,
        parcelId: parcel.id,
        since: T0,
        until: T0 + DAY,
        served: [],
      });
      const [old, fresh] = [make(), make()];
      await index.addLink(old);
      await index.step(move(parcel, "offered", { endLinks: true, link: fresh }));
      expect((await index.link(old.hash))?.link.until).toBe(0);
      expect((await index.link(fresh.hash))?.link.until).toBe(T0 + DAY);
    });

    test("of two steps from the same version one is made, and the other leaves no trace", async () => {
      const { index } = at;
      const parcel = await post(index, someone());
      const to = ["offered", "withdrawn", "expired", "declined"] as const;
      const results = await Promise.all(to.map((state) => index.step(move(parcel, state, { notices: [notice(parcel.sender)] })))); // prettier-ignore
      const made = results.filter((result) => result !== undefined);
      expect(made).toHaveLength(1);
      expect(await index.parcel(parcel.id)).toEqual(made[0]);
      expect(await index.history(parcel.id)).toHaveLength(2);
      expect(await index.noticesFor(parcel.sender, 10)).toHaveLength(1);
      expect(await index.step(move(parcel, "failed"))).toBeUndefined();
    });

    test("a step that cannot be made whole is not made at all", async () => {
      const { index } = at;
      const parcel = await post(index, someone());
      const link: Link = { hash: sha(), fileId: parcel.fileId, parcelId: parcel.id, since: T0, until: T0, served: [] };
      await index.addLink(link);
      const before = await index.totals();
      await expect(index.step(move(parcel, "offered", { notices: [notice(parcel.sender)], link }))).rejects.toThrow();
      expect(await index.parcel(parcel.id)).toEqual(parcel);
      expect(await index.history(parcel.id)).toHaveLength(1);
      expect(await index.noticesFor(parcel.sender, 10)).toEqual([]);
      expect(await index.totals()).toEqual(before);
      expect(await index.step(move(parcel, "offered"))).toBeDefined();
    });

    test("what waits comes oldest first, page by page; what is open newest first", async () => {
      const { index } = at;
      const [juliet, other] = [someone(), someone()];
      for (let i = 0; i < 6; i++) await post(index, juliet);
      await post(index, other);
      const all = await index.waitingFor(juliet, 0, 100);
      expect(all.map((p) => p.number)).toEqual([1, 2, 3, 4, 5, 6]);
      await index.step(move(all[1]!, "offered"));
      const moving = await index.step(move(all[2]!, "offered"));
      await index.step(move(moving!, "moving"));
      await index.step(move(all[3]!, "withdrawn"));
      const numbers = async (page: Promise<{ number: number }[]>) => (await page).map((p) => p.number);
      expect(await numbers(index.waitingFor(juliet, 0, 2))).toEqual([1, 5]);
      expect(await numbers(index.waitingFor(juliet, 5, 2))).toEqual([6]);
      expect(await numbers(index.openFor(juliet, undefined, 3))).toEqual([6, 5, 3]);
      expect(await numbers(index.openFor(juliet, 3, 3))).toEqual([2, 1]);
      expect(await numbers(index.findParcels(juliet, "A.TXT", 3))).toEqual([6, 5, 4]);
      expect(await index.waitingFor(someone(), 0, 10)).toEqual([]);
    });

    test("what a sender has sent, newest first, page by page", async () => {
      const { index } = at;
      const romeo = someone("romeo");
      for (let i = 0; i < 3; i++) await post(index, someone(), { sender: romeo, at: T0 + i });
      const since = async (before?: number) => (await index.sentBy(romeo, before, 2)).map((p) => p.since - T0);
      expect([await since(), await since(T0 + 1), await since(T0)]).toEqual([[2, 1], [0], []]);
    });

    test("those open whose time is up", async () => {
      const { index } = at;
      const recipient = someone();
      const past = await post(index, recipient, { until: 1_000 });
      const offered = await post(index, recipient, { until: 999 });
      await index.step(move(offered, "offered"));
      const over = await post(index, recipient, { until: 1_000 });
      await index.step(move(over, "declined"));
      await post(index, recipient, { until: 1_001 });
      expect((await index.endedParcels(1_000, 10)).map((p) => p.id)).toEqual([offered.id, past.id]);
      expect(await index.endedParcels(1_000, 1)).toHaveLength(1);
    });

    test("those over are struck out when their time was up and their file is gone, with their history", async () => {
      const { index } = at;
      const mine = async (until: number, state: "waiting" | "declined", remove: boolean): Promise<string> => {
        const parcel = await post(index, someone(), { until });
        if (state !== "waiting") await index.step(move(parcel, state));
        if (remove) await index.removeFile(parcel.fileId, T0);
        return parcel.id;
      };
      const over = await mine(500, "declined", true);
      const others = [
        await mine(500, "waiting", true),
        await mine(501, "declined", true),
        await mine(500, "declined", false),
      ];
      expect(await index.history(over)).not.toEqual([]);
      expect(await index.forgetParcels(499, 10)).toBe(0);
      expect(await index.forgetParcels(500, 10)).toBe(1);
      expect([await index.parcel(over), await index.history(over)]).toEqual([undefined, []]);
      for (const id of others) expect(await index.parcel(id)).toMatchObject({ id });
    });

    test("what had ended waits again only while its file is there, and with the mark that it has by then", async () => {
      const { index } = at;
      const parcel = await post(index, someone());
      const declined = (await index.step(move(parcel, "declined")))!;
      await index.setFile(parcel.fileId, { mark: "unchecked" });
      const back = (await index.step(move(declined, "waiting")))!;
      expect(back).toMatchObject({ state: "waiting", mark: "unchecked", version: 3 });
      const done = (await index.step(move(back, "delivered")))!;
      await index.removeFile(parcel.fileId, T0);
      await expect(index.step(move(done, "waiting"))).rejects.toMatchObject({ code: "no-such-parcel" });
      expect(await index.parcel(parcel.id)).toEqual(done);
    });

    test("what has ended stays readable when its file has gone, and so does what has not", async () => {
      const { index } = at;
      const parcel = await post(index, someone());
      const open = await post(index, someone());
      const ended = await index.step(move(parcel, "withdrawn"));
      expect(await index.removeFile(parcel.fileId, T0)).toBe(true);
      expect(await index.removeFile(open.fileId, T0)).toBe(true);
      expect(await index.parcel(parcel.id)).toEqual(ended);
      expect(await index.step(move(open, "expired"))).toMatchObject({ state: "expired" });
    });
  });

  describe("totals", () => {
    const at = scene(ground);

    test("are right after everything that changes them", async () => {
      const { index } = at;
      const none = { delivered: 0, declined: 0, expired: 0, withdrawn: 0, failed: 0, moving: 0 };
      expect(await index.totals()).toEqual({ parcels: { ...none, waiting: 0, offered: 0 }, files: 0, bytes: 0 });
      const parcels = await Promise.all(Array.from({ length: 20 }, () => post(index, someone(), { size: 5 })));
      await Promise.all(parcels.slice(0, 8).map((parcel) => index.step(move(parcel, "offered"))));
      await index.step(move(parcels[8]!, "failed"));
      await index.removeFile(parcels[8]!.fileId, T0);
      expect(await index.totals()).toEqual({
        parcels: { ...none, waiting: 11, offered: 8, failed: 1 },
        files: 19,
        bytes: 95,
      });
    });
  });

  describe("links", () => {
    const at = scene(ground);

    test("are found by their hash, with the file, its bytes and the parcel", async () => {
      const { index } = at;
      const file = await give(index, someone());
      const plain: Link = { hash: sha(), fileId: file.id, parcelId: undefined, since: T0, until: T0 + DAY, served: [] };
      await index.addLink(plain);
      const { key, ...kept } = file;
      expect(await index.link(plain.hash)).toEqual({ link: plain, file: { ...kept, blob: { sha256: file.sha256, key, size: file.size } }, parcel: undefined }); // prettier-ignore
      expect(await index.link(sha())).toBeUndefined();
      const served = [{ start: 0, end: 5 }, { start: 7, end: 2 ** 40 }]; // prettier-ignore
      await index.setServed(plain.hash, served);
      expect((await index.link(plain.hash))?.link).toEqual({ ...plain, served });
    });

    test("end with a step of their parcel that says so; with the file they are gone", async () => {
      const { index } = at;
      const file = await give(index, someone());
      const [one, two] = [
        await index.createParcel(file, someone(), T0, T0 + DAY),
        await index.createParcel(file, someone(), T0, T0 + DAY),
      ];
      const hashes = [];
      for (const parcelId of [one.id, one.id, two.id, undefined]) {
        const link: Link = { hash: sha(randomId()), fileId: file.id, parcelId, since: T0, until: T0 + DAY, served: [] };
        await index.addLink(link);
        hashes.push(link.hash);
      }
      await index.step(move(one, "declined", { endLinks: true }));
      const untils = await Promise.all(hashes.map(async (hash) => (await index.link(hash))?.link.until));
      expect(untils).toEqual([0, 0, T0 + DAY, T0 + DAY]);
      await index.removeFile(file.id, T0);
      for (const hash of hashes) expect(await index.link(hash)).toBeUndefined();
    });
  });
}
