/**
 * How much of what we have sent the peer's system has not acknowledged yet. Node cannot say; Linux can (proc(5), /proc/net/tcp).
 */
import { readFile } from "node:fs/promises";

/**
 * Bytes, the end of the stream counting as one; undefined when nobody knows: on other systems, or when the connection is gone.
 * Reads a table of all connections of the machine: not for every byte.
 */
export async function unacknowledged(localPort?: number, remotePort?: number): Promise<number | undefined> {
  if (process.platform !== "linux" || localPort === undefined || remotePort === undefined) return undefined;
  const own = `:${hex(localPort)}`;
  const peer = `:${hex(remotePort)}`;
  for (const table of ["tcp", "tcp6"]) {
    const lines = await readFile(`/proc/net/${table}`, "latin1").catch(() => "");
    for (const line of lines.split("\n")) {
      // sl local_address rem_address st tx_queue:rx_queue …
      const [, local = "", remote = "", , queues = ""] = line.trim().split(/\s+/, 5);
      if (local.endsWith(own) && remote.endsWith(peer)) return parseInt(queues, 16);
    }
  }
  return undefined;
}

function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, "0");
}
