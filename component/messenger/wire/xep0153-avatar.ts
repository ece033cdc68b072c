/** XEP-0153 (vCard-Based Avatars, 1.1): which picture the vCard has, said in every presence. Left out: XEP-0084, which needs PEP. */
import { xml, type Element } from "../stanza.js";

/** `sha1`: of the picture's bytes, hex. */
export function buildAvatarUpdate(sha1: string): Element {
  return xml("x", { xmlns: "vcard-temp:x:update" }, xml("photo", {}, sha1));
}
