/** Dino itself, on a screen that nobody sees: Jingle both ways, HTTP upload, links. */
import { dirname } from "node:path";
import { built, ordersTo } from "./built.js";
import { drivenBy, type Client, type ClientOptions, type ClientServer } from "./client.js";
import { desktop } from "./desktop.js";

export interface Dino extends Client {
  /** Opens a chat with somebody. Dino drops what is offered by Jingle from whom it has no chat with, without a word. */
  open(jid: string): Promise<void>;
  /** Presses the "Download" button of a file that was offered under a name: what is 5 MB or larger, or comes from a stranger, waits for that. */
  download(name: string): Promise<void>;
}

const SLOW = 60_000;

/**
 * Logs in with Dino, as user@domain/dino, on the server's port for TLS. Prints MESSAGE full-jid text, PRESENCE full-jid available|unavailable,
 * OFFER jid name size (a link counts as a file too), RECEIVED path, SENT name, FAILED name. `sendFile` is by HTTP upload up to the server's limit, by Jingle above
 * it or where there is no upload, and then it needs the recipient's presence; over Jingle Dino says SENT when all bytes are out, and
 * nothing at all when the other side declines.
 */
export async function dino(server: ClientServer, user: string, options: ClientOptions = {}): Promise<Dino> {
  const { password = `${user}pw` } = options;
  const jid = `${user}@${server.domain}`;
  const plugin = await built("dino-driver.c", "dino/restante.so", ["gio-2.0", "gmodule-2.0"], ["-shared", "-fPIC"]);
  const home = await desktop("dino");
  const driver = home.start(`dino ${user}`, "dino-im", [], {
    DINO_PLUGIN_DIR: dirname(plugin),
    RESTANTE_DINO: [jid, password, server.c2sTlsPort, server.certFile].join("\t"),
    GSK_RENDERER: "cairo",
  });
  await driver.waitFor(/^ONLINE /, SLOW);
  const order = ordersTo(driver);
  return {
    ...drivenBy(driver, home),
    jid,
    waitFor: (pattern, deadline = SLOW) => driver.waitFor(pattern, deadline),
    subscribe: (to) => order("subscribe", to),
    say: (to, text) => order("say", to, text),
    sendFile: (path, to) => order("send", to, path),
    open: (to) => order("open", to),
    download: (name) => order("download", name),
  };
}
