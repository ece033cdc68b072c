/**
 * Offers of files that still come in, to recipients who were named with them. Until all of a file is kept there is no parcel and nothing is on
 * record: the offer lives in memory, what becomes of it is held back, and so is the file's last piece. Then the parcel takes the offer over
 * (see `Delivery.offer`). A file that is not kept takes its offers with it, and so does the end of the process.
 */
import { Refusal } from "../../lib/errors.js";
import { newToken, randomId } from "../../lib/ids.js";
import type { BareJid } from "../../lib/jid.js";
import type { Clock } from "../../lib/clock.js";
import type { Log } from "../../lib/log.js";
import { size as sizeOf } from "../../lib/said.js";
import { Beginnings } from "./beginnings.js";
import type { Hearing, Ladder, Run } from "./ladder.js";
import type {
  BlobReader,
  BlobWriter,
  Index,
  Intake,
  OfferEvent,
  OfferMethod,
  OfferOrder,
  Parcel,
  Resource,
  Span,
  Whereabouts,
} from "../ports.js";
import type { Rules } from "../people/rules.js";
import type { Tongues } from "../people/tongues.js";
import { label, say } from "../words.js";

/** How long a kept file's offer waits for its parcel: the records may be away, or the recipient wants nothing of this sender any more. */
const PARCEL_WAIT_MS = 60_000;

export interface EarlyParts {
  readonly index: Index;
  readonly tongues: Tongues;
  readonly rules: Pick<Rules, "serves">;
  readonly whereabouts: Whereabouts;
  readonly ladder: Ladder;
  readonly url: (token: string, name: string) => string;
  readonly clock: Clock;
  readonly log: Log;
}

/** A file on its way in. */
export interface EarlyFile {
  /** It has become a file: parcels take the offers over, or nobody does. */
  kept(): void;
  /** It has not. */
  withdraw(): void;
}

type Follow = NonNullable<BlobWriter["follow"]>;

export class EarlyOffers {
  readonly beginnings = new Beginnings();
  readonly #parts: EarlyParts;
  readonly #offers = new Map<string, EarlyOffer>();
  #stopped = false;

  constructor(parts: EarlyParts) {
    this.#parts = parts;
  }

  /** Offers a file that is being written to those of its recipients who are there and take byte streams. Nobody waits for it. */
  open(intake: Intake, writer: BlobWriter): EarlyFile | undefined {
    const { recipients = [], size } = intake;
    if (!writer.follow || size === undefined || recipients.length === 0) return undefined;
    const follow: Follow = (span, signal) => writer.follow!(span, signal);
    const { clock, log } = this.#parts;
    let isComing = true;
    const withdraw = (): void => {
      isComing = false;
      for (const recipient of recipients) this.#withdraw(keyOf(intake.id, recipient));
    };
    for (const recipient of recipients)
      this.#mayBeAsked(intake.owner, recipient).then(
        (may) => void (may && isComing && this.#offer({ ...intake, size }, recipient, follow)),
        (err: unknown) => log.debug({ err }, "a file is offered when it is kept, and not before"),
      );
    return {
      withdraw,
      kept: () => {
        isComing = false;
        const isLeft = recipients.some((recipient) => this.#offers.has(keyOf(intake.id, recipient)));
        if (isLeft) clock.after(PARCEL_WAIT_MS, withdraw);
      },
    };
  }

  /** The offer that is to be this parcel's from here on. One that nobody has answered is none, where other clients are there by now. */
  take({ fileId, recipient }: Parcel): EarlyOffer | undefined {
    const key = keyOf(fileId, recipient);
    const early = this.#offers.get(key);
    if (!early) return undefined;
    if (!early.isAnswered && !isSame(early.resources, this.#parts.whereabouts.resources(recipient))) {
      this.#withdraw(key);
      return undefined;
    }
    this.#offers.delete(key);
    return early;
  }

  stop(): void {
    this.#stopped = true;
    for (const key of this.#offers.keys()) this.#withdraw(key);
  }

  /** Whoever has never met us is invited first; whoever blocks the sender hears nothing of it. */
  async #mayBeAsked(sender: BareJid, recipient: BareJid): Promise<boolean> {
    const { index, rules, tongues } = this.#parts;
    if (!rules.serves(recipient)) return false;
    await tongues.learn(index, recipient);
    return (await index.contact(recipient))?.standing === "met" && !(await index.isBlocked(recipient, sender));
  }

  #offer(intake: Intake & { readonly size: number }, recipient: BareJid, follow: Follow): void {
    const { ladder, whereabouts, url, clock } = this.#parts;
    const resources = whereabouts.resources(recipient);
    const parcel = draft(intake, recipient, clock.now());
    if (this.#stopped || ladder.isLearning(resources) || !ladder.suits(parcel, resources)) return;
    const key = keyOf(intake.id, recipient);
    const { token, hash } = newToken();
    const read: Follow = async (span, signal) => {
      this.beginnings.gone(parcel, span.start, true);
      return follow(span, signal);
    };
    const early = new EarlyOffer(resources, hash, read, intake, () => this.#withdraw(key));
    this.#offers.set(key, early);
    const { name, size } = intake;
    const line = say("coming", { who: intake.owner, name: label(name), size: sizeOf(size) });
    early.begin(ladder, { parcel, resources, line, url: url(token, name) });
  }

  #withdraw(key: string): void {
    const early = this.#offers.get(key);
    this.#offers.delete(key);
    early?.withdraw();
  }
}

/** One offer of a file that still comes in, until a parcel has taken it over. */
export class EarlyOffer {
  readonly #kept: NonNullable<OfferOrder["kept"]>;
  #keep!: (now: Pick<OfferOrder, "parcel" | "line">) => void;
  #lose!: (why: Refusal) => void;
  #withdrawn = false;
  readonly #held: { readonly method: OfferMethod; readonly event: OfferEvent }[] = [];
  readonly #name: string;
  #run: Run | undefined;
  #hear: Hearing | undefined;
  #adopted = false;
  #read: OfferOrder["read"];

  /** `hash`: of its capability. `dead`: nothing comes of it any more; the parcel will be offered anew. */
  constructor(
    readonly resources: readonly Resource[],
    readonly hash: string,
    follow: Follow,
    { size, name }: { readonly size: number; readonly name: string },
    private readonly dead: () => void,
  ) {
    this.#name = name;
    this.#kept = new Promise((resolve, reject) => ([this.#keep, this.#lose] = [resolve, reject]));
    this.#kept.catch(() => undefined); // there may be nobody who waits for it
    this.#read = async (span, signal) => holdingBack(await follow(span, signal), span, size, this.#kept);
  }

  get run(): Run {
    return this.#run!;
  }

  /** Whether he has said yes or no to it. */
  get isAnswered(): boolean {
    return this.#held.some(({ event }) => event.type !== "sent" && event.type !== "reached");
  }

  begin(ladder: Ladder, order: Omit<OfferOrder, "read" | "kept">): void {
    const read: OfferOrder["read"] = (span, signal) => this.#read(span, signal);
    this.#run = ladder.offer({ ...order, read, kept: this.#kept }, "if needed", (method, event) =>
      this.#heard(method, event),
    );
    if (this.#withdrawn) this.#run.withdraw();
  }

  /** The file is kept: what has become of the offer is told, what will become of it goes there at once, and the last piece may go. */
  adopt(now: Pick<OfferOrder, "parcel" | "line">, read: OfferOrder["read"], hear: Hearing): void {
    this.#adopted = true;
    this.#read = read;
    void this.#catchUp(hear).then(() => this.#keep(now));
  }

  /** In order, and each on record before the next one: it would not be understood otherwise. */
  async #catchUp(hear: Hearing): Promise<void> {
    for (let next = this.#held.shift(); next; next = this.#held.shift()) await hear(next.method, next.event);
    this.#hear = hear;
  }

  withdraw(): void {
    this.#withdrawn = true;
    this.#run?.withdraw();
    this.#lose(new Refusal("stream-cut", { name: label(this.#name) }));
  }

  async #heard(method: OfferMethod, event: OfferEvent): Promise<void> {
    if (this.#hear) return this.#hear(method, event);
    const { type } = event;
    if (this.#adopted) this.#held.push({ method, event });
    else if (type === "cut" || type === "failed" || type === "unreached" || type === "bounced") this.dead();
    else this.#held.push({ method, event });
  }
}

/** The reader, whose last piece waits until the file is kept: until then nobody knows that its bytes are right. */
function holdingBack(reader: BlobReader, { start }: Span, end: number, kept: Promise<unknown>): BlobReader {
  return {
    size: end,
    async pour(sink) {
      let at = start;
      await reader.pour(async (chunk) => {
        at += chunk.length;
        if (at === end) await kept;
        await sink(chunk);
      });
    },
    async *[Symbol.asyncIterator]() {
      let at = start;
      for await (const chunk of reader) {
        at += chunk.length;
        if (at === end) await kept;
        yield chunk;
      }
    },
    close: () => reader.close(),
  };
}

/** As far as it is known before it is kept. */
function draft(
  { id, owner, name, size, sha256, via = "" }: Intake & { size: number },
  recipient: BareJid,
  now: number,
): Parcel {
  return {
    id: randomId(), fileId: id, sender: owner, recipient, senderNumber: 0, number: 0, state: "waiting", method: "", tries: 0, version: 0,
    since: now, changed: now, until: now, name, size, mediaType: "application/octet-stream", sha256: sha256 ?? "",
    mark: "", summary: "", via,
  }; // prettier-ignore
}

function keyOf(fileId: string, recipient: BareJid): string {
  return `${fileId} ${recipient}`;
}

function isSame(then: readonly Resource[], now: readonly Resource[]): boolean {
  return then.length === now.length && then.every(({ jid }) => now.some((other) => other.jid === jid));
}
