/** Files coming in by links: recorded before the first byte, fetched, checked, made durable, then told. */
import { Refusal } from "../../lib/errors.js";
import { randomId } from "../../lib/ids.js";
import { fileName } from "../../lib/file-name.js";
import { bareOf, type BareJid, type Jid } from "../../lib/jid.js";
import { lastSegment } from "../../lib/link-url.js";
import { SNIFF_BYTES, sniff } from "../../lib/media-type.js";
import { isSealed, readSealed } from "../../lib/sealed-link.js";
import { say, size as sizeOf } from "../../lib/said.js";
import { requireMember } from "../people/access.js";
import type { Place } from "./admission.js";
import type { Claims } from "./claims.js";
import { senderOf, type Keeper, type Sender, type Stored } from "./keeper.js";
import { patiently } from "../patience.js";
import type { BlobWriter, Fetcher, IncomingLink, Intake } from "../ports.js";
import { FETCHING, Progress } from "./progress.js";
import { label, oneLine } from "../words.js";

export class Intakes {
  readonly #keeper: Keeper;
  readonly #fetcher: Fetcher;
  readonly #claims: Claims;

  constructor(keeper: Keeper, fetcher: Fetcher, claims: Claims) {
    this.#keeper = keeper;
    this.#fetcher = fetcher;
    this.#claims = claims;
  }

  /**
   * A file announced by a link: settles when it is on record, so that the sender may be told that his message has arrived;
   * the fetching goes on by itself, and its end is told by notices.
   * `recipients`: who gets it as soon as it is kept.
   * @throws Refusal when it is clear before the first byte that it will not be kept
   */
  async begin(from: Jid, answering: Jid, link: IncomingLink, recipients: readonly BareJid[] = []): Promise<void> {
    const { admission, parts } = this.#keeper;
    const { index, clock } = parts.services;
    const owner = bareOf(from);
    requireMember(owner, parts.limits.domains);
    const url = fetchable(link.url);
    if (isSealed(link.url) && parts.limits.sealed === "refuse")
      throw new Refusal("sealed", { name: label(nameIn(link.url)) });
    if (this.#claims.isOurs(url)) return this.#claims.claim({ from, answering }, link.url, url, recipients);
    this.#fetcher.judge(url);
    // From here on it is what everybody sees, types, and saves it under: nothing of a path or a second line gets further than this.
    const name = link.name === undefined ? nameIn(link.url) : fileName(oneLine(link.name));
    if (link.size !== undefined) admission.checkSize(name, link.size);
    const place = await admission.enter(owner, name, link.size);
    const intake: Intake = {
      id: randomId(),
      owner,
      method: "link",
      source: link.url,
      name,
      size: link.size,
      sha256: link.sha256,
      recipients,
      via: this.#keeper.via(answering),
      blobKey: randomId(),
      since: clock.now(),
    };
    try {
      await index.beginIntake(intake);
    } catch (e) {
      void this.#keeper.forget(intake); // it may be on record, and its answer was lost
      admission.leave(place);
      throw e;
    }
    this.#run(intake, place, { from, answering });
  }

  /** Goes on with what a process that died had begun. */
  resume(intake: Intake): void {
    const place = this.#keeper.admission.enterAgain(intake.owner, intake.size ?? 0);
    this.#run(intake, place, senderOf(intake));
  }

  #run(intake: Intake, place: Place, sender: Sender): void {
    this.#keeper.follow(
      this.#keep(intake, place, sender)
        .catch((e: unknown) => this.#keeper.giveUp(intake, sender, e))
        .finally(() => this.#keeper.admission.leave(place)),
    );
  }

  /** Fetches, until it is kept or refused. */
  async #keep(intake: Intake, place: Place, sender: Sender): Promise<void> {
    const { speaker, clock } = this.#keeper.parts.services;
    const line = speaker.progress(sender.from, sender.answering);
    const progress = new Progress(line, FETCHING, intake.name, clock);
    const patience = this.#keeper.patience(intake, sender);
    try {
      const { name, ...stored } = await patiently(patience, () => this.#fetch(intake, place, progress));
      const kept = await this.#keeper.keep({ ...intake, name }, stored, patience);
      await progress.end(kept.size);
      this.#keeper.tell(intake);
    } catch (e) {
      await progress.end(undefined);
      throw e;
    }
  }

  /** Fetches and checks; answers what is durable in the store then, and what it is called where it was found. */
  async #fetch(intake: Intake, place: Place, progress: Progress): Promise<Stored & { readonly name: string }> {
    const { admission, parts, stopping } = this.#keeper;
    const { blobs, limits } = parts;
    const name = label(intake.name);
    const expected = intake.size;
    await blobs.remove(intake.blobKey); // what an earlier attempt left
    const used = await admission.used(place);
    const most = expected ?? Math.min(limits.file, Math.max(0, limits.quota - used));
    const head = Buffer.alloc(SNIFF_BYTES);
    // Who named it counts more than its server, and that more than what the link looks like.
    const isNamed = intake.name !== nameIn(intake.source);
    let writer: BlobWriter | undefined;
    let size = expected;
    try {
      const { bytes } = await this.#fetcher.fetch(
        fetchable(intake.source),
        { bytes: most, ...(isNamed && { name: intake.name }) },
        async (announced) => {
          if (!isNamed && announced.name !== "") progress.name = fileName(oneLine(announced.name));
          if (announced.size !== undefined) {
            this.#judge(intake, used, announced.size);
            size = place.size = announced.size;
          }
          writer = await blobs.create(intake.blobKey, size);
        },
        async (chunk) => {
          const at = writer!.written;
          if (at < SNIFF_BYTES) head.set(chunk.subarray(0, SNIFF_BYTES - at), at);
          await writer!.write(chunk);
          progress.at(writer!.written, size);
        },
        stopping,
      );
      if (!writer || bytes === 0) throw new Refusal("empty-file", { name });
      if (expected !== undefined && bytes < expected) throw shorter(name, bytes, expected);
      const mediaType = isSealed(intake.source)
        ? "application/octet-stream"
        : await sniff(head.subarray(0, Math.min(bytes, SNIFF_BYTES)), progress.name);
      const blob = await writer.commit();
      if (intake.sha256 !== undefined && intake.sha256 !== blob.sha256) throw new Refusal("wrong-hash", { name });
      return { ...blob, mediaType, name: progress.name };
    } catch (e) {
      await writer?.abort();
      if (!(e instanceof Refusal)) throw e;
      if (e.code === "disk-full") throw new Refusal("disk-full", { name }, { cause: e });
      // Nothing was announced, so it was our own measure that was full.
      if (size === undefined && (e.code === "larger-than-said" || e.code === "too-large"))
        throw admission.tooMuch(intake.name, most);
      throw e;
    }
  }

  /** What the peer announces, held against what the sender said of it and what there is room for. */
  #judge({ name, size: said }: Intake, used: number, size: number): void {
    const { admission } = this.#keeper;
    if (said !== undefined && size > said)
      throw new Refusal("larger-than-said", { name: label(name), size: sizeOf(said) });
    admission.checkSize(name, size);
    if (said !== undefined && size < said) throw shorter(label(name), size, said);
    admission.checkRoom(name, used, size);
  }
}

function shorter(name: string, got: number, said: number): Refusal {
  return new Refusal("shorter-than-said", { name, got: sizeOf(got), size: sizeOf(said) });
}

/** What a file may be called, for all that the link to it tells. @throws Refusal "link-bad" */
function nameIn(link: string): string {
  return fileName(oneLine(lastSegment(new URL(fetchable(link)))));
}

/** Where the bytes are had: of a sealed link, without its key. @throws Refusal "link-bad" */
function fetchable(link: string): string {
  if (!isSealed(link)) return link;
  const url = readSealed(link)?.url;
  if (url === undefined) throw new Refusal("link-bad", { why: say("link/key") });
  return url;
}
