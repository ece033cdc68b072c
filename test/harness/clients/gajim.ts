/** Gajim itself, on a screen that nobody sees. */
import { beside, drivenBy, type Client, type ClientOptions, type ClientServer } from "./client.js";
import { desktop } from "./desktop.js";

/** How a file goes out by Jingle. */
export interface GajimJingle {
  /** "auto", the default: SOCKS5 by its own addresses and by proxies; "s5b": by its own addresses alone; "proxy": by proxies alone. */
  transport?: "auto" | "s5b" | "proxy" | "ibb";
  /** One more address to offer as its own. It takes 127.0.0.1 from nobody, so a machine's other address makes loopback real. */
  addHost?: string;
  /** The hash that it announces, by its name in XEP-0300; default: the best that the recipient's client knows. */
  hash?: string;
  /** Listens as on a machine without IPv6. Where there is IPv6, its own candidates refuse whoever comes by IPv4. */
  ipv4?: boolean;
}

export interface Gajim extends Client {
  /**
   * Hands a file over by Jingle, to a full JID or to the first of his clients that takes such files, as soon as Gajim sees one.
   * Settles when Gajim counts it as sent; rejects with what Gajim says of a failure.
   */
  sendByJingle(path: string, to: string, how?: GajimJingle): Promise<void>;
  /** As by adding a contact under a name; default: his localpart. */
  subscribe(to: string, name?: string): Promise<void>;
  /** Presses the "Download" button of a link that is shown in the open chat. */
  download(url: string): Promise<void>;
  /** Brings the chat with somebody to the front. */
  open(jid: string): Promise<void>;
  /** The messages that stand in the chat at the front, as they read now: one that was corrected is one. */
  rows(): Promise<string[]>;
  /** Writes a PNG of its window. */
  shot(path: string): Promise<void>;
}

const SLOW = 60_000; // Gajim takes its time on a busy machine

/**
 * Logs in with Gajim. Prints MESSAGE from text [OOB url], PRESENCE full-jid show, SUBSCRIBED jid, OFFERING path to full-jid (Jingle), SENT path [url],
 * SAVED path url, AVATAR jid (of whom it now has a picture), CAPS full-jid feature… (whose hash has proved right),
 * ROWS json, ERROR. `sendFile` is by HTTP upload; a picture in the
 * open chat is fetched at once, other files by `download`. It takes nothing by Jingle: this version is broken there.
 */
export async function gajim(server: ClientServer, user: string, options: ClientOptions = {}): Promise<Gajim> {
  const { password = `${user}pw` } = options;
  const jid = `${user}@${server.domain}`;
  const home = await desktop("gajim");
  const args = [jid, password, "127.0.0.1", String(server.c2sPort), home.folder, server.certFile];
  const driver = home.start(`gajim ${user}`, "/usr/bin/python3", [beside("gajim_driver.py"), ...args], {
    PYTHONUNBUFFERED: "1",
    PYTHON_KEYRING_BACKEND: "keyring.backends.null.Keyring",
  });
  await driver.waitFor(/^ONLINE /, SLOW);
  const order = (...words: string[]): void => driver.write(JSON.stringify(words));
  return {
    ...drivenBy(driver, home),
    jid,
    waitFor: (pattern, deadline = SLOW) => driver.waitFor(pattern, deadline),
    subscribe: async (to, name = to.split("@")[0]!) => order("subscribe", to, name),
    download: async (url) => order("download", url),
    say: async (to, text) => order("say", to, text),
    async sendFile(file, to) {
      order("send", to, file);
      await driver.waitFor(/^SENT /, SLOW);
    },
    async sendByJingle(file, to, how = {}) {
      driver.write(JSON.stringify(["jingle", to, file, how]));
      const line = await driver.waitLine(
        (text) => (text === `SENT ${file}` || text.startsWith(`ERROR ${file} `) ? text : undefined),
        SLOW,
      );
      if (line.startsWith("ERROR")) throw new Error(`Gajim could not send: ${line}`);
    },
    open: async (to) => order("open", to),
    async rows() {
      order("rows");
      return JSON.parse((await driver.waitFor(/^ROWS (.*)$/, SLOW))[1]!) as string[];
    },
    async shot(file) {
      order("shot", file);
      await driver.waitFor(/^SHOWN /, SLOW);
    },
  };
}
