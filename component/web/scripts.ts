/** The scripts of our pages: files of ours, and tus-js-client as it comes. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { FastifyInstance } from "fastify";
import { Refusal } from "../lib/errors.js";

const FILES: Readonly<Record<string, () => string | URL>> = {
  "/s/tus.js": () => join(dirname(createRequire(import.meta.url).resolve("tus-js-client")), "../../dist/tus.min.js"),
  "/s/upload.js": () => new URL("../plugin/upload.js", import.meta.url),
};

/** Their paths, in the order in which a page needs them. */
export const SCRIPTS: readonly string[] = Object.keys(FILES);

interface Script {
  readonly body: Buffer;
  readonly etag: string;
}

export function serveScripts(app: FastifyInstance): void {
  const read = new Map<string, Promise<Script>>();
  for (const [path, file] of Object.entries(FILES))
    app.route({
      method: ["GET", "HEAD"],
      url: path,
      async handler(request, reply) {
        if (!read.has(path)) read.set(path, load(file()));
        const { body, etag } = await read.get(path)!.catch((e: unknown) => {
          read.delete(path);
          throw new Refusal("not-found", {}, { cause: e });
        });
        reply.headers({ etag, "cache-control": "public, max-age=300", "cross-origin-resource-policy": "same-origin" });
        if (request.headers["if-none-match"] === etag) return reply.code(304).send();
        return reply.type("text/javascript; charset=utf-8").send(body);
      },
    });
}

async function load(file: string | URL): Promise<Script> {
  const body = await readFile(file);
  return { body, etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"` };
}
