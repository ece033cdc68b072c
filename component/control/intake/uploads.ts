/**
 * Files coming in over HTTP: slots (XEP-0363) are judged when they are asked for, and each is good for one file; the right behind a page's form
 * is good for as many as there is room for. Whoever holds a token may use its right; the records know tokens by their hashes alone.
 */
import { Refusal } from "../../lib/errors.js";
import { fileName } from "../../lib/file-name.js";
import { hashToken, newToken } from "../../lib/ids.js";
import { bareOf, type BareJid, type Jid } from "../../lib/jid.js";
import { putUrl } from "../../lib/link-url.js";
import { requireMember, isMember, type Pace } from "../people/access.js";
import { MOST_CUT } from "./admission.js";
import type { Keeper } from "./keeper.js";
import type {
  Instant,
  Intake,
  OpenUpload,
  Reception,
  Slot,
  SlotDesk,
  SlotRequest,
  UnsizedFile,
  UploadDesk,
  UploadMethod,
  UploadRight,
} from "../ports.js";
import type { OpenReception } from "./reception.js";
import type { Receptions } from "./receptions.js";
import { Reservations } from "./reservations.js";
import { keptPurpose, termsOf } from "./terms.js";
import { label, oneLine } from "../words.js";

/** How long a slot waits for its file. */
const SLOT_MS = 3_600_000;
/** Who asks too often may ask again after this. */
const PACE_MS = 60_000;

export interface UploadParts {
  readonly keeper: Keeper;
  readonly receptions: Receptions;
  /** How often one person may ask. */
  readonly pace: Pace;
  /** Where people reach the web end. */
  readonly base: string;
  /** The largest file, in bytes. */
  readonly file: number;
  /** How long what is ephemeral is kept at most, in ms. */
  readonly ephemeral: number;
}

export class Uploads implements SlotDesk, UploadDesk {
  readonly #parts: UploadParts;
  readonly #reservations: Reservations;
  /** Of slots: the file on its way in. */
  readonly #live = new Map<string, Reception>();

  constructor(parts: UploadParts) {
    this.#parts = parts;
    this.#reservations = new Reservations(parts.keeper);
  }

  get most(): number {
    return Math.min(this.#parts.file, this.#parts.keeper.parts.limits.file);
  }

  async request(
    from: Jid,
    { name: asked, size, mediaType = "", purpose = "", until = Infinity }: SlotRequest,
  ): Promise<Slot> {
    const { keeper, pace, base, ephemeral } = this.#parts;
    const { services, limits } = keeper.parts;
    requireMember(from, limits.domains);
    if (pace.take(from) !== "ok") throw retryAt(pace.refusal(), services.clock.now() + PACE_MS);
    const owner = bareOf(from);
    const name = fileName(oneLine(asked));
    if (size === 0) throw new Refusal("empty-file", { name: label(name) });
    if (size > this.most)
      throw new Refusal("too-large", { name: label(name), size: { bytes: size }, limit: { bytes: this.most } });
    const since = services.clock.now();
    await this.#checkRoom(owner, name, size, since);
    const [put, get] = [newToken(), newToken()];
    const right: UploadRight = {
      hash: put.hash, owner, kind: "slot", name, size, mediaType, link: get.hash, recipients: [], since, until: since + SLOT_MS, fileId: "",
      purpose: keptPurpose(purpose, Math.min(since + ephemeral, until)),
    }; // prettier-ignore
    await services.index.addUploadRight(right);
    this.#reservations.make(right);
    return { put: putUrl(base, put.token, name), get: services.url(get.token, name) };
  }

  async open(token: string): Promise<OpenUpload> {
    const { services, limits } = this.#parts.keeper.parts;
    const right = await services.index.uploadRight(hashToken(token));
    if (!right) throw new Refusal("not-found");
    if (right.until <= services.clock.now() || !isMember(right.owner, limits.domains)) throw new Refusal("link-ended");
    const { kind, owner, name, size, mediaType, recipients, until, fileId } = right;
    return {
      kind, owner, name, size, mediaType, recipients, until,
      isUsed: fileId !== "",
      most: kind === "slot" ? size : await this.#roomOf(owner),
      receive: (file, method, id) => kind === "slot" ? this.#fill(right, file, method, id) : this.#take(right, file, method, id),
      standing: (id) => this.#standing(right, id),
      forget: (id) => this.#forget(right, id),
    }; // prettier-ignore
  }

  /** What was put on record for slots that nobody has used is struck off. */
  stop(): Promise<void> {
    return this.#reservations.stop();
  }

  /** The file of a slot, of which there is one: who brings it again while it comes goes on in place of the former. */
  async #fill(right: UploadRight, file: UnsizedFile, method: UploadMethod, id: string | undefined): Promise<Reception> {
    const { hash, name, size } = right;
    if (right.fileId !== "") throw new Refusal("link-ended");
    if (file.size !== size) {
      const said = { name: label(name), got: { bytes: file.size ?? 0 }, size: { bytes: size } };
      throw new Refusal(file.size !== undefined && file.size < size ? "shorter-than-said" : "larger-than-said", said);
    }
    await this.#live.get(hash)?.fail(new Refusal("stream-cut", { name: label(name) }));
    const recorded = id === undefined ? await this.#reservations.take(hash) : undefined;
    try {
      const reception = await this.#take(right, { ...file, name }, method, id, recorded);
      this.#live.set(hash, reception);
      void reception.ended.then(() => {
        if (this.#live.get(hash) === reception) this.#live.delete(hash);
      });
      return reception;
    } catch (e) {
      if (recorded) void this.#parts.keeper.forget(recorded);
      throw e;
    }
  }

  #take(
    right: UploadRight,
    file: UnsizedFile,
    method: UploadMethod,
    id?: string,
    recorded?: Intake,
  ): Promise<OpenReception> {
    const { hash, owner, recipients } = right;
    const by = { source: hash, terms: termsOf(right), id, recorded };
    return this.#parts.receptions.open(owner, undefined, { ...file, recipients }, method, by);
  }

  async #standing({ hash, owner }: UploadRight, id: string): Promise<number | "kept" | undefined> {
    const { receptions, keeper } = this.#parts;
    const { index } = keeper.parts.services;
    await receptions.recovered(id);
    const file = await index.file(id);
    if (file) return file.owner === owner ? "kept" : undefined;
    const cut = (await index.cutIntakes(owner, MOST_CUT)).find((c) => c.id === id && c.source === hash);
    return cut && Math.min(cut.held, cut.size - 1);
  }

  async #forget({ hash, owner }: UploadRight, id: string): Promise<void> {
    const { index } = this.#parts.keeper.parts.services;
    const cut = (await index.cutIntakes(owner, MOST_CUT)).find((c) => c.id === id && c.source === hash);
    if (cut) await index.dropCutIntakes({ id }, 1);
  }

  #roomOf(owner: BareJid): Promise<number> {
    return this.#parts.keeper.admission.roomFor({ owner, size: 0 });
  }

  /** Slots that nobody has used yet take room too. @throws Refusal "over-quota" */
  async #checkRoom(owner: BareJid, name: string, size: number, now: Instant): Promise<void> {
    const { admission, parts } = this.#parts.keeper;
    const [used, asked] = await Promise.all([
      admission.used({ owner, size: 0 }),
      parts.services.index.slotBytes(owner, now),
    ]);
    if (used + asked + size <= parts.limits.quota) return;
    const no = admission.overQuota(name, used + asked, size);
    // Slots end; files stay until somebody deletes them.
    throw used + size <= parts.limits.quota ? retryAt(no, now + SLOT_MS) : no;
  }
}

/** The refusal with the instant from which on it is worth asking again. */
function retryAt({ code, details }: Refusal, retry: Instant): Refusal {
  return new Refusal(code, { ...details, retry });
}
