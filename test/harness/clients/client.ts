/** What all drivers of real clients have in common. Each is the client's own engine in a process of its own. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Running } from "../process.js";
import type { TempFolder } from "../tmp.js";

export interface Client {
  /** His bare JID. */
  readonly jid: string;
  /** All that the client has shown, line by line, in the driver's words. */
  readonly lines: readonly string[];
  /** The first line that matches and that answered no other wait. */
  waitFor(pattern: RegExp, deadline?: number): Promise<RegExpExecArray>;
  /** Asks for somebody's presence, as by adding a contact. */
  subscribe(to: string): Promise<void>;
  say(to: string, text: string): Promise<void>;
  /** Hands a file over by the client's own means; settles when the client has begun (or, where it shows it, has done) so. */
  sendFile(path: string, to: string): Promise<void>;
  /** Logs out and ends. */
  close(): Promise<void>;
  /** The client's machine is gone: kill -9. */
  kill(): Promise<void>;
}

/** Where a client logs in: the answer of startProsody fits. */
export interface ClientServer {
  readonly domain: string;
  readonly c2sPort: number;
  readonly c2sTlsPort: number;
  readonly certFile: string;
}

export interface ClientOptions {
  /** Default: the name with "pw" behind it. */
  password?: string;
  resource?: string;
}

/** A file beside this one. */
export const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Where compiled drivers are kept; git ignores it. */
export const cache = (name: string): string => join(beside("../../../node_modules/.cache/restante-test"), name);

/** The common part of drivers that obey lines on their standard input. `home`: removed at the end. */
export function drivenBy(
  driver: Running,
  home: Pick<TempFolder, "remove"> = { remove: async () => undefined },
): Pick<Client, "lines" | "waitFor" | "close" | "kill"> {
  return {
    lines: driver.lines,
    waitFor: (pattern, deadline) => driver.waitFor(pattern, deadline),
    async close() {
      await driver.leave();
      await home.remove();
    },
    async kill() {
      await driver.kill();
      await home.remove();
    },
  };
}
