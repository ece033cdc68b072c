/**
 * XEP-0166 Jingle, version 1.1.2: the stanzas of a session. Applications and transports that are not ours survive as "unsupported", because
 * a refusal names them. Left out: security preconditions (§9; that there is one is seen), alternative sessions.
 */
import { type Element, xml } from "../stanza.js";
import { attribute, every, field } from "./read.js";
import * as ft from "./xep0234-jingle-ft.js";
import * as s5b from "./xep0260-jingle-s5b.js";
import * as ibb from "./xep0261-jingle-ibb.js";

export const NS = "urn:xmpp:jingle:1";
export const NS_ERRORS = "urn:xmpp:jingle:errors:1";

/** §7.2. */
const ACTIONS = [
  "content-accept", "content-add", "content-modify", "content-reject", "content-remove", "description-info", "security-info",
  "session-accept", "session-info", "session-initiate", "session-terminate",
  "transport-accept", "transport-info", "transport-reject", "transport-replace",
] as const; // prettier-ignore
export type Action = (typeof ACTIONS)[number];

/** §7.4; what none of these is, is read as general-error. */
const CONDITIONS = [
  "alternative-session", "busy", "cancel", "connectivity-error", "decline", "expired", "failed-application", "failed-transport",
  "general-error", "gone", "incompatible-parameters", "media-error", "security-error", "success", "timeout",
  "unsupported-applications", "unsupported-transports",
] as const; // prettier-ignore
export type Condition = (typeof CONDITIONS)[number];

export interface Reason {
  readonly condition: Condition;
  readonly text?: string;
  readonly error?: ft.FileError;
}

export interface Unsupported {
  readonly type: "unsupported";
  readonly namespace: string;
}
export type Description = ft.FileDescription | Unsupported;
export type Transport = s5b.S5b | ibb.Ibb | Unsupported;
export type Info = ft.FileInfo | Unsupported;

export type Role = "initiator" | "responder";

export interface Content {
  readonly creator: Role;
  readonly name: string;
  readonly senders: Role | "both" | "none";
  readonly description?: Description;
  readonly transport?: Transport;
  /** The namespace of a security precondition. */
  readonly security?: string;
}

export interface Jingle {
  readonly action: Action;
  readonly sid: string;
  readonly initiator?: string;
  readonly responder?: string;
  readonly contents: readonly Content[];
  readonly reason?: Reason;
  /** Of a session-info; absent in one that only asks whether we are there. */
  readonly info?: Info;
}

/** Undefined for what has no sid, or an action that there is not. */
export function read(element: Element): Jingle | undefined {
  const sid = attribute(element, "sid", 512);
  const action = ACTIONS.find((known) => known === attribute(element, "action"));
  if (!element.is("jingle", NS) || sid === undefined || !action) return undefined;
  const [initiator, responder] = [attribute(element, "initiator"), attribute(element, "responder")];
  const reason = element.getChild("reason", NS);
  const payload = action === "session-info" ? element.getChildElements().find((e) => e.getNS() !== NS) : undefined;
  return {
    action,
    sid,
    ...(initiator !== undefined && { initiator }),
    ...(responder !== undefined && { responder }),
    contents: every(element.getChildren("content", NS), readContent),
    ...(reason && { reason: readReason(reason) }),
    ...(payload && { info: ft.readInfo(payload) ?? unsupported(payload) }),
  };
}

export function write({ action, sid, initiator, responder, contents, reason, info }: Jingle): Element {
  return xml(
    "jingle",
    { xmlns: NS, action, sid, initiator, responder },
    ...contents.map(writeContent),
    reason && writeReason(reason),
    info && (info.type === "unsupported" ? xml("unsupported", { xmlns: info.namespace }) : ft.writeInfo(info)),
  );
}

function readContent(element: Element): Content | undefined {
  const name = attribute(element, "name");
  if (name === undefined) return undefined;
  const senders = attribute(element, "senders");
  const [description] = childrenNamed(element, "description");
  const [transport] = childrenNamed(element, "transport");
  const [security] = childrenNamed(element, "security");
  return {
    creator: attribute(element, "creator") === "responder" ? "responder" : "initiator",
    name,
    senders: senders === "initiator" || senders === "responder" || senders === "none" ? senders : "both",
    ...(description && { description: ft.read(description) ?? unsupported(description) }),
    ...(transport && { transport: s5b.read(transport) ?? ibb.read(transport) ?? unsupported(transport) }),
    ...(security && { security: security.getNS() ?? "" }),
  };
}

function writeContent({ creator, name, senders, description, transport }: Content): Element {
  return xml(
    "content",
    { creator, name, senders },
    description && (description.type === "file" ? ft.write(description) : bare("description", description)),
    transport && writeTransport(transport),
  );
}

function writeTransport(transport: Transport): Element {
  if (transport.type === "s5b") return s5b.write(transport);
  return transport.type === "ibb" ? ibb.write(transport) : bare("transport", transport);
}

function readReason(element: Element): Reason {
  const names = childrenOf(element, NS);
  const text = field(element, "text");
  const [error] = every(element.getChildElements(), ft.readError);
  return {
    condition: CONDITIONS.find((known) => names.includes(known)) ?? "general-error",
    ...(text !== undefined && { text }),
    ...(error && { error }),
  };
}

function writeReason({ condition, text, error }: Reason): Element {
  const words = text === undefined ? undefined : xml("text", {}, text);
  return xml("reason", {}, xml(condition), words, error && ft.writeError(error));
}

function childrenNamed(element: Element, name: string): Element[] {
  return element.getChildElements().filter((child) => child.getName() === name);
}

function childrenOf(element: Element, namespace: string): string[] {
  return element.getChildElements().flatMap((child) => (child.getNS() === namespace ? [child.getName()] : []));
}

function unsupported(element: Element): Unsupported {
  return { type: "unsupported", namespace: element.getNS() ?? "" };
}

function bare(name: string, { namespace }: Unsupported): Element {
  return xml(name, { xmlns: namespace });
}
