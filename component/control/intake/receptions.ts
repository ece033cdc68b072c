/** Files coming in by byte streams and over HTTP: judged before anything is accepted; what was cut is found again, and what dead processes left. */
import { Refusal } from "../../lib/errors.js";
import { randomId } from "../../lib/ids.js";
import { fileName } from "../../lib/file-name.js";
import { bareOf, type Jid } from "../../lib/jid.js";
import { MOST_CUT } from "./admission.js";
import { addresseesOf } from "./addressees.js";
import { senderOf, type Keeper } from "./keeper.js";
import { patiently } from "../patience.js";
import type { BlobWriter, CutIntake, Intake, UnsizedFile, UploadMethod } from "../ports.js";
import { themselves } from "../people/people.js";
import { isResumable, store, StreamReception, type OpenReception } from "./reception.js";
import { isByRight, termsOf, type Terms } from "./terms.js";
import { label, oneLine } from "../words.js";

/** The right by which a file comes in over HTTP. */
export interface ByRight {
  /** Its hash: what was cut is gone on with by the same right only. */
  readonly source: string;
  readonly terms: Terms;
  /** Under which it is found again; absent: by its name and size. */
  readonly id?: string | undefined;
  /** What has been put on record for it beforehand. */
  readonly recorded?: Intake | undefined;
}

export class Receptions {
  readonly #keeper: Keeper;
  readonly #open = new Set<StreamReception>();
  /** What dead processes left is looked through one after the other: each is read as a whole. */
  #recovering: Promise<void> = Promise.resolve();
  /** By the intake's id. */
  readonly #left = new Map<string, Promise<void>>();

  constructor(keeper: Keeper) {
    this.#keeper = keeper;
  }

  /** Takes a member's offer. `answering`: the address that he addressed, if he did. @throws Refusal when it will not be kept */
  async open(
    from: Jid,
    answering: Jid | undefined,
    file: UnsizedFile,
    method: "jingle" | "si" | UploadMethod,
    by?: ByRight,
  ): Promise<OpenReception> {
    const { admission, parts, stopping } = this.#keeper;
    stopping.throwIfAborted();
    const { index, clock, domain } = parts.services;
    const owner = bareOf(from);
    const name = fileName(oneLine(file.name));
    const { size, sha256 } = file;
    if (size === 0) throw new Refusal("empty-file", { name: label(name) });
    if (size !== undefined) admission.checkSize(name, size);
    const { source = "", terms = {}, id = randomId() } = by ?? {};
    const cuts = await index.cutIntakes(owner, MOST_CUT);
    const cut = cuts.find((c) => isGoneOnWith(c, { name, size, sha256, source, id: by?.id }));
    // A slot has its room since it was asked for, and for one file.
    for (const { id: old, source: of } of terms.slot === undefined ? [] : cuts)
      if (of === source && old !== cut?.id) await index.dropCutIntakes({ id: old }, 1);
    const place = await admission.enter(owner, name, terms.slot === undefined ? size : 0, cut?.id);
    try {
      const via = this.#keeper.via(answering);
      const named = file.recipients ?? themselves(addresseesOf(file.description ?? ""), domain);
      const fresh: Intake = by?.recorded ?? {
        id,
        owner,
        method,
        source,
        name,
        size,
        sha256,
        recipients: named,
        via,
        blobKey: randomId(),
        since: clock.now(),
      };
      const old = cut && { ...cut, sha256: sha256 ?? cut.sha256, recipients: named.length > 0 ? named : (cut.recipients ?? []), via }; // prettier-ignore
      const writer = old && (await this.#takeUp(old, old.size));
      if (writer && by?.recorded) void this.#keeper.forget(by.recorded);
      const most = size ?? (await admission.roomFor(place));
      const reception = new StreamReception(this.#keeper, {
        intake: writer ? old : fresh,
        sender: { from, answering, quiet: terms.slot !== undefined },
        terms,
        place,
        most,
        writer,
        isRecorded: (writer ?? by?.recorded) !== undefined,
        keepsId: by?.id !== undefined,
      });
      this.#open.add(reception);
      this.#keeper.follow(reception.ended.then(() => void this.#open.delete(reception)));
      return reception;
    } catch (e) {
      admission.leave(place);
      throw e;
    }
  }

  /** Brings what a process that died was receiving to an end: kept, if all of it is here; set aside, if a part is. */
  recover(intake: Intake): void {
    const { id } = intake;
    this.#recovering = this.#recovering.then(() => this.#recover(intake));
    this.#left.set(id, this.#recovering);
    this.#keeper.follow(this.#recovering.then(() => void this.#left.delete(id)));
  }

  /** Waits until what a dead process left under this id has been brought to an end. */
  async recovered(id: string): Promise<void> {
    await this.#left.get(id);
  }

  /** What is still open is set aside; the keeper's `stop` waits for it. */
  stop(): void {
    for (const reception of this.#open) void reception.fail(new Refusal("stopping"));
  }

  /** The writer of a cut intake, which is ours from here on; undefined when there is nothing to go on with. */
  async #takeUp(intake: CutIntake, size: number): Promise<BlobWriter | undefined> {
    const { services, blobs } = this.#keeper.parts;
    const { index } = services;
    if (!(await index.resumeIntake(intake))) return undefined;
    try {
      const writer = await blobs.resume(intake.blobKey);
      if (writer && writer.written > 0 && writer.written <= size) return writer;
      await writer?.abort();
    } catch (e) {
      await index.restIntake(intake.id, intake.held, intake.until, []).catch(() => undefined); // else the next process does
      throw e;
    }
    await index.dropIntake(intake.id, []);
    return undefined;
  }

  /** As the right lays down by which it came; undefined when that is over. */
  async #termsOf({ source }: Intake): Promise<Terms | undefined> {
    const right = await this.#keeper.parts.services.index.uploadRight(source);
    return right && termsOf(right);
  }

  /** Never rejects. */
  async #recover(intake: Intake): Promise<void> {
    const { admission, parts, stopping } = this.#keeper;
    if (stopping.aborted) return;
    const place = admission.enterAgain(intake.owner, intake.size ?? 0);
    let sender = senderOf(intake);
    try {
      const terms = isByRight(intake) ? await this.#termsOf(intake) : {};
      sender = { ...sender, quiet: terms === undefined || terms.slot !== undefined };
      const patience = this.#keeper.patience(intake, sender);
      const writer = await patiently(patience, () => parts.blobs.resume(intake.blobKey));
      if (terms && writer?.written === intake.size) {
        await this.#keeper.keep(intake, await store(writer!, intake, parts.blobs), patience, terms);
        this.#keeper.tell(intake);
      } else if (terms && writer && writer.written > 0 && isResumable(intake)) {
        await writer.rest();
        await this.#keeper.setAside(intake, sender, writer.written);
      } else {
        await writer?.abort();
        throw new Refusal("stream-cut", { name: label(intake.name) });
      }
    } catch (e) {
      await this.#keeper.giveUp(intake, sender, e);
    } finally {
      admission.leave(place);
    }
  }
}

/** Whether it is the beginning of what comes now: by its name and size, or under its id, and by the same right. */
function isGoneOnWith(
  cut: CutIntake,
  now: Pick<Intake, "name" | "size" | "sha256" | "source"> & { readonly id: string | undefined },
): boolean {
  return (
    cut.name === now.name &&
    cut.size === now.size &&
    cut.source === now.source &&
    (now.id === undefined || cut.id === now.id) &&
    (cut.sha256 === undefined || now.sha256 === undefined || cut.sha256 === now.sha256)
  );
}
