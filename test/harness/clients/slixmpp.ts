/** A client on slixmpp, which is what Python bots and many command-line tools use: every stanza that it gets is a JSON event. */
import { run } from "../process.js";
import { beside, drivenBy, type Client, type ClientOptions, type ClientServer } from "./client.js";

export interface SlixmppEvent {
  readonly event:
    "online" | "message" | "receipt" | "presence" | "sent" | "expecting" | "saved" | "error" | "disconnected";
  readonly from?: string;
  readonly type?: string;
  readonly id?: string;
  readonly body?: string;
  readonly oob?: string;
  /** The id of the message that this one corrects (XEP-0308). */
  readonly replaces?: string;
  readonly status?: string;
  readonly url?: string;
  readonly text?: string;
  readonly xml?: string;
}

export interface Slixmpp extends Client {
  /** The first event that fits and that answered no other wait. */
  waitEvent(fits: (event: SlixmppEvent) => boolean, deadline?: number): Promise<SlixmppEvent>;
  /** Says something with more around it. */
  sayWith(to: string, text: string, more: { id?: string; replaces?: string; receipt?: boolean }): Promise<void>;
  /** Sends an address of a file as clients do: body and OOB. */
  sendLink(to: string, url: string): Promise<void>;
  /** Fetches an address into a file. */
  download(url: string, path: string): Promise<void>;
  presence(more: { show?: string; status?: string; priority?: number; type?: string; to?: string }): Promise<void>;
  raw(xml: string): Promise<void>;
  /** As `sendFile`, by the HTTP upload service that is named. */
  sendBy(service: string, path: string, to: string): Promise<void>;
  /** Opens an in-band bytestream, sends a file through it and closes it. Settles when that is done. */
  sendInBand(to: string, sid: string, path: string, blockSize: number, messages?: boolean): Promise<void>;
  /** Takes the in-band bytestream that `peer` will open into a file; settles when it waits for it. The event "saved" tells its end. */
  expectInBand(peer: string, sid: string, path: string): Promise<void>;
}

/** Where it logs in; the certificate is for HTTP uploads. */
type SlixmppServer = Pick<ClientServer, "domain" | "c2sPort"> & Partial<Pick<ClientServer, "certFile">>;

export interface SlixmppOptions extends ClientOptions {
  /** Takes files by stream initiation into this folder: in-band, which is what slixmpp chooses. The event "saved" tells of each. */
  folder?: string;
}

/** Logs in with slixmpp; receipts are given by themselves, files go by HTTP upload. Each line that `waitFor` sees is JSON. */
export async function slixmpp(server: SlixmppServer, user: string, options: SlixmppOptions = {}): Promise<Slixmpp> {
  const { password = `${user}pw`, resource = "slixmpp" } = options;
  const jid = `${user}@${server.domain}`;
  const args = [
    beside("slixmpp_driver.py"),
    `${jid}/${resource}`,
    password,
    "127.0.0.1",
    String(server.c2sPort),
    server.certFile ?? "",
    ...(options.folder === undefined ? [] : [options.folder]),
  ];
  const driver = run("/usr/bin/python3", args, { name: `slixmpp ${user}` });
  await driver.waitFor(/"event": "online"/);
  const order = async (what: string, more: object = {}): Promise<void> =>
    driver.write(JSON.stringify({ do: what, ...more }));
  const waitEvent = (fits: (event: SlixmppEvent) => boolean, deadline?: number): Promise<SlixmppEvent> =>
    driver.waitLine((line) => {
      const event = line.startsWith("{") ? (JSON.parse(line) as SlixmppEvent) : undefined;
      return event && fits(event) ? event : undefined;
    }, deadline);
  async function upload(to: string, path: string, service?: string): Promise<void> {
    await order("upload", { to, path, ...(service !== undefined && { service }) });
    const done = await waitEvent((event) => event.event === "error" || event.event === "sent");
    if (done.event === "error") throw new Error(`slixmpp could not upload: ${done.text}`);
  }
  return {
    ...drivenBy(driver),
    jid,
    waitEvent,
    subscribe: (to) => order("subscribe", { to }),
    say: (to, text) => order("say", { to, text }),
    sayWith: (to, text, more) => order("say", { to, text, ...more }),
    sendLink: (to, url) => order("link", { to, url }),
    async download(url, path) {
      await order("download", { url, path });
      const done = await waitEvent((event) => event.event === "error" || event.event === "saved");
      if (done.event === "error") throw new Error(`slixmpp could not download: ${done.text}`);
    },
    presence: (more) => order("presence", more),
    raw: (xml) => order("raw", { xml }),
    async sendInBand(to, sid, path, blockSize, messages = false) {
      await order("ibb_send", { to, sid, path, block_size: blockSize, messages });
      const done = await waitEvent((event) => event.event === "error" || event.event === "sent", 60_000);
      if (done.event === "error") throw new Error(`slixmpp could not send: ${done.text}`);
    },
    async expectInBand(peer, sid, path) {
      await order("ibb_expect", { peer, sid, path });
      await waitEvent((event) => event.event === "expecting");
    },
    sendFile: (path, to) => upload(to, path),
    sendBy: (service, path, to) => upload(to, path, service),
  };
}
