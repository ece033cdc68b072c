/** A file that somebody sends us by Jingle: asks the office, takes the bytes in, and has them kept. */
import type { ByteStream, Office, Reception } from "../../control/ports.js";
import type { Clock } from "../../lib/clock.js";
import { asRefusal, Refusal } from "../../lib/errors.js";
import type { Outcome } from "../negotiate/jingle.js";
import type { FileDescription, FileInfo } from "../wire/xep0234-jingle-ft.js";
import type { S5b } from "../wire/xep0260-jingle-s5b.js";
import type { Ibb } from "../wire/xep0261-jingle-ibb.js";
import { takeIn } from "./bytes.js";
import type { JingleSession, SessionFacts, Task } from "./jingle-session.js";

/** How long a hash that was announced may take after the last byte: the sender may have to read a large file once more. */
const HASH_TIME = 15_000;

export interface IntakeParts {
  readonly office: Pick<Office, "receive">;
  readonly clock: Clock;
}

export class JingleIntake implements Task {
  #reception: Reception | undefined;
  /** What the reception is doing: one call at a time. */
  #call: Promise<void> = Promise.resolve();
  #offset = 0;
  #sha256: string | undefined;
  #wake: () => void = () => {};

  constructor(
    private readonly parts: IntakeParts,
    private readonly facts: SessionFacts,
    private readonly offer: FileDescription,
  ) {}

  /** Has the offer judged, and tells the session. Never rejects. */
  async judge(session: JingleSession, transport: S5b | Ibb): Promise<void> {
    const { name, peer, self } = this.facts;
    const { name: given = name, size, mediaType, sha256, description, range } = this.offer.file;
    try {
      // Without a size nobody could tell the end of the file from the end of the connection.
      if (size === undefined) throw new Refusal("not-understood");
      const optional = {
        ...(mediaType !== undefined && { mediaType }),
        ...(sha256 !== undefined && { sha256 }),
        ...(description !== undefined && { description }),
      };
      this.#reception = await this.parts.office.receive(peer, self, { name: given, size, ...optional }, "jingle");
      const { held } = this.#reception;
      // He may begin in the middle himself (XEP-0234 §5), but not beyond what is here.
      if ((range?.offset ?? 0) > held) throw new Refusal("not-understood");
      this.#offset = range ? Math.max(held, range.offset) : 0;
      if (!session.ended) await session.prepare(transport);
      if (session.ended) return this.#fail(new Refusal("stream-cut", { name }));
      session.note({ type: "wanted", way: transport.type });
    } catch (thrown) {
      session.refuse(thrown);
      this.#fail(asRefusal(thrown)); // he may have taken it back meanwhile, and the session be over
    }
  }

  describe(): FileDescription {
    const { range, ...file } = this.offer.file;
    return { ...this.offer, file: { ...file, ...(range && { range: { offset: this.#offset } }) } };
  }

  accepted(): boolean {
    return false;
  }

  async move(stream: ByteStream, signal: AbortSignal): Promise<boolean> {
    const size = this.offer.file.size!;
    const reception = this.#held();
    const sink = {
      begin: (offset: number) => (this.#call = reception.begin(offset)),
      write: (chunk: Uint8Array) => (this.#call = reception.write(chunk)),
    };
    return takeIn(stream, sink, { size, offset: this.#offset }, signal);
  }

  checksum({ type, ...info }: FileInfo): void {
    if (type !== "checksum" || !("file" in info)) return;
    this.#sha256 ??= info.file.sha256;
    this.#wake();
  }

  async keep(): Promise<void> {
    if (this.offer.file.hashFollows && this.#sha256 === undefined) await this.#hash();
    await this.#held().complete(this.#sha256);
  }

  ended(outcome: Outcome, why: Refusal): void {
    if (outcome.type !== "done") this.#fail(why);
  }

  #held(): Reception {
    if (!this.#reception) throw new Refusal("stream-cut", { name: this.facts.name });
    return this.#reception;
  }

  /** Once, and after what the reception has in hand. */
  #fail(why: Refusal): void {
    const reception = this.#reception;
    this.#reception = undefined;
    void this.#call.catch(() => {}).then(() => reception?.fail(why));
  }

  async #hash(): Promise<void> {
    let cancel = (): void => {};
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      cancel = this.parts.clock.after(HASH_TIME, resolve);
    });
    cancel();
  }
}
