/** A web server with one file, which it gives away slowly until it is told to hurry. */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

export interface SlowSource {
  readonly url: string;
  /** The rest goes as fast as it is taken. */
  hurry(): void;
  close(): void;
}

const PIECE = 64 * 1024;
const PAUSE = 25; // ms: about 2.5 MB/s

/** Starts it on a free port; `name` is the last part of its URL. */
export async function startSlowSource(name: string, bytes: Uint8Array): Promise<SlowSource> {
  let hurried = false;
  async function give(response: ServerResponse): Promise<void> {
    response.writeHead(200, { "Content-Type": "application/octet-stream", "Content-Length": bytes.length });
    for (let at = 0; at < bytes.length && !response.destroyed;) {
      const end = hurried ? bytes.length : at + PIECE;
      response.write(bytes.subarray(at, end));
      at = end;
      await delay(PAUSE);
    }
    response.end();
  }
  const server = createServer((_request, response) => void give(response));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${encodeURIComponent(name)}`,
    hurry: () => void (hurried = true),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
