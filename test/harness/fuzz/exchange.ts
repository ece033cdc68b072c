/** One exchange over TCP as no client has it: in pieces of any size, ended in any way, at any time. */
import { connect } from "node:net";
import type { Chance } from "../seeded.js";

/** How it ends on our side. */
type Ending = "waits" | "half-closes" | "resets" | "leaves";

const MOST = 256 * 1024;
const PATIENCE = 400;

/** Sends the bytes and answers what came; "" where nothing did. Never rejects, and never lasts longer than a few seconds. */
export function exchange(port: number, bytes: Buffer, luck: Chance): Promise<Buffer> {
  const ending: Ending = luck.pick(["waits", "waits", "waits", "half-closes", "half-closes", "resets", "leaves"]);
  const pieces = cut(bytes, luck);
  // Each address has only so many connections.
  const socket = connect({ port, host: "127.0.0.1", localAddress: `127.0.0.${2 + luck.whole(60)}`, noDelay: true });
  const came: Buffer[] = [];
  let size = 0;
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(late);
      clearTimeout(quiet);
      socket.destroy();
      resolve(Buffer.concat(came));
    };
    const late = setTimeout(end, 8 * PATIENCE);
    let quiet = setTimeout(end, 4 * PATIENCE);
    socket.on("error", () => undefined).on("close", end);
    socket.on("data", (chunk) => {
      came.push(chunk);
      size += chunk.length;
      if (size > MOST) return end();
      clearTimeout(quiet);
      quiet = setTimeout(end, PATIENCE / 4);
    });
    const send = (at: number): void => {
      if (socket.destroyed) return;
      const piece = pieces[at];
      if (piece === undefined) {
        if (ending === "half-closes") socket.end();
        else if (ending === "resets") socket.resetAndDestroy();
        else if (ending === "leaves") socket.destroy();
        return;
      }
      if (at === pieces.length - 1) socket.write(piece);
      else socket.write(piece, () => setImmediate(send, at + 1));
      if (at === pieces.length - 1) setImmediate(send, at + 1);
    };
    socket.on("connect", () => send(0));
  });
}

function cut(bytes: Buffer, luck: Chance): Buffer[] {
  const kind = luck.whole(4);
  if (kind < 2 || bytes.length === 0) return [bytes];
  // Byte by byte only at the beginning, where it matters.
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = pieces.length > 120 ? bytes.length : kind === 2 ? 1 : 1 + luck.whole(40);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}
