/** A download that stands still after its first bytes until it is told to go on. */
import { createHash } from "node:crypto";
import { get, type IncomingMessage } from "node:http";
import { once } from "node:events";

export interface PausedDownload {
  readonly status: number;
  /** Reads on to the end; how many bytes came, whether that is all, and their SHA-256. */
  finish(): Promise<{ bytes: number; whole: boolean; sha256: string; rest: Buffer }>;
}

/** Asks for the URL from byte `from` on; its header has come when this settles, and hardly more has been read than that. */
export async function pausedDownload(url: string, from = 0): Promise<PausedDownload> {
  const request = get(url, { agent: false, headers: from > 0 ? { range: `bytes=${from}-` } : {} });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.pause();
  request.on("error", () => undefined); // heard by who reads
  return {
    status: response.statusCode!,
    async finish() {
      const chunks: Buffer[] = [];
      let whole = true;
      try {
        for await (const chunk of response) chunks.push(chunk as Buffer);
      } catch {
        whole = false;
      }
      const rest = Buffer.concat(chunks);
      return { bytes: rest.length, whole, sha256: createHash("sha256").update(rest).digest("hex"), rest };
    },
  };
}
