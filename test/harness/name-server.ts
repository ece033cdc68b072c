/** A name server (RFC 1035) in this process that says what a test wants, and makes a program ask it. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

export interface NameServer {
  /** NODE_OPTIONS that make a Node process take its answers from here instead of the system's name servers. */
  readonly nodeOptions: string;
  /** Names that were asked for, with the type. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

const TYPES: Readonly<Record<number, "A" | "AAAA">> = { 1: "A", 28: "AAAA" };

/** `names`: addresses by name; any other name does not exist. */
export async function startNameServer(names: Readonly<Record<string, readonly string[]>>): Promise<NameServer> {
  const socket = createSocket("udp4");
  const asked: string[] = [];
  socket.on("message", (query, { port, address }) => {
    const { name, type, end } = question(query);
    asked.push(`${name} ${TYPES[type] ?? type}`);
    const known = names[name];
    const answers = (known ?? []).filter((ip) => TYPES[type] === (isIP(ip) === 6 ? "AAAA" : "A"));
    const head = Buffer.from([query[0]!, query[1]!, 0x81, known ? 0x80 : 0x83, 0, 1, 0, answers.length, 0, 0, 0, 0]);
    const records = answers.map((ip) => {
      const bytes = ipaddr.parse(ip).toByteArray();
      return Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, bytes.length, ...bytes]);
    });
    socket.send(Buffer.concat([head, query.subarray(12, end), ...records]), port, address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const script = `import dns from "node:dns/promises"; import { syncBuiltinESMExports } from "node:module";
    dns.Resolver = class extends dns.Resolver { constructor(o) { super(o); this.setServers(["127.0.0.1:${socket.address().port}"]); } };
    syncBuiltinESMExports();`;
  return {
    nodeOptions: `--import=data:text/javascript,${encodeURIComponent(script)}`,
    asked,
    async stop() {
      socket.close();
      await once(socket, "close");
    },
  };
}

/** The first question, and where it ends. */
function question(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length).toLowerCase());
    at += 1 + length;
  }
  return { name: labels.join("."), type: query.readUInt16BE(at + 1), end: at + 5 };
}
