/**
 * Tells senders how several parcels of one file fare, in one line that replaces itself (XEP-0308). The outbox has one entry for each summary with
 * news, however much has happened; the line is made when it is said, from the parcels as they are then, so it is never behind and never wrong.
 */
import { randomId } from "../../lib/ids.js";
import type { BareJid } from "../../lib/jid.js";
import type { Clock } from "../../lib/clock.js";
import type { Index, Instant, KeptFile, Notice, Parcel, Speaker } from "../ports.js";
import { isOver, lineId, manner, summaryLine } from "./summary.js";

/** Between two states of a line, in ms: what happens meanwhile is one news. */
const PACE_MS = 2_000;
/** News is so old when it is told: what happens to one is often about to happen to all. */
const SETTLE_MS = 300;

/** The kind of the notices that stand for news. */
export const SUMMARY = "summary";

/** What the outbox keeps of it. */
type News = { readonly summary: string };
/** `line`: the id that a new line would have. */
type Saying = News & { readonly line: string };

export class Summaries {
  readonly #index: Index;
  readonly #speaker: Speaker;
  readonly #clock: Clock;
  /** Told when something may be said again to somebody. */
  readonly #rested: (to: BareJid) => void;
  /** Of which nothing is said for now: their parcels are being made, or a word has just been said. */
  readonly #resting = new Set<string>();

  constructor(parts: { index: Index; speaker: Speaker; clock: Clock }, rested: (to: BareJid) => void) {
    this.#index = parts.index;
    this.#speaker = parts.speaker;
    this.#clock = parts.clock;
    this.#rested = rested;
  }

  /** The id for a summary whose parcels are made by whoever asks; nothing is said of it until {@link ready}, unless we die before. */
  reserve(): string {
    const id = randomId();
    this.#resting.add(id);
    return id;
  }

  /** Puts a reserved one down, with the word that is to be said of it. */
  async begin(id: string, { id: fileId, owner }: KeptFile): Promise<void> {
    await this.#index.addSummary({ id, fileId, owner, message: "", since: this.#clock.now() });
    await this.#index.addNotices([this.news({ summary: id, sender: owner })]);
  }

  /** All its parcels are made, or as many as ever will be. */
  ready(id: string, owner: BareJid): void {
    this.#rest(id, owner, 0);
  }

  /** Whatever was said of it, the next word is a line of its own. */
  async again(id: string, owner: BareJid): Promise<void> {
    await this.#index.setSummary(id, "");
    await this.#index.addNotices([this.news({ summary: id, sender: owner })]);
    this.#rested(owner);
  }

  /** The outbox' entry for a summary of whose parcels one has changed. */
  news({ summary, sender }: Pick<Parcel, "summary" | "sender">): Notice {
    return { id: summary, to: sender, kind: SUMMARY, details: { summary } satisfies News, since: this.#clock.now() };
  }

  /** Says what an entry of the outbox stands for, and strikes it out; false when it is left there for a moment. */
  async tell(notice: Notice): Promise<boolean> {
    const { summary: id } = notice.details as unknown as News;
    if (this.#resting.has(id)) return false;
    const fresh = notice.since + SETTLE_MS - this.#clock.now();
    if (fresh > 0) {
      this.#rest(id, notice.to, fresh);
      return false;
    }
    const saying = "line" in notice.details ? notice : await this.#take(notice, id);
    if (await this.#say(saying, saying.details as unknown as Saying)) this.#rest(id, notice.to, PACE_MS);
    await this.#index.dropNotices([saying.id]);
    return true;
  }

  /**
   * From here on, what happens is put down anew; this entry stands for what is about to be said. It has the id that a new line would have:
   * should we die before it is struck out, it is the same message that is sent again.
   */
  async #take(notice: Notice, id: string): Promise<Notice> {
    const details = { summary: id, line: lineId(randomId(), this.#clock.now()) } satisfies Saying;
    const saying = { ...notice, id: `${id}!`, details };
    await this.#index.addNotices([saying]);
    await this.#index.dropNotices([notice.id]);
    return saying;
  }

  async #say({ to, since }: Notice, { summary: id, line }: Saying): Promise<boolean> {
    const found = await this.#index.summary(id);
    if (!found || found.parcels.length === 0) return false;
    const { parcels, summary } = found;
    const corrects = this.#speaker.corrects(to);
    const how = manner({ message: summary.message, corrects, isOver: isOver(parcels), since, now: this.#clock.now() });
    if (how === "nothing") return false;
    const said = summaryLine(parcels);
    if (how === "amend") await this.#speaker.tell(to, said, undefined, randomId(), summary.message);
    else {
      await this.#speaker.tell(to, said, undefined, line);
      await this.#index.setSummary(id, line);
    }
    return true;
  }

  #rest(id: string, to: BareJid, ms: Instant): void {
    this.#resting.add(id);
    this.#clock.after(ms, () => {
      this.#resting.delete(id);
      this.#rested(to);
    });
  }
}
