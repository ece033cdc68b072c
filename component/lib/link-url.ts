/** What a link looks like: BASE/g/TOKEN/NAME, and where files are brought: BASE/u/TOKEN/NAME. The name is for the eyes of people and clients; the token alone is looked up. */
import { fileName } from "./file-name.js";

/** The part of the path under which links are served. */
export const LINK_PATH = "/g/";
/** Where they are served by a token in a header. */
export const BEARER_PATH = "/g";
/** Where the file of a slot is put (XEP-0363). */
export const PUT_PATH = "/u/";
/** Where files are brought piece by piece (tus). */
export const TUS_PATH = "/t/";
/** The page about what a link gives. */
export const PAGE_PATH = "/p/";
/** The page by which files are brought. */
export const FORM_PATH = "/f/";

/** The URL of a capability. `base` has no slash at its end. Brackets and quotes are escaped too: chat clients end a link at them. */
export function linkUrl(base: string, token: string, name: string): string {
  return `${base}${LINK_PATH}${token}/${segment(name)}`;
}

/** Where to put the file of a slot. */
export function putUrl(base: string, token: string, name: string): string {
  return `${base}${PUT_PATH}${token}/${segment(name)}`;
}

/** The page about a capability. */
export function pageUrl(base: string, token: string): string {
  return `${base}${PAGE_PATH}${token}`;
}

/** The page by which files are brought. */
export function formUrl(base: string, token: string): string {
  return `${base}${FORM_PATH}${token}`;
}

/** The token in the path of a request, or what stands in its place; undefined when the path is not below `under`. */
export function tokenOf(path: string, under: string = LINK_PATH): string | undefined {
  return path.startsWith(under) ? /^[^/?#]*/.exec(path.slice(under.length))![0] : undefined;
}

/** The path below `base` that a URL leads to, without query and fragment; undefined when it leads elsewhere. http and https are one: they end at the same server. */
export function ownPath(base: string, url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const [own, other] = [new URL(base), new URL(url)];
  if (!/^https?:$/.test(other.protocol) || own.hostname !== other.hostname) return undefined;
  const isSamePort = own.port === other.port && (own.port === "" || own.protocol === other.protocol);
  const root = own.pathname.replace(/\/+$/, "");
  return isSamePort && other.pathname.startsWith(`${root}/`) ? other.pathname.slice(root.length) : undefined;
}

/** The last segment of a URL's path, decoded as far as it can be; "" where the path ends with a slash. A label, not yet a file's name. */
export function lastSegment({ pathname }: URL): string {
  const last = pathname.slice(pathname.lastIndexOf("/") + 1);
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

function segment(name: string): string {
  return encodeURIComponent(fileName(name)).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
