/**
 * Hands a parcel over as a link (XEP-0447 with XEP-0066): a line for the person, then the file's message. Both go to the bare
 * address: the server gives them to whichever client is there, copies them to the others, and keeps them for who is away.
 */
import type { OfferEvent, OfferMethod, OfferOrder } from "../../control/ports.js";
import type { Tongues } from "../../control/people/tongues.js";
import { asRefusal } from "../../lib/errors.js";
import { randomId } from "../../lib/ids.js";
import type { BareJid } from "../../lib/jid.js";
import { render } from "../../lib/languages/index.js";
import type { Fates } from "./fates.js";
import { fileMessage } from "../wire/file-message.js";
import { type Element, type StanzaStream, xml } from "../stanza.js";
import * as receipts from "../wire/xep0184-receipts.js";
import { plainBody } from "../wire/xep0393-styling.js";

/** How long clients that give receipts may take for one: a phone may have to wake, and a server may keep a dead connection "online" for minutes. */
const PATIENCE = 30_000;

export interface LinkMethodParts {
  readonly stream: StanzaStream;
  /** Who offers. */
  readonly contact: BareJid;
  readonly tongues: Tongues;
  readonly fates: Fates;
}

export class LinkMethod implements OfferMethod {
  readonly name = "link";
  readonly keeps = true;

  constructor(private readonly parts: LinkMethodParts) {}

  /** Everybody can open a link, now or later. */
  suits(): boolean {
    return true;
  }

  /**
   * Both messages are with the stream when this returns. Withdrawn, it reports nothing more; what was said stays said, because
   * the URL itself tells that it has ended, and only the control unit knows why.
   */
  offer(
    { parcel, picture, resources, url, isElsewhere, line }: OfferOrder,
    report: (event: OfferEvent) => void,
  ): () => void {
    const { stream, contact, tongues, fates } = this.parts;
    const language = tongues.of(parcel.recipient);
    const message = (id: string, ...children: Element[]): Element =>
      xml("message", { type: "chat", id, from: contact, to: parcel.recipient, "xml:lang": language }, ...children);
    let withdrawn = false;
    const tell = (event: OfferEvent): void => {
      if (!withdrawn) report(event);
    };

    const id = randomId();
    const sent = Promise.all([
      line === "" ? undefined : stream.send(message(randomId(), ...plainBody(render(line, language)))),
      stream.send(message(id, ...fileMessage(url, parcel, picture), receipts.write({ type: "request" }))),
    ]).then(
      () => {
        tell({ type: "sent" });
        return true;
      },
      (thrown: unknown) => {
        forget();
        tell({ type: "failed", code: asRefusal(thrown).code });
        return false;
      },
    );
    // Silence says something only if nobody is there who would be silent anyway.
    const allConfirm = resources.length > 0 && resources.every((resource) => resource.can(receipts.NS) === true);
    // A receipt may be faster than what our own socket says of the sending, and is told after it all the same.
    const forget = fates.watch(
      parcel.recipient,
      id,
      (fate) =>
        void sent.then((ok) => ok && tell(isElsewhere && fate.type === "reached" ? { type: "delivered" } : fate)),
      allConfirm ? PATIENCE : undefined,
    );
    return () => {
      withdrawn = true;
      forget();
    };
  }
}
