/**
 * All Jingle sessions (XEP-0166): which stanza belongs to which, and what is said to one that belongs to none. A session is known by the
 * peer's full address and its sid. An ended one is remembered for a while, because clients go on talking in it.
 * Left out: more than one file in a session that we begin.
 */
import type { Office } from "../../control/ports.js";
import { Bygones } from "../../lib/bygones.js";
import { Counts } from "../../lib/counts.js";
import { Refusal } from "../../lib/errors.js";
import { type BareJid, type FullJid, bareOf, isFull } from "../../lib/jid.js";
import { say } from "../../lib/said.js";
import type { Reply } from "../negotiate/jingle.js";
import { type Element, type IqRequest, type ProtocolError, ProtocolRefusal, type Router, onGone } from "../stanza.js";
import * as wire from "../wire/xep0166-jingle.js";
import * as ft from "../wire/xep0234-jingle-ft.js";
import * as s5b from "../wire/xep0260-jingle-s5b.js";
import * as ibb from "../wire/xep0261-jingle-ibb.js";
import { JingleContents, OF_ONE, isUnambiguous } from "./jingle-contents.js";
import { JingleSession, type SessionFacts, type SessionParts, type Task, speakIn } from "./jingle-session.js";

/** For the contact's disco#info. On the component's domain, clients would take them for a service of the server. */
export const JINGLE_FEATURES: readonly string[] = [wire.NS, ft.NS, s5b.NS, ibb.NS];

/** How long an ended session is remembered (ms), and how many of them. */
const REMEMBERED = 300_000;
const MOST_REMEMBERED = 10_000;

const specific = (type: ProtocolError["type"], condition: string, name?: string): ProtocolError => ({
  type,
  condition,
  ...(name !== undefined && { specific: { name, xmlns: wire.NS_ERRORS } }),
});

/** XEP-0166 §10. */
const ERRORS = {
  "out-of-order": specific("wait", "unexpected-request", "out-of-order"),
  "tie-break": specific("cancel", "conflict", "tie-break"),
  "unknown-session": specific("cancel", "item-not-found", "unknown-session"),
  "unsupported-info": specific("modify", "feature-not-implemented", "unsupported-info"),
  conflict: specific("cancel", "conflict"),
} as const;

function error(name: keyof typeof ERRORS): ProtocolRefusal {
  return new ProtocolRefusal(ERRORS[name], "not-understood");
}

export interface JingleParts extends SessionParts {
  readonly router: Router;
  readonly office: Pick<Office, "receive">;
}

export class JingleSessions {
  readonly #live = new Map<string, JingleSession | JingleContents>();
  readonly #ended: Bygones;
  readonly #begun = new Counts<BareJid>();
  #stopping = false;

  constructor(readonly parts: JingleParts) {
    this.#ended = new Bygones(parts.clock, REMEMBERED, MOST_REMEMBERED);
  }

  /** Begins to take stanzas. Before the presence directory's start, which keeps what it knows from the others. */
  start(): void {
    this.parts.router.iq("set", wire.NS, "jingle", (request) => this.#heard(request));
    onGone(this.parts.router, (client) => {
      for (const session of [...this.#live.values()])
        if (session.facts.peer === client) session.note({ type: "vanished" });
    });
  }

  /** Ends every session with a word, and takes no more. */
  stop(): void {
    this.#stopping = true;
    for (const session of [...this.#live.values()]) session.note({ type: "stopping" });
  }

  /** A session that we begin. */
  open(facts: SessionFacts, task: Task): JingleSession {
    const key = keyOf(facts.peer, facts.sid);
    const session = new JingleSession(this.parts, facts, task, speakIn(this.parts.stream, facts), () =>
      this.#over(key),
    );
    this.#live.set(key, session);
    return session;
  }

  #over(key: string): void {
    this.#live.delete(key);
    this.#ended.add(key);
  }

  #heard({ from, to, payload }: IqRequest): Element | undefined {
    const heard = wire.read(payload);
    if (!heard || !isFull(from)) throw new Refusal("not-understood");
    const key = keyOf(from, heard.sid);
    const session = this.#live.get(key);
    if (heard.action === "session-initiate") {
      if (session || this.#ended.has(key)) throw error("conflict");
      this.#initiated(heard, from, to);
      return undefined;
    }
    if (session?.facts.self === to) check(session.hear(heard));
    // Answered as if it were still there: whoever has it only just ended would show an error otherwise.
    else if (session || !this.#ended.has(key)) throw error("unknown-session");
    return undefined;
  }

  #initiated({ sid, contents }: wire.Jingle, peer: FullJid, self: IqRequest["to"]): void {
    if (this.#stopping) throw new Refusal("stopping");
    if (contents.length === 0 || !isUnambiguous(contents)) throw new Refusal("not-understood");
    if (this.#begun.of(bareOf(peer)) >= OF_ONE) throw new Refusal("too-many-requests", { wait: say("a-moment") });
    const key = keyOf(peer, sid);
    const parts = { ...this.parts, begun: this.#begun };
    const session = new JingleContents(parts, { self, peer, sid }, () => this.#over(key));
    this.#live.set(key, session);
    session.begin(contents);
  }
}

function keyOf(peer: FullJid, sid: string): string {
  return `${peer}\n${sid}`; // no address has a line end in it
}

function check(reply: Reply): void {
  if (reply !== "ok") throw error(reply);
}
