/**
 * What an upload by tus is called: TOKEN/ID.FACTS. The id is that under which the control unit finds it again; the facts are what the client said
 * when it created it, so that nothing has to be kept of an upload before its first byte. Pure.
 */
import { z } from "zod";

export interface TusFile {
  readonly token: string;
  /** As `randomId` makes it. */
  readonly id: string;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256?: string | undefined;
}

/** Name, size, and the hash if there is one. */
const Facts = z.union([
  z.tuple([z.string().max(255), z.int().positive()]),
  z.tuple([z.string().max(255), z.int().positive(), z.string().regex(/^[0-9a-f]{64}$/)]),
]);

export function tusName({ token, id, name, size, sha256 }: TusFile): string {
  const facts = sha256 === undefined ? [name, size] : [name, size, sha256];
  return `${token}/${id}.${Buffer.from(JSON.stringify(facts)).toString("base64url")}`;
}

/** Undefined when it is not one. */
export function parseTusName(text: string): TusFile | undefined {
  const [, token, id, facts] = /^([\w-]{22})\/([\w-]{22})\.([\w-]{1,1500})$/.exec(text) ?? [];
  if (token === undefined || id === undefined) return undefined;
  const read = Facts.safeParse(parsed(Buffer.from(facts!, "base64url").toString()));
  if (!read.success) return undefined;
  const [name, size, sha256] = read.data;
  return { token, id, name, size, sha256 };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
