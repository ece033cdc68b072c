/** What a link looks like: BASE/g/TOKEN/NAME. The name is for the eyes of people and clients; the token alone is looked up. */
import { fileName } from "./file-name.js";

/** The part of the path under which links are served. */
export const LINK_PATH = "/g/";

/** The URL of a capability. `base` has no slash at its end. Brackets and quotes are escaped too: chat clients end a link at them. */
export function linkUrl(base: string, token: string, name: string): string {
  const segment = encodeURIComponent(fileName(name)).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${base}${LINK_PATH}${token}/${segment}`;
}

/** The token in the path of a request, or what stands in its place; undefined when the path is not that of a link. */
export function tokenOf(path: string): string | undefined {
  return path.startsWith(LINK_PATH) ? /^[^/?#]*/.exec(path.slice(LINK_PATH.length))![0] : undefined;
}
