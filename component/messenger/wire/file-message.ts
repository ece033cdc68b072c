/**
 * What makes a message a file for every client that takes links: a body that is the URL and nothing else, the same URL out of band
 * (XEP-0066), and what is known of the file (XEP-0447 §3.1, with the fallback that it demands for the body). A picture's thumbnail comes
 * along in the message (XEP-0231): it may lie at a server for days, and Dino and Kaidan do not ask for one.
 */
import type { FileFacts, Picture } from "../../control/ports.js";
import { isSealed } from "../../lib/sealed-link.js";
import { type Element, xml } from "../stanza.js";
import * as oob from "./xep0066-oob.js";
import * as bob from "./xep0231-bob.js";
import * as hints from "./xep0334-hints.js";
import * as fallback from "./xep0428-fallback.js";
import type { Metadata } from "./xep0446-metadata.js";
import * as sfs from "./xep0447-sfs.js";
import * as aesgcm from "./xep0454-aesgcm.js";

/** The children of such a message; of one with a key in its link, that link alone: clients that know it want nothing else (XEP-0454 §5). */
export function fileMessage(url: string, file: FileFacts, picture?: Picture): Element[] {
  if (isSealed(url)) return aesgcm.write(url);
  const shown = picture && pictured(picture);
  return [
    xml("body", {}, url),
    oob.write(url),
    sfs.write({
      disposition: "attachment", // nothing is forced on anyone, and a file that was fetched counts as delivered
      file: { ...file, ...shown?.metadata },
      urls: [url],
      encrypted: false,
    }),
    fallback.write({ for: sfs.NS, body: "all" }),
    hints.write("store"),
    ...(shown?.bits ?? []),
  ];
}

function pictured({ width, height, thumbnail }: Picture): { metadata: Metadata; bits: Element[] } {
  if (!thumbnail) return { metadata: { width, height }, bits: [] };
  const cid = bob.cidOf(thumbnail.bytes);
  return {
    metadata: { width, height, thumbnail: { ...thumbnail, cid } },
    bits: [bob.write(cid, thumbnail.mediaType, thumbnail.bytes)],
  };
}
