/** Free loopback ports for servers that cannot be told to choose one themselves. */
import { createServer, connect, type AddressInfo } from "node:net";
import { once } from "node:events";

/**
 * So many different free ports of 127.0.0.1. They are taken from below Linux's range for outgoing connections (32768 and up), so that no
 * client's socket takes one while its server is down for a restart.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const candidate = 12_000 + Math.floor(Math.random() * 20_000);
    if (!ports.has(candidate) && (await isFree(candidate))) ports.add(candidate);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    const free = (server.address() as AddressInfo).port === port;
    server.close();
    await once(server, "close");
    return free;
  } catch {
    return false;
  }
}

/** Settles when something accepts connections on the port; rejects when `signal` ends the waiting. */
export async function accepting(port: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const socket = connect(port, "127.0.0.1");
    try {
      await once(socket, "connect", { signal });
      return;
    } catch {
      // Nobody there yet: servers announce their port in no way that is common to all of them, so it is tried again.
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      socket.destroy();
    }
  }
}
