/** What the words of a Jingle peer (XEP-0166 §7.2) mean to one session of ours, which has one content and one transport at a time. Pure. */
import { Refusal } from "../../lib/errors.js";
import { type Language, render } from "../../lib/languages/index.js";
import { say } from "../../lib/said.js";
import type { Heard, Way } from "../negotiate/jingle.js";
import type * as jingle from "../wire/xep0166-jingle.js";
import type { FileDescription } from "../wire/xep0234-jingle-ft.js";

/** Why we take no second one. */
export function oneFile(language: Language): jingle.Reason {
  return { condition: "busy", text: render(say("one-file"), language) };
}

/** A content as a rejection names it. */
export function nameOnly({ creator, name, senders }: jingle.Content): jingle.Content {
  return { creator, name, senders };
}

/**
 * `content`: the name of the one content. `offered`: the transport as it stands. `accepts`: whether what an acceptance asks for can be had.
 * Throws Refusal "not-understood" where it lacks what it should have.
 */
export function understand(
  heard: jingle.Jingle,
  content: string,
  offered: Way | undefined,
  accepts: (description: FileDescription | undefined) => boolean,
): Heard {
  const { action, contents, info } = heard;
  const ours = contents.find(({ name }) => name === content);
  switch (action) {
    case "session-terminate":
      return { type: "terminate", condition: heard.reason?.condition ?? "general-error" };
    case "session-info":
      if (!info) return { type: "ping" };
      return { type: info.type === "unsupported" ? "unknown-info" : info.type };
    case "content-add":
      return { type: "content-add" };
    case "content-remove":
    case "content-reject":
      return { type: ours || contents.length === 0 ? "content-remove" : "remark" };
    case "transport-info":
    case "transport-reject":
      if (!ours) throw new Refusal("not-understood");
      return { type: action };
    case "session-accept":
    case "transport-accept":
    case "transport-replace":
      if (!ours?.transport) throw new Refusal("not-understood");
      return understandTransport(action, ours.transport, ours, offered, accepts);
    case "session-initiate":
    case "content-accept":
    case "content-modify":
    case "description-info":
    case "security-info":
      return { type: "remark" };
  }
}

function understandTransport(
  action: "session-accept" | "transport-accept" | "transport-replace",
  transport: jingle.Transport,
  { description }: jingle.Content,
  offered: Way | undefined,
  accepts: (description: FileDescription | undefined) => boolean,
): Heard {
  if (action === "transport-replace") return { type: action, way: transport.type === "ibb" ? "ibb" : "other" };
  // Something else than what was offered is no answer to it.
  const way = offered && transport.type === offered ? offered : "other";
  if (action === "transport-accept") return { type: action, way };
  return { type: "accept", way: accepts(description?.type === "file" ? description : undefined) ? way : "other" };
}
