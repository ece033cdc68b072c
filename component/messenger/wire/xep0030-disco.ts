/**
 * XEP-0030 (Service Discovery, 2.5) with the data forms of XEP-0128.
 * Left out: publishing items (removed from the XEP), result sets (XEP-0059): our lists are short.
 */
import { type Jid, toJid } from "../../lib/jid.js";
import { xml, type Element } from "../stanza.js";
import { attribute, every } from "./read.js";

export const NS_INFO = "http://jabber.org/protocol/disco#info";
export const NS_ITEMS = "http://jabber.org/protocol/disco#items";
const NS_DATA = "jabber:x:data";

export interface Identity {
  readonly category: string;
  readonly type: string;
  readonly name?: string;
  readonly lang?: string;
}

export interface Field {
  readonly var: string;
  /** XEP-0004 §3.3; undefined when it is not said. */
  readonly type?: string;
  readonly values: readonly string[];
}

/** A data form of extended information; its FORM_TYPE is a field like the others. */
export type Form = readonly Field[];

export interface DiscoInfo {
  readonly identities: readonly Identity[];
  readonly features: readonly string[];
  readonly forms: readonly Form[];
}

export interface DiscoItem {
  readonly jid: Jid;
  readonly node?: string;
  readonly name?: string;
}

/** A form of type "result" whose FORM_TYPE is hidden (XEP-0068). */
export function form(formType: string, fields: readonly Field[]): Form {
  return [{ var: "FORM_TYPE", type: "hidden", values: [formType] }, ...fields];
}

/** The question of what an entity is and can do. */
export function infoQuery(from: Jid, to: Jid, node?: string): Element {
  return xml("iq", { type: "get", from, to }, xml("query", { xmlns: NS_INFO, node }));
}

/** The answer to it; `node` is repeated from the question. */
export function buildInfo(info: DiscoInfo, node?: string): Element {
  return xml(
    "query",
    { xmlns: NS_INFO, node },
    ...info.identities.map(({ category, type, name, lang }) =>
      xml("identity", { category, type, name, "xml:lang": lang }),
    ),
    ...info.features.map((feature) => xml("feature", { var: feature })),
    ...info.forms.map(buildForm),
  );
}

/** What a `<query/>` of disco#info says, repetitions included; undefined when it is not one, or names an identity or a feature wrongly. */
export function parseInfo(query: Element | undefined): DiscoInfo | undefined {
  if (!query?.is("query", NS_INFO)) return undefined;
  const identities: Identity[] = [];
  for (const e of query.getChildren("identity")) {
    const { category, type, name, "xml:lang": lang } = e.attrs as Record<string, string | undefined>;
    if (!category || !type) return undefined;
    identities.push({ category, type, ...(name !== undefined && { name }), ...(lang !== undefined && { lang }) });
  }
  const features: string[] = [];
  for (const e of query.getChildren("feature")) {
    const name = e.attrs["var"] as string | undefined;
    if (!name) return undefined;
    features.push(name);
  }
  return { identities, features, forms: query.getChildren("x", NS_DATA).map(parseForm) };
}

/** The question of what there is at an entity. */
export function itemsQuery(from: Jid, to: Jid): Element {
  return xml("iq", { type: "get", from, to }, xml("query", { xmlns: NS_ITEMS }));
}

/** The addresses that a `<query/>` of disco#items names, at most `most`, each once. */
export function parseItems(query: Element | undefined, most: number): Jid[] {
  const named = query?.is("query", NS_ITEMS) ? every(query.getChildren("item"), (item) => toJid(attribute(item, "jid") ?? "")) : []; // prettier-ignore
  return [...new Set(named)].slice(0, most);
}

export function buildItems(items: readonly DiscoItem[], node?: string): Element {
  return xml(
    "query",
    { xmlns: NS_ITEMS, node },
    ...items.map((item) => xml("item", { jid: item.jid, node: item.node, name: item.name })),
  );
}

function buildForm(fields: Form): Element {
  const field = (f: Field): Element =>
    xml("field", { var: f.var, type: f.type }, ...f.values.map((value) => xml("value", {}, value)));
  return xml("x", { xmlns: NS_DATA, type: "result" }, ...fields.map(field));
}

function parseForm(x: Element): Form {
  return x.getChildren("field").map((e) => {
    const type = e.attrs["type"] as string | undefined;
    const values = e.getChildren("value").map((value) => value.getText());
    return { var: (e.attrs["var"] as string | undefined) ?? "", ...(type !== undefined && { type }), values };
  });
}
