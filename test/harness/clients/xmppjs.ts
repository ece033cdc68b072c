/** A scripted user on @xmpp/client: for what a test wants to say and see itself, stanza by stanza. */
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { client, xml } from "@xmpp/client";
import type { Element } from "@xmpp/xml";

export { xml };
export type { Element };

/** Where somebody logs in: what startProsody and startEjabberd answer. */
export interface LogInServer {
  readonly domain: string;
  readonly c2sPort: number;
}

export interface XmppUserOptions {
  password?: string;
  /** Default "test". */
  resource?: string;
  /** Of the stream (xml:lang). Default: none is named. */
  lang?: string;
  /** Send available presence at once; default true. */
  available?: boolean;
  /** Use stream management (XEP-0198) when the server has it; default false: a lost connection then ends the session at once. */
  smacks?: boolean;
}

export interface XmppUser {
  readonly bare: string;
  readonly jid: string;
  /** Everything that came in, oldest first. */
  readonly stanzas: readonly Element[];
  send(stanza: Element): Promise<void>;
  /** Sends an iq and answers the whole result; rejects with the stanza error. */
  request(type: "get" | "set", to: string | undefined, payload: Element, deadline?: number): Promise<Element>;
  say(to: string, text: string): Promise<void>;
  presence(attributes?: Record<string, string>, ...children: Element[]): Promise<void>;
  /** Asks for somebody's presence, lets him see ours, and waits until he has agreed. */
  subscribe(to: string, deadline?: number): Promise<void>;
  /** Answers iqs with this payload from now on: with what `reply` resolves to, an error element included; undefined is an empty result. */
  answer(
    type: "get" | "set",
    namespace: string,
    name: string,
    reply: (iq: Element) => Promise<Element | undefined>,
  ): void;
  /** Shows every stanza from now on to `listener`, beside whoever waits for it. */
  onStanza(listener: (stanza: Element) => void): void;
  /** The first stanza that fits and that answered no other wait. */
  waitStanza(fits: (stanza: Element) => boolean, deadline?: number): Promise<Element>;
  /** The next chat line from somebody whose text matches. */
  waitMessage(from: string, text: RegExp, deadline?: number): Promise<Element>;
  /** Settles when the stream has ended, however. */
  readonly ended: Promise<void>;
  /** Logs out. */
  stop(): Promise<void>;
  /** The network is gone: the socket ends without a word. */
  cut(): void;
}

const DEADLINE = 10_000;

/** Logs somebody in. Subscriptions to him are approved by themselves. */
export async function xmppUser(server: LogInServer, user: string, options: XmppUserOptions = {}): Promise<XmppUser> {
  const { password = `${user}pw`, resource = "test", available = true, smacks = false } = options;
  const service = `xmpp://127.0.0.1:${server.c2sPort}`;
  const lang = options.lang === undefined ? {} : { lang: options.lang };
  const xmpp = client({
    service,
    domain: server.domain,
    resource,
    ...lang,
    // xmpp.js computes SCRAM in JavaScript, half a second a log-in, and takes PLAIN without encryption only when told so.
    credentials: (authenticate) => authenticate({ username: user, password }, "PLAIN", xml("user-agent")),
  });
  xmpp.reconnect.stop();
  const stanzas: Element[] = [];
  const fresh: Element[] = [];
  const watchers = new Set<() => void>();
  let failure: Error | undefined;
  let requests = 0;
  const ended = new Promise<void>((resolve) => xmpp.once("disconnect", () => resolve()));

  if (!smacks)
    xmpp.prependListener("element", (element: Element) => {
      if (element.is("features", "http://etherx.jabber.org/streams")) element.remove("sm", "urn:xmpp:sm:3");
    });
  // xmpp.js does not look at what becomes of the answers that it sends: when their stream dies, nobody would meet the rejection.
  const send = xmpp.send.bind(xmpp);
  xmpp.send = (stanza) => {
    const sent = send(stanza);
    sent.catch(() => undefined);
    return sent;
  };
  xmpp.on("error", (error: Error) => {
    failure = error;
    for (const look of [...watchers]) look();
  });
  xmpp.on("connect", () => {
    // In-band bytestreams wait for each block's answer: with Nagle's algorithm that is 22 blocks a second.
    (xmpp.socket as { setNoDelay?: (on: boolean) => void } | null)?.setNoDelay?.(true);
  });
  const roster = new Map<string, string>(); // bare JID → subscription
  const keepRoster = (query: Element): void => {
    for (const item of query.getChildren("item")) roster.set(String(item.attrs.jid), String(item.attrs.subscription));
  };
  // The published types lack iqCallee.
  type Answer = (request: { element: Element; stanza: Element }) => true | Promise<Element | true>;
  const answering = xmpp.iqCallee as unknown as Record<"get" | "set", (ns: string, name: string, a: Answer) => void>;
  answering.set("jabber:iq:roster", "query", ({ element }) => {
    keepRoster(element);
    return true;
  });
  xmpp.on("stanza", (stanza: Element) => {
    if (stanza.is("presence") && stanza.attrs.type === "subscribe")
      xmpp.send(xml("presence", { to: String(stanza.attrs.from), type: "subscribed" })).catch(() => undefined);
    stanzas.push(stanza);
    fresh.push(stanza);
    for (const look of [...watchers]) look();
  });

  // Not by its start(): where the stream dies while it opens, nobody meets the rejection of what that waits for besides.
  const address = await online(xmpp, service, { domain: server.domain, ...lang }, ended);
  const jid = address.toString();
  const bare = address.bare().toString();
  if (smacks) {
    // xmpp.js resets its counter on <enabled/>: what is sent before it is counted by the server alone, which then closes the stream.
    const end = Date.now() + DEADLINE;
    while (!xmpp.streamManagement.enabled && Date.now() < end) await delay(5);
  }

  function waitStanza(fits: (stanza: Element) => boolean, deadline = DEADLINE): Promise<Element> {
    return new Promise((resolve, reject) => {
      const settle = (how: () => void): void => {
        clearTimeout(timer);
        watchers.delete(look);
        how();
      };
      const complain = (what: string): void =>
        reject(
          new Error(`${jid} ${what}; the last stanzas were:\n${stanzas.slice(-15).join("\n")}`, { cause: failure }),
        );
      const timer = setTimeout(() => settle(() => complain(`saw no such stanza in ${deadline} ms`)), deadline);
      const look = (): void => {
        const at = fresh.findIndex(fits);
        const found = fresh[at];
        if (found) {
          fresh.splice(at, 1);
          settle(() => resolve(found));
        } else if (failure) settle(() => complain("lost its stream"));
      };
      watchers.add(look);
      look();
    });
  }

  const self: XmppUser = {
    bare,
    jid,
    stanzas,
    ended,
    send: (stanza) => xmpp.send(stanza),
    async request(type, to, payload, deadline = DEADLINE) {
      const id = `r${++requests}`;
      await xmpp.send(xml("iq", { type, id, ...(to === undefined ? {} : { to }) }, payload));
      const answer = await waitStanza(
        (stanza) =>
          stanza.is("iq") && stanza.attrs.id === id && ["result", "error"].includes(String(stanza.attrs.type)),
        deadline,
      );
      if (answer.attrs.type === "error") throw new Error(`${to ?? server.domain} answered ${answer}`);
      return answer;
    },
    say: (to, text) => xmpp.send(xml("message", { to, type: "chat", id: `m${++requests}` }, xml("body", {}, text))),
    presence: (attributes = {}, ...children) => xmpp.send(xml("presence", attributes, ...children)),
    async subscribe(to, deadline) {
      if (follows(roster.get(to))) return;
      await xmpp.send(xml("presence", { to, type: "subscribe" }));
      // The server keeps <presence type="subscribed"/> to itself and tells of it by a roster push (RFC 6121 §3.1.6).
      await waitStanza((stanza) => {
        const query = stanza.getChild("query", "jabber:iq:roster");
        return (
          query
            ?.getChildren("item")
            .some((item) => item.attrs.jid === to && follows(String(item.attrs.subscription))) ?? false
        );
      }, deadline);
    },
    answer: (type, namespace, name, reply) =>
      answering[type](namespace, name, async ({ stanza }) => (await reply(stanza)) ?? true),
    onStanza: (listener) => void xmpp.on("stanza", listener),
    waitStanza,
    waitMessage: (from, text, deadline) =>
      waitStanza(
        (stanza) => stanza.is("message") && bareOf(stanza) === from && text.test(stanza.getChildText("body") ?? ""),
        deadline,
      ),
    async stop() {
      await xmpp.stop().catch(() => undefined); // also when the server has gone before
    },
    cut() {
      (xmpp.socket as { destroy?: () => void } | null)?.destroy?.();
    },
  };
  keepRoster((await self.request("get", undefined, xml("query", { xmlns: "jabber:iq:roster" }))).getChild("query")!);
  if (available) await self.presence();
  return self;
}

type Client = ReturnType<typeof client>;
type Address = Awaited<ReturnType<Client["start"]>>;

/** Connects and opens the stream; rejects when it ends before the address has been bound. */
async function online(xmpp: Client, service: string, header: { domain: string; lang?: string }, ended: Promise<void>): Promise<Address> {
  const over = new AbortController();
  const bound = once(xmpp, "online", { signal: over.signal }) as Promise<[Address]>;
  bound.catch(() => undefined);
  void ended.then(() => over.abort(new Error("the stream ended")));
  await xmpp.connect(service);
  await xmpp.open(header);
  return (await bound)[0];
} // prettier-ignore

const bareOf = (stanza: Element): string => String(stanza.attrs.from).split("/")[0]!;

const follows = (subscription: string | undefined): boolean => subscription === "to" || subscription === "both";
