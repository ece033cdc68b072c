/** A web server of the test's own, on loopback: it gives files by name, also from a byte on, in pieces, and tells how far it is. */
import { createServer, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { setImmediate as turn } from "node:timers/promises";

const PIECE = 65_536;

export class Origin {
  readonly #files = new Map<string, () => Buffer>();
  readonly #server: Server;
  /** Called before each piece, with the byte at which it begins, and at the end: a promise holds it back. */
  onPiece: (name: string, at: number, size: number) => Promise<void> | void = () => undefined;

  constructor() {
    this.#server = createServer((request, response) => {
      const name = nameIn(request.url!);
      const file = this.#files.get(name)?.();
      if (!file) return void response.writeHead(404).end();
      const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
      response.writeHead(start > 0 ? 206 : 200, {
        "content-length": file.length - start,
        "accept-ranges": "bytes",
        etag: `"${name}"`,
        ...(start > 0 ? { "content-range": `bytes ${start}-${file.length - 1}/${file.length}` } : {}),
      });
      void (async () => {
        for (let at = start; at < file.length && !response.destroyed; at += PIECE) {
          await this.onPiece(name, at, file.length);
          if (!response.write(file.subarray(at, at + PIECE))) await room(response);
          await turn();
        }
        await this.onPiece(name, file.length, file.length);
        response.end();
      })();
    });
  }

  async start(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  /** Answers the file's URL. Its content is made anew for each request. */
  put(name: string, content: () => Buffer): string {
    this.#files.set(name, content);
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${encodeURIComponent(name)}`;
  }
}

/** "" for what is no name. */
function nameIn(path: string): string {
  try {
    return decodeURIComponent(path.slice(1));
  } catch {
    return "";
  }
}

/** Until it takes more, or has ended. Leaves no listener behind. */
function room(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
  });
}
