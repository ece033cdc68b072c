/**
 * Links to ciphertext that carry its key in their fragment: aesgcm://HOST/PATH#KEY (XEP-0454 §3). They are passed on as they came. The key is
 * nobody's business here: it goes into no request, and whoever writes a log or a sentence takes {@link SealedLink.url}.
 */

export interface SealedLink {
  /** Where the ciphertext lies, without the key. */
  readonly url: string;
  /** The initialisation vector and the key, in hex as they came. */
  readonly key: string;
}

/** 12 bytes of initialisation vector (16 in older clients) and 32 of key, in hex. */
const KEY = /^(?:[0-9a-f]{88}|[0-9a-f]{96})$/i;

/** Whether it is meant as such a link, well-formed or not. */
export function isSealed(link: string): boolean {
  return /^aesgcm:\/\//i.test(link);
}

/** Reads such a link; undefined when it is not well-formed. */
export function readSealed(link: string): SealedLink | undefined {
  const [, rest, key] = /^aesgcm:(\/\/[^\s#/][^\s#]*)#(\S*)$/i.exec(link) ?? [];
  if (rest === undefined || key === undefined || !KEY.test(key)) return undefined;
  const url = `https:${rest}`;
  return URL.canParse(url) ? { url, key } : undefined;
}

/** The link to the same ciphertext at another place; undefined when that is not reached by https, which XEP-0454 §3 demands. */
export function sealAgain(link: string, url: string): string | undefined {
  const found = readSealed(link);
  return found && url.startsWith("https://") ? `aesgcm:${url.slice("https:".length)}#${found.key}` : undefined;
}
