/** Web servers in this process that send exactly the bytes that a test wants, well-formed or not. */
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { once } from "node:events";

/** One request as it came in. */
export interface RawRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly socket: Socket;
}

export interface HostileWeb {
  readonly port: number;
  readonly url: string;
  /** Every request so far. */
  readonly requests: readonly RawRequest[];
  /** Connections that are open now. */
  readonly open: ReadonlySet<Socket>;
  /** Resolves when no connection is open any more. */
  closed: () => Promise<void>;
  stop: () => Promise<void>;
}

/** Starts one on a free port of the loopback address; `answer` writes to the socket what it likes. */
export async function hostileWeb(
  answer: (request: RawRequest) => void,
  tls?: { readonly key: string; readonly cert: string },
  host = "127.0.0.1",
): Promise<HostileWeb> {
  const open = new Set<Socket>();
  const requests: RawRequest[] = [];
  const connected = (socket: Socket): void => {
    let head = "";
    open.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => open.delete(socket));
    socket.on("data", (chunk) => {
      head += chunk.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      const request = parse(head, socket);
      head = "";
      requests.push(request);
      answer(request);
    });
  };
  const server: Server = tls ? createTlsServer(tls, connected) : createServer(connected);
  server.listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`,
    requests,
    open,
    async closed() {
      while (open.size > 0) await new Promise((resolve) => [...open][0]!.once("close", resolve));
    },
    async stop() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function parse(head: string, socket: Socket): RawRequest {
  const [line = "", ...rest] = head.split("\r\n\r\n")[0]!.split("\r\n");
  const headers = rest.map((h) => [h.slice(0, h.indexOf(":")).toLowerCase(), h.slice(h.indexOf(":") + 1).trim()]);
  return { path: line.split(" ")[1] ?? "", headers: Object.fromEntries(headers) as Record<string, string>, socket };
}

/** The head of an answer. */
export function head(status: number, headers: Readonly<Record<string, string | number>> = {}): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} As It Is\r\n${lines.join("")}\r\n`;
}
