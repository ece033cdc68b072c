/** What the contact can do in chat, for its disco#info and caps (XEP-0030, 0115). Methods that move files add theirs. */
import { NS as ADDRESSES } from "./wire/xep0033-addresses.js";
import { NS as BITS } from "./wire/xep0231-bob.js";
import { NS as CORRECTION } from "./wire/xep0308-correction.js";
import { NS as HASHES } from "./wire/xep0300-hashes.js";
import { NS as METADATA } from "./wire/xep0446-metadata.js";
import { NS as OOB } from "./wire/xep0066-oob.js";
import { NS as RECEIPTS } from "./wire/xep0184-receipts.js";
import { NS as SFS } from "./wire/xep0447-sfs.js";
import { NS as SIMS } from "./wire/xep0385-sims.js";
import { NS as THUMBNAILS } from "./wire/xep0264-thumbnails.js";

export const CHAT_FEATURES: readonly string[] = [
  ADDRESSES, OOB, SFS, SIMS, METADATA, BITS, THUMBNAILS, RECEIPTS, CORRECTION, HASHES, "urn:xmpp:hash-function-text-names:sha-256",
]; // prettier-ignore
