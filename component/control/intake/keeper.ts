/** What every way in shares: durable bytes become a file that is told of and passed on, or nothing is left of them, and that is told. */
import { Refusal, asRefusal } from "../../lib/errors.js";
import { bareOf, type BareJid, type Jid } from "../../lib/jid.js";
import { personBehind } from "../../lib/stand-in.js";
import { reasonsOf, type Log } from "../../lib/log.js";
import { size } from "../../lib/said.js";
import { isSealed } from "../../lib/sealed-link.js";
import { longLived } from "../../lib/signals.js";
import { Admission, MOST_CUT, type IntakeLimits } from "./admission.js";
import type { Services } from "../services.js";
import { mayReceive } from "../people/consent.js";
import { AWAY, patiently, UNRECORDED, type Patience } from "../patience.js";
import type { BlobStore, FileMark, Intake, KeptFile, Notice, Parcel } from "../ports.js";
import { send } from "../delivery/sending.js";
import type { Terms } from "./terms.js";
import { warnings, type VirusCheck } from "./virus-check.js";
import { label, minute, ofFile, say, wordsOf, type Said } from "../words.js";

/** How long an intake waits for our own parts before it is given up. */
const PATIENCE_MS = 15 * 60_000;

export interface KeeperParts {
  readonly services: Services;
  readonly blobs: BlobStore;
  readonly limits: IntakeLimits;
  /** Absent: nothing is looked through. */
  readonly check?: VirusCheck | undefined;
  readonly log: Log;
}

/** Bytes that lie in the store, whole and durable. */
export interface Stored {
  readonly sha256: string;
  readonly size: number;
  readonly mediaType: string;
}

/** Who is to be told, and from which address; undefined: from the contact's own. */
export interface Sender {
  readonly from: Jid;
  readonly answering: Jid | undefined;
  /** He hears of it where he sends it, and in chat not a word. */
  readonly quiet?: boolean;
}

/** As far as the records know. */
export function senderOf({ owner, via }: Intake): Sender {
  return { from: owner, answering: via || undefined };
}

export class Keeper {
  readonly parts: KeeperParts;
  readonly admission: Admission;
  readonly #stop = longLived();
  readonly #work = new Set<Promise<void>>();

  constructor(parts: KeeperParts) {
    this.parts = parts;
    this.admission = new Admission(parts.services.index, parts.limits);
  }

  /** Aborted with Refusal "stopping". */
  get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  /** Breaks off what is under way: what is on record is gone on with by another process, or after the next start. */
  async stop(): Promise<void> {
    this.#stop.abort(new Refusal("stopping"));
    await Promise.all(this.#work);
  }

  /** Work that {@link stop} waits for; it never rejects. */
  follow(work: Promise<void>): void {
    const followed = work.finally(() => this.#work.delete(followed));
    this.#work.add(followed);
  }

  /** Waiting for our own parts while a file is on its way in; its sender is told, once. */
  patience(intake: Intake, sender: Sender): Patience {
    const { log, services } = this.parts;
    let told = false;
    const onWait = (e: Refusal): void => {
      log.warn({ err: e, intake: intake.id }, "an intake waits for the storage");
      if (!told) this.say(sender, say("storage-awaited", { name: label(intake.name) }));
      told = true;
    };
    return { clock: services.clock, signal: this.stopping, passing: AWAY, most: PATIENCE_MS, onWait };
  }

  /** Stored bytes become a file. Settles when that is durable; {@link tell} then has its sender told. */
  async keep(
    intake: Intake,
    { mediaType, ...blob }: Stored,
    patience: Patience,
    { slot, until = Infinity }: Terms = {},
  ): Promise<KeptFile> {
    const { services, limits } = this.parts;
    const { index, clock } = services;
    const { summaries } = services.notices;
    const { recipients: named = [], via = "" } = intake;
    const mark = await this.#mark(intake, blob.size, patience);
    const sealed = mark === "sealed" ? intake.source : "";
    const id = named.length > 1 ? summaries.reserve() : "";
    // On its own: the answer of a `keep` may be lost, and the bytes must not be touched again before it is known.
    const kept = await patiently(patience, async () => {
      const recipients = await this.#reachable(intake.owner, named);
      const summary = recipients.length > 1 ? id : "";
      const end = Math.min(clock.now() + limits.keep, until);
      const file = {
        name: intake.name,
        mediaType,
        until: end,
        recipients,
        mark,
        sealed,
        via,
        ...(slot !== undefined && { slot }),
        ...(summary !== "" && { summary }),
      };
      const told = (f: KeptFile): Notice[] => [
        ...(slot === undefined ? [this.kept(f, via)] : []),
        ...(summary === "" ? [] : [summaries.news({ summary, sender: f.owner })]),
      ];
      return index.keep(intake, blob, file, limits.quota, told);
    }).finally(() => void (id !== "" && summaries.ready(id, intake.owner)));
    services.pictures.kept(kept);
    if (named.length > 0) await this.passOn(kept, named, via);
    return kept;
  }

  /**
   * What has to be said of the content.
   * @throws Refusal "infected": nothing is left of the bytes, and those whom they were for are told, too
   */
  async #mark(intake: Intake, size: number, patience: Patience): Promise<FileMark> {
    const { services, blobs, check, log } = this.parts;
    const { index, notices } = services;
    if (isSealed(intake.source)) return "sealed";
    if (!check) return "";
    try {
      return await patiently(patience, () => check.judge({ key: intake.blobKey, name: intake.name, size }, this.stopping)); // prettier-ignore
    } catch (e) {
      if (!(e instanceof Refusal) || e.code !== "infected") throw e;
      // The records doom the key all the same; but why wait.
      await blobs.remove(intake.blobKey).catch((err: unknown) => log.warn({ err }, "an infected file waits for the sweep")); // prettier-ignore
      const told = await warnings(services, { ...intake, size }, intake.recipients ?? [], e);
      await index.addNotices(told);
      for (const { to } of told) notices.flush(to);
      throw e;
    }
  }

  /** What its owner is told of a file that he has now. */
  kept(file: KeptFile, via: Parcel["via"]): Notice {
    const { notices } = this.parts.services;
    const kept = ofFile(file);
    const word = via === "" ? "kept" : "kept-for";
    if (file.mark === "") return notices.make(file.owner, word, kept, via);
    return notices.make(file.owner, "passed-on", { lines: [say(word, kept), say(`mark/${file.mark}`)] }, via);
  }

  /** The address that somebody has sent a file to, if it stands in for a person; else "". */
  via(answering: Jid | undefined): Parcel["via"] {
    return answering && personBehind(answering, this.parts.services.domain) ? bareOf(answering) : "";
  }

  /** Says what has been put down for the sender of an intake. */
  tell({ owner }: Pick<Intake, "owner">): void {
    this.parts.services.notices.flush(owner);
  }

  /** The end of an intake that is not kept: told, and on record. Never rejects. */
  async giveUp(intake: Intake, sender: Sender, thrown: unknown): Promise<void> {
    if (this.stopping.aborted) return; // the next process goes on
    const { index, notices } = this.parts.services;
    // Of an upload, too: clients say no more of it than that it failed.
    const infected = thrown instanceof Refusal && thrown.code === "infected";
    const why = { name: label(intake.name), why: this.#log(intake, thrown).said };
    await this.#told(
      intake,
      infected ? { ...sender, quiet: false } : sender,
      notices.make(intake.owner, "not-kept", why, intake.via),
      (told) => index.dropIntake(intake.id, told),
    );
  }

  /** The end of an intake that is gone on with later: `held` bytes have been set aside. Never rejects. */
  async setAside(intake: Intake, sender: Sender, held: number): Promise<void> {
    const { services, limits } = this.parts;
    const { index, notices, clock } = services;
    const until = clock.now() + limits.partial;
    const words = { name: label(intake.name), got: size(held), size: size(intake.size ?? held), until: minute(until) };
    await this.#told(intake, sender, notices.make(intake.owner, "kept-in-part", words, intake.via), async (told) => {
      await index.restIntake(intake.id, held, until, told);
      for (const { id } of (await index.cutIntakes(intake.owner, 2 * MOST_CUT)).slice(MOST_CUT))
        await index.dropCutIntakes({ id }, 1);
    });
  }

  /** Ends an intake without a word, as soon as the records take it. Never rejects. */
  forget(intake: Intake): Promise<void> {
    return this.#recorded(intake, () => this.parts.services.index.dropIntake(intake.id, []));
  }

  /** Tells the sender now, or never. */
  say({ from, answering, quiet }: Sender, said: Said): void {
    const { services, log } = this.parts;
    if (quiet) return;
    services.speaker.say(from, said, answering).catch((e: unknown) => log.debug({ err: e }, "could not be said"));
  }

  /** What cannot be put down at once is at least said, and put down as soon as the records take it. */
  async #told(
    intake: Intake,
    sender: Sender,
    notice: Notice,
    write: (notices: readonly Notice[]) => Promise<void>,
  ): Promise<void> {
    try {
      await write(sender.quiet ? [] : [notice]);
      if (!sender.quiet) this.tell(intake);
    } catch {
      this.say(sender, wordsOf(notice));
      this.follow(this.#recorded(intake, () => write([])));
    }
  }

  async #recorded(intake: Intake, write: () => Promise<void>): Promise<void> {
    const { services, log } = this.parts;
    const onWait = (e: Refusal): void => log.warn({ err: e, intake: intake.id }, "the end of an intake waits to be recorded"); // prettier-ignore
    const patience = { clock: services.clock, signal: this.stopping, passing: UNRECORDED, most: Infinity, onWait };
    await patiently(patience, write).catch((e: unknown) =>
      log.warn({ err: e, intake: intake.id }, "the end of an intake is left to the next process"),
    );
  }

  /** Those of whom it is already clear that they can be sent to get their parcels together with the file: no death comes in between. */
  async #reachable(owner: BareJid, named: readonly BareJid[]): Promise<BareJid[]> {
    const judged = await Promise.all(
      named.map((jid) =>
        mayReceive(this.parts.services, owner, jid).then(
          () => [jid],
          (e: unknown) => {
            if (e instanceof Refusal && e.code !== "index-down") return [];
            throw e;
          },
        ),
      ),
    );
    return judged.flat();
  }

  /** As by `send`, and answered in its words. */
  async passOn(file: KeptFile, recipients: readonly BareJid[], via: Parcel["via"]): Promise<void> {
    const { services, log } = this.parts;
    const { index, notices } = services;
    try {
      const lines = await send(services, file, recipients, via).catch((e: unknown) => [asRefusal(e).said]);
      if (lines.length > 0) await index.addNotices([notices.make(file.owner, "passed-on", { lines }, via)]);
    } catch (e) {
      log.warn({ err: e, file: file.id }, "what became of those named beside a file could not be told");
    }
  }

  #log(intake: Intake, thrown: unknown): Refusal {
    const { log } = this.parts;
    const refusal = asRefusal(thrown);
    const facts = { code: refusal.code, intake: intake.id };
    if (refusal.code === "internal") log.error({ err: thrown, ...facts }, "an intake failed");
    else if (refusal.code === "disk-full")
      log.error({ err: refusal.cause, ...facts }, "there is no room for an intake");
    else log.info({ why: reasonsOf(refusal.cause), ...facts }, "an intake was refused");
    return refusal;
  }
}
