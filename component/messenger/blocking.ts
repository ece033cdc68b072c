/**
 * Blocking people by the client's own command (XEP-0191), and complaints with it (XEP-0377), where a client sends them to us. Complaints in a
 * message are read too: about whom it is sent to, under his address here, or about whom it names in a `<block/>`.
 */
import type { BlockDesk, Office } from "../control/ports.js";
import { Refusal } from "../lib/errors.js";
import { bareOf, domainOf, localOf, type BareJid, type Jid } from "../lib/jid.js";
import type { Element, IqRequest, Router, StanzaStream } from "./stanza.js";
import { every } from "./wire/read.js";
import { buildList, NS, readItems, type Item } from "./wire/xep0191-blocking.js";
import * as reports from "./wire/xep0377-reports.js";

export const BLOCKING_FEATURES: readonly string[] = [NS, reports.NS];

export interface BlockingParts {
  readonly router: Router;
  readonly stream: Pick<StanzaStream, "domain">;
  readonly contact: BareJid;
  readonly desk: BlockDesk;
  readonly office: Pick<Office, "report">;
}

export class Blocking {
  constructor(private readonly parts: BlockingParts) {}

  /** Before whoever takes messages for what is said in them. */
  start(): void {
    const { router, desk } = this.parts;
    router.iq("get", NS, "blocklist", async (request) => {
      this.#requireOurs(request);
      return buildList(await desk.blocked(request.from));
    });
    router.iq("set", NS, "block", async (request) => {
      this.#requireOurs(request);
      const items = readItems(request.payload);
      // XEP-0191 §3.3: none at all is bad-request.
      if (!items || items.length === 0) throw new Refusal("not-understood");
      await desk.block(request.from, items);
      return undefined;
    });
    router.iq("set", NS, "unblock", async (request) => {
      this.#requireOurs(request);
      const items = readItems(request.payload);
      if (!items) throw new Refusal("not-understood");
      await desk.unblock(request.from, items.map(({ who }) => who)); // prettier-ignore
      return undefined;
    });
    router.message((stanza, from, to) => this.#heard(stanza, from, to));
  }

  #requireOurs({ to }: IqRequest): void {
    if (!this.#isOurs(to)) throw new Refusal("no-such-service");
  }

  #isOurs(to: Jid): boolean {
    return bareOf(to) === this.parts.contact || bareOf(to) === this.parts.stream.domain;
  }

  #heard(stanza: Element, from: Jid, to: Jid): boolean {
    const type: unknown = stanza.attrs["type"];
    if (type === "error" || type === "groupchat" || type === "headline") return false;
    if (localOf(from) === "" || domainOf(from) === this.parts.stream.domain) return false;
    const complaints = this.#complaints(stanza, to);
    // One message is one complaint: many would be many lines to everybody who reads them.
    const [first] = complaints;
    if (first) void this.parts.office.report(from, to, first.who, first.report.reason, first.report.text);
    return first !== undefined;
  }

  #complaints(stanza: Element, to: Jid): (Item & { readonly report: reports.Report })[] {
    const children = stanza.getChildElements();
    if (!this.#isOurs(to)) return every(children, reports.read).map((report) => ({ who: bareOf(to), report }));
    const items = children.filter((child) => child.is("block", NS)).flatMap((child) => readItems(child) ?? []);
    return items.flatMap(({ who, report }) => (report ? [{ who, report }] : []));
  }
}
