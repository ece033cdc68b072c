/** XEP-0095 Stream Initiation, version 1.2. One shape for the offer and for its answer, which has neither id nor profile. */
import { type Element, type ProtocolError, xml } from "../stanza.js";
import { attribute, every } from "./read.js";
import * as featureNeg from "./xep0020-feature-neg.js";
import * as fileTransfer from "./xep0096-si-ft.js";

export const NS = "http://jabber.org/protocol/si";

export interface StreamInitiation {
  /** The stream's own identifier from then on. */
  readonly id?: string;
  /** A namespace; the only one that we know is that of XEP-0096. */
  readonly profile?: string;
  readonly mediaType?: string;
  readonly file?: fileTransfer.File;
  readonly method?: featureNeg.StreamMethod;
}

/** §4.2. */
export const NO_VALID_STREAMS = specific("no-valid-streams");
export const BAD_PROFILE = specific("bad-profile");

function specific(name: string): ProtocolError {
  return { type: "cancel", condition: "bad-request", specific: { name, xmlns: NS } };
}

export function read(element: Element): StreamInitiation | undefined {
  if (!element.is("si", NS)) return undefined;
  const id = attribute(element, "id", 1024);
  const profile = attribute(element, "profile", 1024);
  const mediaType = attribute(element, "mime-type", 255);
  const [file] = every(element.getChildElements(), fileTransfer.read);
  const [method] = every(element.getChildElements(), featureNeg.read);
  return {
    ...(id !== undefined && { id }),
    ...(profile !== undefined && { profile }),
    ...(mediaType !== undefined && { mediaType }),
    ...(file && { file }),
    ...(method && { method }),
  };
}

export function write({ id, profile, mediaType, file, method }: StreamInitiation): Element {
  return xml(
    "si",
    { xmlns: NS, id, profile, "mime-type": mediaType },
    file && fileTransfer.write(file),
    method && featureNeg.write(method),
  );
}
