/**
 * XEP-0356 (Privileged Entity, 0.4.1): what the server grants us; namespaces :2 and :1 say it alike.
 * Left out: acting for others (messages, iqs): Restante never does.
 */
import type { Element } from "../stanza.js";

const NAMESPACES = ["urn:xmpp:privilege:2", "urn:xmpp:privilege:1"] as const;

export interface Privileges {
  /** Whose presence is sent to us unasked: the server's users, or also everybody in their rosters. */
  readonly presence: "none" | "managed_entity" | "roster";
  readonly roster: "none" | "get" | "set" | "both";
}

/** What a message from the server grants; undefined when it is no such message. A type that we do not know grants nothing. */
export function parsePrivileges(message: Element): Privileges | undefined {
  const privilege = NAMESPACES.map((ns) => message.getChild("privilege", ns)).find((found) => found !== undefined);
  if (!privilege) return undefined;
  const granted = (access: string): unknown =>
    privilege.getChildren("perm").find((perm) => perm.attrs["access"] === access)?.attrs["type"];
  const presence = granted("presence");
  const roster = granted("roster");
  return {
    presence: presence === "managed_entity" || presence === "roster" ? presence : "none",
    roster: roster === "get" || roster === "set" || roster === "both" ? roster : "none",
  };
}
