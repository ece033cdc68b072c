/** Psi itself, on a screen that nobody sees: files by stream initiation (SI), both ways. Debian 12's version does not know Jingle's files. */
import { join } from "node:path";
import { beside, drivenBy, type Client, type ClientOptions, type ClientServer } from "./client.js";
import { desktop } from "./desktop.js";

export interface Psi extends Client {
  /** Where it puts the files that it was offered. */
  readonly folder: string;
}

export interface PsiOptions extends Omit<ClientOptions, "resource"> {
  /** Files go out in-band alone; default: by SOCKS5, and in-band as the second choice. */
  ibbOnly?: boolean;
}

const SLOW = 60_000;

/**
 * Logs in with Psi, as user@domain/psi, without encryption. Files are accepted by themselves; so are those who want to see his presence. Prints MESSAGE full-jid text, PRESENCE full-jid
 * available|unavailable, OFFER full-jid name size, RECEIVED path, OFFERING name to full-jid, ACCEPTED name, DECLINED name, ERROR. `sendFile` goes to
 * the recipient's resource of highest priority and settles at once: what Psi shows of a file's end is not seen from here.
 */
export async function psi(server: ClientServer, user: string, options: PsiOptions = {}): Promise<Psi> {
  const { password = `${user}pw`, ibbOnly = false } = options;
  const jid = `${user}@${server.domain}`;
  const home = await desktop("psi");
  const args = [jid, password, "127.0.0.1", String(server.c2sPort), home.folder, ibbOnly ? "yes" : "no"];
  const driver = home.start(`psi ${user}`, "/usr/bin/python3", [beside("psi_driver.py"), ...args]);
  await driver.waitFor(/^ONLINE /, SLOW);
  const order = async (...words: string[]): Promise<void> => driver.write(JSON.stringify(words));
  return {
    ...drivenBy(driver, home),
    jid,
    folder: join(home.folder, "files"),
    waitFor: (pattern, deadline = SLOW) => driver.waitFor(pattern, deadline),
    subscribe: (to) => order("subscribe", to),
    say: (to, text) => order("say", to, text),
    sendFile: (path, to) => order("send", to, path),
  };
}
