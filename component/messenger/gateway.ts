/** The prompt by which a client finds the address here of somebody elsewhere (XEP-0100 §6.2). It looks nobody up: the same for who exists and who does not. */
import type { Rules } from "../control/people/rules.js";
import type { Tongues } from "../control/people/tongues.js";
import { Refusal } from "../lib/errors.js";
import { bareOf, toJid } from "../lib/jid.js";
import { render } from "../lib/languages/index.js";
import { say } from "../lib/said.js";
import { standInFor } from "../lib/stand-in.js";
import type { IqRequest, Router, StanzaStream } from "./stanza.js";
import { buildAddress, buildPrompt, NS_GATEWAY, readPrompt } from "./wire/xep0100-gateway.js";

export interface GatewayParts {
  readonly router: Router;
  readonly stream: Pick<StanzaStream, "domain">;
  readonly rules: Rules;
  readonly tongues: Tongues;
}

export class Gateway {
  constructor(private readonly parts: GatewayParts) {}

  start(): void {
    const { router, tongues } = this.parts;
    router.iq("get", NS_GATEWAY, "query", (request) => {
      this.#requireDomain(request);
      const language = tongues.of(request.from);
      return buildPrompt(render(say("gateway/desc"), language), render(say("gateway/prompt"), language));
    });
    router.iq("set", NS_GATEWAY, "query", (request) => {
      this.#requireDomain(request);
      return buildAddress(this.#find(request));
    });
  }

  #requireDomain({ to }: IqRequest): void {
    if (bareOf(to) !== this.parts.stream.domain) throw new Refusal("no-such-service");
  }

  /** @throws Refusal "not-understood", "bad-address", "recipient-not-served", "not-allowed" */
  #find({ from, payload }: IqRequest): string {
    const { rules, stream } = this.parts;
    const text = readPrompt(payload);
    if (text === undefined) throw new Refusal("not-understood");
    const named = toJid(text.replace(/^xmpp:/i, "").replace(/[?;].*$/s, ""));
    if (named && rules.personBehind(named, from)) return bareOf(named); // it is one already
    const person = named && bareOf(named);
    const standIn = person && standInFor(person, stream.domain);
    if (!standIn) throw new Refusal("bad-address", { address: text.slice(0, 120) });
    rules.requireRecipient(person);
    if (!rules.personBehind(standIn, from)) throw new Refusal("not-allowed");
    return standIn;
  }
}
