/** HTTP/1.1 by hand over one socket: every byte that is sent and every byte that comes is seen. */
import { connect, type Socket } from "node:net";
import { once } from "node:events";

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly head: string;
  readonly body: Buffer;
}

const DEADLINE = 10_000;

export class RawHttp {
  readonly socket: Socket;
  #room = Buffer.allocUnsafe(65_536);
  /** What has come and was not taken: the beginning of the room. */
  #buffer = this.#room.subarray(0, 0);
  #ended = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#add(chunk);
      this.#wake();
    });
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    socket.on("end", end).on("close", end);
    socket.on("error", () => undefined); // a reset: "close" follows
  }

  /** Connects; `from` is the loopback address to come from. */
  static async open(port: number, from = "127.0.0.1"): Promise<RawHttp> {
    const socket = connect({ port, host: "127.0.0.1", localAddress: from, noDelay: true });
    await once(socket, "connect");
    return new RawHttp(socket);
  }

  #add(chunk: Buffer): void {
    const have = this.#buffer.length;
    const start = this.#buffer.byteOffset - this.#room.byteOffset;
    if (start + have + chunk.length > this.#room.length) {
      const room = Buffer.allocUnsafe(2 * (have + chunk.length));
      this.#buffer.copy(room);
      this.#room = room;
      this.#buffer = room.subarray(0, have);
    }
    const at = this.#buffer.byteOffset - this.#room.byteOffset;
    chunk.copy(this.#room, at + have);
    this.#buffer = this.#room.subarray(at, at + have + chunk.length);
  }

  send(text: string): void {
    this.socket.write(Buffer.from(text, "latin1"));
  }

  /** One request; headers as lines. */
  ask(method: string, path: string, ...lines: string[]): Promise<RawAnswer> {
    this.send([`${method} ${path} HTTP/1.1`, "Host: localhost", ...lines, "", ""].join("\r\n"));
    return this.answer(method);
  }

  /** The next answer. */
  async answer(method = "GET"): Promise<RawAnswer> {
    await this.until(() => this.#buffer.includes("\r\n\r\n"));
    const end = this.#buffer.indexOf("\r\n\r\n") + 4;
    const head = this.#buffer.subarray(0, end).toString("latin1");
    const [first, ...lines] = head.trimEnd().split("\r\n");
    const headers: Record<string, string> = {};
    for (const line of lines) {
      const at = line.indexOf(":");
      const name = line.slice(0, at).toLowerCase();
      if (name in headers) throw new Error(`the header ${name} came twice`);
      headers[name] = line.slice(at + 1).trim();
    }
    const status = Number(first!.split(" ")[1]);
    if (headers["transfer-encoding"] !== undefined) throw new Error("the length was not told");
    const bodiless = method === "HEAD" || status < 200 || status === 304 || status === 204;
    const length = bodiless ? 0 : Number(headers["content-length"]);
    await this.until(() => this.#buffer.length >= end + length);
    const body = Buffer.from(this.#buffer.subarray(end, end + length));
    this.#buffer = this.#buffer.subarray(end + length);
    return { status, headers, head, body };
  }

  /** Bytes that have come and that no answer has taken. */
  get pending(): Buffer {
    return this.#buffer;
  }

  /** Waits until the server has closed its side. */
  async ended(): Promise<void> {
    await this.until(() => this.#ended, true);
  }

  async until(fulfilled: () => boolean, endIsFine = false): Promise<void> {
    const deadline = Date.now() + DEADLINE;
    while (!fulfilled()) {
      if (this.#ended && !endIsFine) throw new Error(`the connection ended after ${this.#buffer.length} bytes`);
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`not in ${DEADLINE} ms; there are ${this.#buffer.length} bytes`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Closes as a program does that has read what it wanted. */
  close(): void {
    this.socket.end();
  }

  /** Breaks off: the peer gets a reset. */
  reset(): void {
    this.socket.resetAndDestroy();
  }
}
