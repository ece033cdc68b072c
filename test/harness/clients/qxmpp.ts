/** QXmpp 1.4, a library that Debian has no program of: SI file transfers over SOCKS5 and in-band, HTTP uploads, receipts. */
import { run } from "../process.js";
import { tempFolder } from "../tmp.js";
import { built, ordersTo } from "./built.js";
import { drivenBy, type Client, type ClientOptions, type ClientServer } from "./client.js";

/** Which streams it offers and takes. */
export type QXmppMethods = "any" | "in-band" | "socks5" | "none";

export interface QXmpp extends Client {
  /** Where it puts the files that it was offered. */
  readonly folder: string;
  /** As {@link Client.sendFile}, under another name. */
  sendAs(name: string, path: string, to: string): Promise<void>;
  /** Uploads to the server's service, or another one, and sends the link. */
  upload(path: string, to: string, service?: string): Promise<void>;
  /** Ends a transfer, in or out, by its file's name. */
  abort(name: string): Promise<void>;
  /** From now on. */
  methods(which: QXmppMethods): Promise<void>;
  /** Names a server's proxy with its own addresses, or instead of them. */
  proxy(jid: string, how: "beside" | "only"): Promise<void>;
  /** What it does with offers from now on; at first it takes them. */
  offers(what: "take" | "decline"): Promise<void>;
}

const FLAGS = ["-fPIC", "-std=c++17"]; // Qt's own condition; QXmpp's headers want C++14 or newer

/**
 * Logs in with QXmpp. Prints SERVICE jid category/type, PRESENCE full-jid available|unavailable, MESSAGE full-jid text [OOB url], CARBON full-jid text,
 * RECEIPT full-jid id, OFFER full-jid name size, MOVING name in-band|socks5, RECEIVED path, SENT path, FAILED path why. `sendFile` goes to a full address, or
 * to a client of his that has shown itself.
 */
export async function qxmpp(
  server: ClientServer,
  user: string,
  options: ClientOptions & { methods?: QXmppMethods } = {},
): Promise<QXmpp> {
  const { password = `${user}pw`, resource = "QXmpp", methods = "any" } = options;
  const folder = await tempFolder("restante-qxmpp");
  const jid = `${user}@${server.domain}`;
  const login = [`${jid}/${resource}`, password, "127.0.0.1", String(server.c2sPort)];
  const libraries = ["qxmpp", "Qt5Network", "Qt5Xml", "Qt5Core"];
  const program = await built("qxmpp-driver.cpp", "qxmpp-driver", libraries, FLAGS);
  const driver = run(program, [...login, folder.path, server.certFile, methods], {
    name: `qxmpp ${user}`,
    env: { HOME: folder.path },
  });
  await driver.waitFor(/^ONLINE /);
  const order = ordersTo(driver);
  return {
    ...drivenBy(driver, folder),
    jid,
    folder: folder.path,
    subscribe: (to) => order("subscribe", to),
    say: (to, text) => order("say", to, text),
    sendFile: (path, to) => order("send", to, path),
    sendAs: (name, path, to) => order("send", to, path, name),
    upload: (path, to, service = "") => order("upload", to, path, service),
    abort: (name) => order("abort", name),
    methods: (which) => order("methods", which),
    proxy: (proxy, how) => order("proxy", proxy, how),
    offers: (what) => order("offers", what),
  };
}
