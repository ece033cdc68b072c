/** Fetching a link as a patient client does: it keeps what it has and asks for the rest, however often the server dies over it. */
import { createHash } from "node:crypto";
import { Agent, get, type IncomingMessage } from "node:http";
import { once } from "node:events";

export interface DownloadOptions {
  /** Told of how far it is. */
  readonly onBytes?: (got: number, size: number) => void;
  /** Settles when it is worth trying again. */
  readonly again: () => Promise<void>;
  /** Keeps its connection after the last byte, as browsers do. */
  readonly keepAlive?: boolean;
}

export interface Downloaded {
  /** "" when the link has ended. */
  readonly sha256: string;
  readonly size: number;
  /** Requests that it took. */
  readonly requests: number;
}

const keeping = new Agent({ keepAlive: true });

/** Rejects on any status but 200, 206, 404, 410 and 503. */
export async function download(
  url: string,
  { onBytes, again, keepAlive = false }: DownloadOptions,
): Promise<Downloaded> {
  const hash = createHash("sha256");
  let got = 0;
  let size = Infinity;
  for (let requests = 1; ; requests++) {
    try {
      const response = await answer(url, got, keepAlive);
      if (response.statusCode === 503) {
        response.resume();
        await again();
        continue;
      }
      if (response.statusCode === 404 || response.statusCode === 410) {
        response.resume();
        return { sha256: "", size: got, requests };
      }
      if (response.statusCode !== (got > 0 ? 206 : 200)) {
        response.resume();
        throw new Error(`${url} from ${got} on: ${response.statusCode}`);
      }
      size = got + Number(response.headers["content-length"]);
      for await (const chunk of response as AsyncIterable<Buffer>) {
        hash.update(chunk);
        got += chunk.length;
        onBytes?.(got, size);
      }
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code === undefined) throw e;
    }
    if (got >= size) return { sha256: hash.digest("hex"), size: got, requests };
    await again();
  }
}

/** Ends idle connections. */
export function closeDownloads(): void {
  keeping.destroy();
}

async function answer(url: string, from: number, keepAlive: boolean): Promise<IncomingMessage> {
  const headers = from > 0 ? { range: `bytes=${from}-` } : {};
  const request = get(url, { headers, agent: keepAlive ? keeping : false });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  request.on("error", () => undefined); // heard by whoever reads the response
  return response;
}
