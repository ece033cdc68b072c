/** A road to a server that can be blocked: what goes through it is counted, cut or held up as a test says. */
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";

export interface Road {
  readonly port: number;
  /** Connections so far. */
  readonly connections: number;
  /**
   * What becomes of each piece of an answer: it passes, another takes its place, the connection ends, or stands still from now on.
   * `sent` counts the bytes of answers on its connection before it; `asked` is the first line of the request. Default: all pass.
   */
  onAnswer: (piece: Buffer, sent: number, asked: string) => "pass" | "cut" | "hold" | Buffer;
  close(): Promise<void>;
}

export async function openRoad(target: number): Promise<Road> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((near) => {
    connections++;
    const far = connect(target, "127.0.0.1");
    let [sent, asked, still] = [0, "", false];
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket
        .on("error", () => undefined)
        .on("close", () => {
          sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
    }
    near.on("data", (piece: Buffer) => {
      // The first line of the newest request.
      if (/^[A-Z]+ \//.test(piece.toString("latin1", 0, 10))) asked = piece.toString("latin1").split("\r\n")[0]!;
      far.write(piece);
    });
    far.on("data", (piece: Buffer) => {
      if (still) return;
      const verdict = road.onAnswer(piece, sent, asked);
      sent += piece.length;
      if (verdict === "hold") still = true;
      else if (verdict === "cut") near.destroy();
      else if (!near.write(verdict === "pass" ? piece : verdict)) far.pause();
    });
    near.on("drain", () => far.resume());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const road: Road = {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    onAnswer: () => "pass",
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
  return road;
}
