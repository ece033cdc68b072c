/**
 * Looks through what comes in before it becomes a file, and says what it is to be marked with. While nobody can look, files are held or passed
 * on unchecked, as configured. What was found clean once is looked through again when it comes again: signatures change every few hours.
 */
import { Refusal } from "../../lib/errors.js";
import type { BareJid } from "../../lib/jid.js";
import type { Log } from "../../lib/log.js";
import { size } from "../../lib/said.js";
import { acquaintance, mayReach } from "../people/consent.js";
import type { Services } from "../services.js";
import type { BlobStore, FileMark, Notice, Scanner } from "../ports.js";
import { label } from "../words.js";

export interface VirusCheckParts {
  readonly scanner: Scanner;
  readonly blobs: BlobStore;
  /** What is done with files while the scanner does not answer. */
  readonly absent: "hold" | "pass";
  /** The largest file that is looked through, in bytes. */
  readonly file: number;
  readonly log: Log;
}

export class VirusCheck {
  readonly #parts: VirusCheckParts;

  constructor(parts: VirusCheckParts) {
    this.#parts = parts;
  }

  /**
   * What the file with these bytes is to be marked with.
   * @throws Refusal "infected", "storage-down", or the signal's reason
   */
  async judge(
    file: { readonly key: string; readonly name: string; readonly size: number },
    signal: AbortSignal,
  ): Promise<FileMark> {
    const { scanner, blobs, absent, log } = this.#parts;
    if (file.size > this.#parts.file) return "unchecked";
    try {
      const virus = await scanner.scan(await blobs.read(file.key, undefined, signal), signal);
      if (virus === "") return "";
      throw new Refusal("infected", { name: label(file.name), virus: label(virus) });
    } catch (e) {
      signal.throwIfAborted();
      if (!(e instanceof Refusal)) throw e;
      if (e.code === "too-large-to-scan") return "unchecked";
      if (e.code !== "scanner-down") throw e;
      log.warn({ err: e.cause }, "the virus check does not answer");
      return absent === "hold" ? "held" : "unchecked";
    }
  }
}

/** What those are told to whom somebody sent an infected file. Whoever has never met us, or blocks the sender, hears nothing of it. */
export async function warnings(
  services: Services,
  sent: { readonly owner: BareJid; readonly name: string; readonly size: number },
  recipients: readonly BareJid[],
  infected: Refusal,
): Promise<Notice[]> {
  const details = { ...infected.details, who: sent.owner, name: label(sent.name), size: size(sent.size) };
  const told: Notice[] = [];
  for (const recipient of new Set(recipients)) {
    if (recipient === sent.owner || (await acquaintance(services, recipient)) !== "met") continue;
    const may = await mayReach(services, sent.owner, recipient).then(() => true, isNo);
    if (may) told.push(services.notices.make(recipient, "infected-for-you", details));
  }
  return told;
}

function isNo(thrown: unknown): false {
  if (thrown instanceof Refusal && thrown.code !== "index-down") return false;
  throw thrown;
}
