/**
 * The upload service (XEP-0363) on a component address of its own, with what any service answers (XEP-0030, 0092, 0199). Clients find it among
 * their server's items and adopt it as the server's own, which the bot's address must never be.
 * Left out: presence. It is nobody's contact.
 */
import type { SlotDesk } from "../control/ports.js";
import { asRefusal, Refusal } from "../lib/errors.js";
import { type Element, type IqRequest, ProtocolRefusal, type Router } from "./stanza.js";
import { buildInfo, buildItems, type DiscoInfo, NS_INFO, NS_ITEMS } from "./wire/xep0030-disco.js";
import { buildVersion, NS_VERSION } from "./wire/xep0092-version.js";
import { NS_PING } from "./wire/xep0199-ping.js";
import { buildSlot, limitForm, NS_UPLOAD, parseRequest, PURPOSES, retry, tooLarge } from "./wire/xep0363-upload.js";

export interface UploadSlotsOptions {
  readonly router: Router;
  readonly desk: SlotDesk;
  readonly name: string;
  readonly version: string;
}

export class UploadSlots {
  readonly #o: UploadSlotsOptions;

  constructor(options: UploadSlotsOptions) {
    this.#o = options;
  }

  start(): void {
    const { router, name, version } = this.#o;
    router.iq("get", NS_INFO, "query", (request) => atRoot(request, () => buildInfo(this.#info())));
    router.iq("get", NS_ITEMS, "query", (request) => atRoot(request, () => buildItems([])));
    router.iq("get", NS_VERSION, "query", () => buildVersion(name, version));
    router.iq("get", NS_PING, "ping", () => undefined);
    router.iq("get", NS_UPLOAD, "request", (request) => this.#request(request));
  }

  #info(): DiscoInfo {
    const { desk, name } = this.#o;
    return {
      identities: [{ category: "store", type: "file", name }],
      features: [NS_INFO, NS_ITEMS, NS_VERSION, NS_PING, NS_UPLOAD, ...PURPOSES],
      forms: [limitForm(desk.most)],
    };
  }

  async #request({ from, payload }: IqRequest): Promise<Element> {
    const wanted = parseRequest(payload);
    if (!wanted) throw new Refusal("not-understood");
    const { desk } = this.#o;
    try {
      return buildSlot(await desk.request(from, wanted));
    } catch (e) {
      throw asMandated(asRefusal(e), desk.most);
    }
  }
}

/** §6: what the XEP wants to be said in place of the table's row. */
function asMandated(no: Refusal, most: number): Refusal {
  const { type, condition } = no.row;
  switch (no.code) {
    case "too-large":
      return new ProtocolRefusal({ type, condition, payload: tooLarge(most) }, no.code, no.details);
    case "over-quota":
    case "too-many-requests": {
      const at = no.details["retry"];
      const payload = typeof at === "number" ? { payload: retry(at) } : {};
      return new ProtocolRefusal({ type, condition: "resource-constraint", ...payload }, no.code, no.details);
    }
    case "not-a-member":
      return new ProtocolRefusal({ type, condition: "forbidden" }, no.code, no.details);
    default:
      return no;
  }
}

/** There are no nodes here. */
function atRoot({ payload }: IqRequest, answer: () => Element): Element {
  if (payload.attrs["node"] !== undefined) throw new Refusal("not-found");
  return answer();
}
