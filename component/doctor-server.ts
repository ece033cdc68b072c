/**
 * What `restante doctor` asks the XMPP server, over a short connection as the component (XEP-0114): whether the secret is right, whether
 * stanzas find their way (XEP-0199), whether people can upload (XEP-0363), and whether the clocks agree (XEP-0202).
 */
import type { Config } from "./config.js";
import { bad, good, wordsOf, type Finding } from "./finding.js";
import { systemClock } from "./lib/clock.js";
import { formatDuration, formatSize } from "./lib/units.js";
import { ComponentConnection } from "./messenger/connection.js";
import { STANZA_LIMITS } from "./messenger/parser.js";
import { Requests } from "./messenger/requests.js";
import { xml, type Element } from "./messenger/stanza.js";
import { NS_INFO, NS_ITEMS, parseInfo, parseItems, type DiscoInfo } from "./messenger/wire/xep0030-disco.js";
import { NS_PING } from "./messenger/wire/xep0199-ping.js";
import { NS_TIME } from "./messenger/wire/xep0202-time.js";
import { NS_UPLOAD } from "./messenger/wire/xep0363-upload.js";

const PATIENCE = 5_000; // ms
const CLOCKS_AGREE = 60_000; // ms
/** Of what a server lists, so many are asked. */
const MOST_ITEMS = 50;

/** Connects, asks, and leaves. Call it only while nothing else is connected as this component. */
export async function* askServer(config: Config): AsyncGenerator<Finding> {
  const { domain, server, secret } = config.xmpp;
  const probe = new Probe(domain, server, secret);
  try {
    await probe.connect();
  } catch (e) {
    yield explain(e, domain);
    return;
  }
  try {
    yield good(`secret: accepted for ${domain}`);
    yield await routes(probe, domain);
    for (const users of config.access.domains) yield await serves(probe, users);
    yield* ownUploads(config);
    yield await uploads(probe, config);
    yield await clocks(probe, config.access.domains[0] ?? domain);
  } finally {
    await probe.close();
  }
}

function explain(e: unknown, domain: string): Finding {
  switch ((e as { condition?: string }).condition) {
    case "not-authorized":
      return bad(
        "secret: the server does not accept it",
        "Make [xmpp] secret the same as the server's (Prosody: component_secret; ejabberd: password).",
      );
    case "host-unknown":
      return bad(
        `the server knows no component ${domain}`,
        `Declare it there: “restante init --domain ${domain}” writes what to add. Reload the server afterwards. Or [xmpp] server is its port for clients: it must be that for components.`,
      );
    case "conflict":
      return good(`secret: accepted; another process is connected as ${domain}`);
    default:
      return bad(
        `the server ends the connection: ${wordsOf(e)}`,
        "Look into the server's log. [xmpp] server must be its port for components, not that for clients.",
      );
  }
}

/** A ping to ourselves goes through the server and back. */
async function routes(probe: Probe, domain: string): Promise<Finding> {
  try {
    await probe.ask(domain, xml("ping", { xmlns: NS_PING }));
    return good(`routing: what is sent to ${domain} arrives here`);
  } catch (e) {
    return bad(
      `routing: what is sent to ${domain} does not arrive (${wordsOf(e)})`,
      "See that no other host or component of the server has this domain.",
    );
  }
}

/** Whether the members' server answers. */
async function serves(probe: Probe, users: string): Promise<Finding> {
  try {
    await probe.ask(users, xml("query", { xmlns: NS_INFO }));
    return good(`members: ${users} answers`);
  } catch (e) {
    return bad(
      `members: ${users} does not answer (${wordsOf(e)})`,
      "[access] domains must name your users' domains, as they stand after the @ of their addresses.",
    );
  }
}

/** Whether the server takes our own upload service, where there is to be one. */
async function* ownUploads({ xmpp, upload }: Config): AsyncGenerator<Finding> {
  if (upload.domain === "") return;
  const probe = new Probe(upload.domain, upload.server || xmpp.server, upload.secret || xmpp.secret);
  try {
    await probe.connect();
    yield good(`upload service: accepted for ${upload.domain}`);
    yield await routes(probe, upload.domain);
  } catch (e) {
    yield bad(
      `upload service: ${explain(e, upload.domain).what}`,
      "Declare it at the server as a second component, with the secret of [upload] or else of [xmpp]; or leave [upload] domain empty.",
    );
  } finally {
    await probe.close();
  }
}

/** Whether members can upload files anywhere: that is how clients send them. */
async function uploads(probe: Probe, config: Config): Promise<Finding> {
  for (const users of config.access.domains) {
    for (const at of await probe.items(users)) {
      if (at === config.upload.domain) return good(`uploads: ${at} is listed at ${users}, and is our own`);
      const info = await probe.info(at);
      if (!info?.features.includes(NS_UPLOAD)) continue;
      const limit = Number(info.forms.flat().find((field) => field.var === "max-file-size")?.values[0]);
      return good(`uploads: ${at} takes files${limit > 0 ? ` of up to ${formatSize(limit)}` : ""}`);
    }
  }
  return bad(
    "uploads: no upload service (XEP-0363) found",
    "Clients send files through it. Prosody: mod_http_file_share as a component; ejabberd: mod_http_upload. Declare it in disco_items if it has another domain.",
  );
}

/** Links end and leases are kept by the clock. */
async function clocks(probe: Probe, at: string): Promise<Finding> {
  try {
    const answer = await probe.ask(at, xml("time", { xmlns: NS_TIME }));
    const off = Date.parse(answer.getChild("time")?.getChildText("utc") ?? "") - Date.now();
    if (Math.abs(off) > CLOCKS_AGREE)
      return bad(
        `clock: ${formatDuration(Math.abs(off))} ${off > 0 ? "behind" : "ahead of"} the server's`,
        "Let both machines keep time by NTP.",
      );
    if (!Number.isNaN(off)) return good("clock: agrees with the server's");
  } catch {
    // Not every server tells the time.
  }
  return good("clock: the server does not tell the time, so it was not compared");
}

/** A connection with requests on it. */
class Probe {
  private readonly requests = new Requests(systemClock, 100);
  private readonly connection: ComponentConnection;

  constructor(
    private readonly domain: string,
    server: string,
    secret: string,
  ) {
    this.connection = new ComponentConnection(
      { domain, server, secret, stanza: STANZA_LIMITS, timeout: PATIENCE },
      { read: () => undefined, stanza: (stanza) => this.take(stanza), refused: () => undefined },
    );
  }

  /** Rejects with what went wrong; a stream error has its `condition`. */
  connect(): Promise<void> {
    return this.connection.establish();
  }

  /** Answers the result, rejects with the error or when none comes. */
  async ask(to: string, payload: Element): Promise<Element> {
    const { id, answer } = this.requests.open(to, PATIENCE);
    await this.connection.send(xml("iq", { type: "get", id, from: this.domain, to }, payload));
    return answer;
  }

  /** What somebody says of himself; undefined when he does not. */
  async info(of: string): Promise<DiscoInfo | undefined> {
    const answer = await this.ask(of, xml("query", { xmlns: NS_INFO })).catch(() => undefined);
    return parseInfo(answer?.getChild("query"));
  }

  /** What a server lists beside ourselves. */
  async items(of: string): Promise<string[]> {
    const answer = await this.ask(of, xml("query", { xmlns: NS_ITEMS })).catch(() => undefined);
    return parseItems(answer?.getChild("query"), Infinity)
      .filter((jid) => jid !== this.domain)
      .slice(0, MOST_ITEMS);
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  private take(stanza: Element): void {
    const { type, from, id } = stanza.attrs as Record<string, string | undefined>;
    if (stanza.name !== "iq") return;
    if (type === "result" || type === "error") this.requests.take(stanza);
    else void this.connection.send(xml("iq", { type: "result", id, from: this.domain, to: from }));
  }
}
