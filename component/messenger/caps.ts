/**
 * XEP-0115 §5: the verification string, and whether an answer keeps what a presence promised. Pure.
 * Stricter than the XEP where its format is ambiguous: an answer with "<" in what is hashed could be read as another
 * answer of the same hash, so it is believed of its own author only.
 */
import { createHash } from "node:crypto";
import type { DiscoInfo, Form } from "./wire/xep0030-disco.js";
import type { CapsClaim } from "./wire/xep0115-caps.js";

/** The functions of the IANA registry that are checked here, by the names that Node has for them. */
const HASHES = new Map([
  ["sha-1", "sha1"],
  ["sha-256", "sha256"],
  ["sha-512", "sha512"],
]);

/** Whether a claim can be checked at all (§5.4 step 2); the others hold for the client that makes them only. */
export function isCheckable(claim: CapsClaim): boolean {
  return claim.hash !== undefined && HASHES.has(claim.hash);
}

/** The verification string of §5.1; `hash` as IANA names it. Throws on a function that is not checked here. */
export function verification(info: DiscoInfo, hash = "sha-1"): string {
  const algorithm = HASHES.get(hash);
  if (algorithm === undefined) throw new TypeError(`no such hash: ${hash}`);
  const parts = [
    ...sorted(info.identities.map((i) => `${i.category}/${i.type}/${i.lang ?? ""}/${i.name ?? ""}`)),
    ...sorted(info.features),
    ...info.forms
      .filter((form) => formType(form) !== undefined)
      .sort((a, b) => octets(formType(a)!, formType(b)!))
      .flatMap(formParts),
  ];
  return createHash(algorithm)
    .update(parts.map((part) => `${part}<`).join(""))
    .digest("base64");
}

/** Whether `info` is what `claim` promised, so that it may be believed of everybody who makes the same claim (§5.4). */
export function isVerified(info: DiscoInfo, claim: CapsClaim): boolean {
  return isCheckable(claim) && isWellFormed(info) && verification(info, claim.hash) === claim.ver;
}

/** §5.4 steps 3.3 to 3.5, and the "<" of the file's header. */
function isWellFormed(info: DiscoInfo): boolean {
  const types = info.forms.map(formType).filter((type) => type !== undefined);
  const identities = info.identities.map((i) => [i.category, i.type, i.lang ?? "", i.name ?? ""].join("\0"));
  const hashed = [
    ...identities,
    ...info.features,
    ...info.forms.flatMap((form) => form.flatMap((field) => [field.var, ...field.values])),
  ];
  return (
    isUnique(identities) &&
    isUnique(info.features) &&
    isUnique(types) &&
    info.forms.every((form) => new Set(form.find((field) => field.var === "FORM_TYPE")?.values).size <= 1) &&
    !hashed.some((text) => text.includes("<"))
  );
}

/** The FORM_TYPE of a form that counts: one that is hidden (§5.4 step 3.6). */
function formType(form: Form): string | undefined {
  const field = form.find((f) => f.var === "FORM_TYPE");
  return field?.type === "hidden" ? field.values[0] : undefined;
}

function formParts(form: Form): string[] {
  const fields = form.filter((field) => field.var !== "FORM_TYPE").sort((a, b) => octets(a.var, b.var));
  return [formType(form)!, ...fields.flatMap((field) => [field.var, ...sorted(field.values)])];
}

function isUnique(texts: readonly string[]): boolean {
  return new Set(texts).size === texts.length;
}

function sorted(texts: readonly string[]): string[] {
  return [...texts].sort(octets);
}

/** i;octet (RFC 4790 §9.3). */
function octets(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
