/**
 * Files that wait for the virus check: looked through one after the other, oldest first, as soon as somebody can. What is clean goes on at once;
 * what is not goes away, and both ends are told. Where files are not held any more (another configuration), they go on with their mark.
 */
import { Refusal } from "../../lib/errors.js";
import type { Log } from "../../lib/log.js";
import type { Services } from "../services.js";
import { isOpen, sentTo } from "../parcel.js";
import type { FileMark, KeptFile } from "../ports.js";
import { goOn, MOST_PARCELS } from "../delivery/sending.js";
import { warnings, type VirusCheck } from "./virus-check.js";
import { ofFile, type Word } from "../words.js";

const PAGE = 20;

export interface HeldFilesParts {
  readonly services: Services;
  /** Absent: nothing is looked through. */
  readonly check: VirusCheck | undefined;
  readonly log: Log;
}

export class HeldFiles {
  readonly #parts: HeldFilesParts;
  readonly #stop = new AbortController();

  constructor(parts: HeldFilesParts) {
    this.#parts = parts;
  }

  /** Breaks off what is being looked through. */
  stop(): void {
    this.#stop.abort(new Refusal("stopping"));
  }

  /** All of them, until one has to be held still. */
  async lookThrough(): Promise<void> {
    const { index } = this.#parts.services;
    let after: KeptFile | undefined;
    do {
      const page = await index.marked("held", after, PAGE);
      for (const file of page) if (!(await this.#look(file))) return;
      after = page.length < PAGE ? undefined : page.at(-1);
    } while (after && !this.#stop.signal.aborted);
  }

  /** False when it is held still. */
  async #look({ id }: KeptFile): Promise<boolean> {
    const { services, check, log } = this.#parts;
    // As it is now: its owner, or another process, may have been quicker.
    const file = await services.index.file(id);
    if (file?.mark !== "held") return true;
    try {
      const { name, size, blob } = file;
      const mark = check ? await check.judge({ key: blob.key, name, size }, this.#stop.signal) : "unchecked";
      if (mark === "held") return false;
      await this.#release(file, mark);
    } catch (e) {
      if (this.#stop.signal.aborted) return false;
      if (!(e instanceof Refusal)) throw e;
      if (e.code === "infected") await this.#remove(file, e);
      // Its owner may have deleted it meanwhile; if not, its turn comes again.
      else log.warn({ err: e, file: file.id }, "a file that waits for the virus check could not be read");
    }
    return true;
  }

  async #release(file: KeptFile, mark: FileMark): Promise<void> {
    const { services } = this.#parts;
    const { index, notices } = services;
    if (!(await index.setFile(file.id, { mark }))) return;
    const word: Word = mark === "" ? "checked" : "not-checked";
    const from = sentTo(await index.parcelsOf(file.id, MOST_PARCELS));
    await index.addNotices([notices.make(file.owner, word, ofFile(file), from)]);
    notices.flush(file.owner);
    await goOn(services, file);
  }

  /** Told before it is gone: should we die in between, it is found infected once more. */
  async #remove(file: KeptFile, infected: Refusal): Promise<void> {
    const { services, log } = this.#parts;
    const { index, notices, delivery, clock } = services;
    const all = await index.parcelsOf(file.id, MOST_PARCELS);
    const parcels = all.filter(({ state }) => isOpen(state));
    const recipients = parcels.map(({ recipient }) => recipient);
    const told = [
      notices.make(file.owner, "infected-removed", { ...ofFile(file), ...infected.details }, sentTo(all)),
      ...(await warnings(services, file, recipients, infected)),
    ];
    await index.addNotices(told);
    for (const { id } of parcels) await delivery.apply(id, "fail", infected.code);
    await index.removeFile(file.id, clock.now());
    log.warn({ file: file.id }, "a file that waited for the virus check was infected, and is removed");
    for (const { to } of told) notices.flush(to);
  }
}
