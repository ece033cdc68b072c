/**
 * A session that a peer has begun: its contents (XEP-0166 §7.2), each of them a file (XEP-0234 §4) and a {@link JingleSession} of its own. This
 * stands between them and the wire. What the peer says goes to the contents that it names. What they say becomes what is right where there
 * are several: one session-accept as soon as each has been judged, content-remove or -reject for one that fails, session-terminate from the last.
 * Left out: contents that we add.
 */
import type { Office } from "../../control/ports.js";
import { Bygones } from "../../lib/bygones.js";
import type { Counts } from "../../lib/counts.js";
import { Refusal } from "../../lib/errors.js";
import { fileName } from "../../lib/file-name.js";
import { type BareJid, type FullJid, type Jid, bareOf } from "../../lib/jid.js";
import { say } from "../../lib/said.js";
import type { Reply } from "../negotiate/jingle.js";
import { reasonFor } from "../negotiate/jingle-reasons.js";
import type * as wire from "../wire/xep0166-jingle.js";
import type { FileDescription } from "../wire/xep0234-jingle-ft.js";
import { nameOnly } from "./jingle-hearing.js";
import { JingleIntake } from "./jingle-intake.js";
import { JingleSession, type SessionParts, type Speak, speakIn, unheeded } from "./jingle-session.js";

/** Contents that a session may have at once. */
const AT_ONCE = 16;
/** Contents that one person may have begun and not ended, in all sessions. */
export const OF_ONE = 32;
/** How long the name of one that has ended is known (ms), and how many of them. */
const REMEMBERED = 300_000;
const MOST_REMEMBERED = 64;

export interface ContentsParts extends SessionParts {
  readonly office: Pick<Office, "receive">;
  /** {@link OF_ONE}. */
  readonly begun: Counts<BareJid>;
}

interface Content {
  readonly name: string;
  readonly session: JingleSession;
  readonly intake: JingleIntake;
  /** By content-add. */
  readonly added: boolean;
  /** The peer has our yes. */
  accepted: boolean;
  /** By the peer: he need not be told. */
  removed: boolean;
}

type More = Partial<wire.Jingle>;
/** What a content would say. */
interface Held {
  readonly content: Content;
  readonly action: wire.Action;
  readonly more: More;
  readonly settle: (said: Promise<void>) => void;
}

/** What is held until every content has been judged. */
interface Round {
  readonly open: Set<Content>;
  readonly accepts: Map<Content, Held>;
  readonly refusals: { readonly action: wire.Action; readonly more: More }[];
  readonly later: Held[];
  /** Why the first, and the last, that ended have. */
  first?: More;
  last?: More;
}

export class JingleContents {
  readonly #speak: Speak;
  readonly #live = new Map<string, Content>();
  readonly #ended: Bygones;
  #round: Round | undefined = { open: new Set(), accepts: new Map(), refusals: [], later: [] };
  /** The peer has ended the session: what has come is kept, and nothing is said. */
  #left = false;
  #stopping = false;

  /** `over`: called when the last content has ended. */
  constructor(
    readonly parts: ContentsParts,
    readonly facts: { readonly self: Jid; readonly peer: FullJid; readonly sid: string },
    private readonly over: () => void,
  ) {
    this.#speak = speakIn(parts.stream, { direction: "in", ...facts });
    this.#ended = new Bygones(parts.clock, REMEMBERED, MOST_REMEMBERED);
  }

  /** Takes the contents of its session-initiate. Their names differ, and there is room for one of them. */
  begin(contents: readonly wire.Content[]): void {
    this.#take(contents, false);
  }

  /** What the peer says in this session. Throws Refusal "not-understood" where it lacks what it should have. */
  hear(heard: wire.Jingle): Reply {
    if (heard.action === "content-add") return this.#add(heard.contents);
    const meant = this.#meant(heard);
    if (heard.action === "session-terminate") this.#left = true;
    const isTaken = heard.action === "content-remove" || heard.action === "content-reject";
    for (const content of meant)
      content.removed ||= isTaken && heard.contents.some(({ name }) => name === content.name);
    const replies = meant.map(({ session }) => session.hear(heard));
    return replies.find((reply) => reply !== "ok") ?? "ok";
  }

  /** His client is no longer there; we are about to be. */
  note(event: { readonly type: "vanished" | "stopping" }): void {
    if (event.type === "stopping") this.#stopping = true;
    for (const { session } of [...this.#live.values()]) session.note(event);
  }

  #meant({ action, contents, info }: wire.Jingle): readonly Content[] {
    const live = [...this.#live.values()];
    if (action === "session-terminate") return live;
    const about = info?.type === "checksum" || info?.type === "received" ? info : undefined;
    const names = about ? [about.name ?? ""] : contents.map(({ name }) => name);
    if (names.length === 0) return live;
    const named = live.filter(({ name }) => names.includes(name));
    // What is said of one that has ended is late.
    if (named.length > 0 || names.some((name) => this.#ended.has(name))) return named;
    // Some clients give no name, or another, where there is one file. Whatever else it is, one of them says so.
    return about && live.length > 1 ? [] : live.slice(0, 1);
  }

  #add(contents: readonly wire.Content[]): Reply {
    if (contents.length === 0 || !isUnambiguous(contents)) throw new Refusal("not-understood");
    if (this.#left) return "out-of-order";
    this.#take(contents, true);
    return "ok";
  }

  #take(offered: readonly wire.Content[], added: boolean): void {
    const fresh: [Content, wire.Content][] = [];
    const again: wire.Content[] = [];
    const beyond: wire.Content[] = [];
    const member = bareOf(this.facts.peer);
    for (const content of offered) {
      if (this.#live.has(content.name)) again.push(content);
      else if (this.#live.size >= AT_ONCE || this.parts.begun.of(member) >= OF_ONE) beyond.push(content);
      else fresh.push([this.#open(content, member, added), content]);
    }
    const action = added ? "content-reject" : "content-remove";
    this.#refuse(action, again, new Refusal("not-understood"));
    this.#refuse(action, beyond, new Refusal("too-many-requests", { wait: say("a-moment") }));
    for (const { name } of beyond) this.#ended.add(name);
    // When all are open: one that is refused at once would be the last otherwise.
    for (const [{ session, intake }, content] of fresh) {
      const { transport } = content;
      const refusal = unfit(content);
      if (refusal || !transport || transport.type === "unsupported")
        session.refuse(refusal ?? new Refusal("no-method", { name: session.facts.name }));
      else void intake.judge(session, transport);
    }
  }

  #open({ name, description }: wire.Content, member: BareJid, added: boolean): Content {
    const offer: FileDescription = description?.type === "file" ? description : { type: "file", version: 5, file: {} };
    const { version, file } = offer;
    const facts = { direction: "in", ...this.facts, content: name, version, member, name: fileName(file.name ?? "") } as const; // prettier-ignore
    const intake = new JingleIntake(this.parts, facts, offer);
    const speak: Speak = (action, more) => this.#say(content, action, more);
    const session = new JingleSession(this.parts, facts, intake, speak, () => {
      this.#live.delete(name);
      this.#ended.add(name);
      this.parts.begun.drop(member);
      if (this.#live.size === 0) this.over();
    });
    const content: Content = { name, session, intake, added, accepted: false, removed: false };
    this.parts.begun.add(member);
    this.#live.set(name, content);
    this.#ended.forget(name);
    this.#round?.open.add(content);
    return content;
  }

  /** Those that never become contents of ours. */
  #refuse(action: wire.Action, contents: readonly wire.Content[], why: Refusal): void {
    if (contents.length === 0) return;
    const reason = reasonFor(why, this.parts.tongues.of(this.facts.peer));
    const more = { contents: contents.map(nameOnly), reason };
    if (this.#round) this.#round.refusals.push({ action, more });
    else this.#mention(action, more);
  }

  // ───────────────────────────── what the contents say ─────────────────────────────

  async #say(content: Content, action: wire.Action, more: More): Promise<void> {
    if (this.#left) return;
    if (action === "session-terminate") return this.#end(content, more);
    if (this.#round) return this.#hold(this.#round, content, action, more);
    if (action !== "session-accept" || !content.added) return this.#speak(action, more);
    content.accepted = true;
    return this.#speak("content-accept", { contents: more.contents ?? [] });
  }

  #hold(round: Round, content: Content, action: wire.Action, more: More): Promise<void> {
    return new Promise((resolve) => {
      const held: Held = { content, action, more, settle: resolve };
      if (action === "session-accept") {
        round.accepts.set(content, held);
        void this.#judged(round, content);
      } else round.later.push(held);
    });
  }

  async #end(content: Content, more: More): Promise<void> {
    const { name, added, accepted, removed } = content;
    const done = more.reason?.condition === "success";
    const round = this.#round;
    if (!round && this.#live.size === 0) return this.#speak("session-terminate", more);
    const action = added && !accepted ? "content-reject" : "content-remove";
    const one: wire.Content = { creator: "initiator", name, senders: "initiator" };
    const refusal = { action, more: { ...more, contents: [one] } } as const;
    // Of what is done he has heard, and what he has removed he knows. At the end, one word is for all.
    const isNews = !done && !removed && !this.#stopping;
    if (!round) return isNews ? this.#speak(refusal.action, refusal.more) : undefined;
    round.first ??= more;
    round.last = more;
    if (isNews) round.refusals.push(refusal);
    // A hasty client may be through with a file before it has our yes.
    if (!done) round.accepts.delete(content);
    return this.#judged(round, content);
  }

  /** The others may be judged by what is being heard just now. */
  async #judged(round: Round, content: Content): Promise<void> {
    round.open.delete(content);
    await Promise.resolve();
    if (round.open.size > 0 || this.#round !== round || this.#left) return;
    this.#round = undefined;
    const { accepts, refusals, later, first, last } = round;
    const [accept] = accepts.values();
    if (!accept) return this.#mention("session-terminate", first ?? {});
    for (const { action, more } of refusals) this.#mention(action, more);
    const contents = [...accepts.values()].flatMap(({ more }) => more.contents ?? []);
    // It says yes to what was added meanwhile, too (XEP-0166 §7.2.10).
    const said = this.#speak("session-accept", { ...accept.more, contents });
    for (const held of accepts.values()) {
      held.content.accepted = true;
      held.settle(said);
    }
    for (const { content: of, action, more, settle } of later) if (accepts.has(of)) settle(this.#speak(action, more));
    if (this.#live.size === 0) this.#mention("session-terminate", last ?? {});
  }

  /** What can be lost. */
  #mention(action: wire.Action, more: More): void {
    unheeded(this.#speak(action, more), this.parts.log, this.facts.peer);
  }
}

/** Whether each has a name of its own. */
export function isUnambiguous(contents: readonly wire.Content[]): boolean {
  return new Set(contents.map(({ name }) => name)).size === contents.length;
}

/** Why what is offered cannot be taken, whoever offers it. */
function unfit({ description, senders, security }: wire.Content): Refusal | undefined {
  // XEP-0396: the key to it is for clients, and we have none.
  if (security !== undefined) return new Refusal("encrypted", { scheme: "OMEMO" });
  if (description?.type !== "file") return new Refusal("no-such-service");
  // XEP-0234 §6.2: he asks for a file. What is his, he is offered.
  if (senders === "responder")
    return new Refusal("no-such-file", {
      which: description.file.name === undefined ? say("of-that-kind") : fileName(description.file.name),
    });
  return undefined;
}
