/** gloox, the library, in a program as its own examples are: SI file transfers by SOCKS5 and in-band, plain chat. */
import type { Prosody } from "../prosody.js";
import { run } from "../process.js";
import { tempFolder } from "../tmp.js";
import { built, ordersTo } from "./built.js";
import { drivenBy, type Client, type ClientOptions } from "./client.js";

export interface Gloox extends Client {
  /** Where it puts the files that it was offered. */
  readonly folder: string;
  /** As `sendFile`, which gives a file's whole path as its name, as gloox's own example does, and offers both methods. */
  sendAs(path: string, to: string, how: { name?: string; methods?: readonly GlooxMethod[] }): Promise<void>;
  /** The stream hosts that it names from now on: its own, its server's proxy. At first both. */
  hosts(...which: readonly ("own" | "proxy")[]): Promise<void>;
  /** What it does with further offers: "socks5" where that is offered, and else in-band, unless `options` say otherwise. */
  take(how: GlooxMethod | "no"): Promise<void>;
  /** When the next bytes of a file have moved, it says FROZEN name, and nothing ever after. */
  freeze(): Promise<void>;
}

export type GlooxMethod = "socks5" | "in-band";

/**
 * Logs in with gloox. Prints MESSAGE from text, RECEIPT from, PRESENCE full-jid state, OFFER from name size, RECEIVED path, SENT name,
 * FAILED name why, FROZEN name. SENT is said when all has been handed to the stream and that is closed: gloox waits for no answers.
 */
export async function gloox(
  server: Pick<Prosody, "domain" | "c2sPort" | "proxyPort">,
  user: string,
  options: ClientOptions & { take?: GlooxMethod | "no" } = {},
): Promise<Gloox> {
  const { password = `${user}pw`, resource = "gloox", take = "socks5" } = options;
  const folder = await tempFolder("restante-gloox");
  const jid = `${user}@${server.domain}`;
  const { domain, c2sPort, proxyPort } = server;
  const program = await built("gloox-driver.cpp", "gloox-driver", ["gloox"]);
  const args = [`${jid}/${resource}`, password, "127.0.0.1", c2sPort, folder.path, `proxy.${domain}`, proxyPort, take];
  const driver = run(program, args.map(String), { name: `gloox ${user}` });
  await driver.waitFor(/^ONLINE /);
  const order = ordersTo(driver);
  const sendAs: Gloox["sendAs"] = (path, to, { name = path, methods = ["socks5", "in-band"] }) =>
    order("send", to, path, name, methods.join(","));
  return {
    ...drivenBy(driver, folder),
    jid,
    folder: folder.path,
    subscribe: (to) => order("subscribe", to),
    say: (to, text) => order("say", to, text),
    sendFile: (path, to) => sendAs(path, to, {}),
    sendAs,
    hosts: (...which) => order("hosts", which.join(",")),
    take: (how) => order("take", how),
    freeze: () => order("freeze"),
  };
}
