/** `restante doctor`: looks at every part that Restante needs, and says what to do about what does not work. */
import { createServer } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";
import { once } from "node:events";
import { loadConfig, type Config } from "./config.js";
import { askServer } from "./doctor-server.js";
import { bad, good, place, wordsOf, type Finding } from "./finding.js";
import { label } from "./control/words.js";
import { ClamdScanner } from "./inspect/clamd.js";
import { systemClock } from "./lib/clock.js";
import { randomId } from "./lib/ids.js";
import type { Log } from "./lib/log.js";
import { openBlobStore } from "./storage/blob/open.js";
import { openIndex } from "./storage/index/open.js";

const PATIENCE = 5_000; // ms for each answer

/** Looks at one part after the other; each finding comes as soon as it is known. */
export async function* examine(file: string | undefined, env: NodeJS.ProcessEnv, log: Log): AsyncGenerator<Finding> {
  let config: Config;
  try {
    config = loadConfig(file, env);
  } catch (e) {
    yield bad(`configuration: ${wordsOf(e)}`, "Correct it; docs/configuration.md tells every key.");
    return;
  }
  yield good(`configuration: ${file ?? "from the environment"}`);
  const running = await health(config);
  if (running) yield good(`Restante is running and answers at ${config.web.url}/healthz`);
  yield* server(config, running);
  yield await database(config, log);
  yield await storage(config, log);
  yield await web(config, running);
  yield await streams(config, running);
  if (config.check.clamd !== "") yield await virusCheck(config.check);
}

/** What a running Restante says of itself; undefined when none answers where it would listen. */
interface Health {
  readonly component: boolean;
}

async function health(config: Config): Promise<Health | undefined> {
  const { host, port } = config.web.listen;
  const local = place({ host: host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host, port });
  try {
    const answer = await fetch(`http://${local}/healthz`, { signal: AbortSignal.timeout(PATIENCE) });
    const said = (await answer.json()) as Partial<Health>;
    return typeof said.component === "boolean" ? { component: said.component } : undefined;
  } catch {
    return undefined;
  }
}

async function virusCheck({ clamd, file }: Config["check"]): Promise<Finding> {
  const scanner = new ClamdScanner({ address: clamd, clock: systemClock });
  try {
    await scanner.check(file);
    return good(`virus check: ${clamd} answers, ${label(await scanner.version())}`);
  } catch (e) {
    return bad(
      `virus check: ${clamd}: ${wordsOf(e)}`,
      "See that clamd runs and listens there (LocalSocket, or TCPSocket and TCPAddr in clamd.conf), and that StreamMaxLength and MaxFileSize there are no smaller than [check] file.",
    );
  }
}

async function* server(config: Config, running: Health | undefined): AsyncGenerator<Finding> {
  const url = new URL(config.xmpp.server);
  const [host, port] = [url.hostname.replace(/^\[(.*)\]$/, "$1"), Number(url.port) || 5347];
  const where = place({ host, port });
  try {
    await reach(host, port);
  } catch (e) {
    yield bad(
      `server: nothing takes connections at ${where} (${wordsOf(e)})`,
      "Start the XMPP server, see that it listens for components there (Prosody: component_ports and component_interfaces; ejabberd: ejabberd_service), or correct [xmpp] server.",
    );
    return;
  }
  yield good(`server: takes connections at ${where}`);
  // A second connection could push out the first (Prosody's "kick_old") or take stanzas from it (ejabberd): not while one runs.
  if (!running) yield* askServer(config);
  else if (running.component) yield good("secret: accepted, the running Restante is connected");
  else yield bad("the running Restante is not connected", "Its log says why. Stop it and run this again to see more.");
}

async function reach(host: string, port: number): Promise<void> {
  const socket = connect({ host, port });
  const late = setTimeout(() => socket.destroy(new Error("no answer")), PATIENCE);
  try {
    await once(socket, "connect");
  } finally {
    clearTimeout(late);
    socket.destroy();
  }
}

async function database(config: Config, log: Log): Promise<Finding> {
  const kind = config.database.url.startsWith("sqlite:") ? config.database.url : "PostgreSQL";
  const index = openIndex(config.database.url, { log, clock: systemClock, role: "tool" });
  try {
    await index.start();
    await index.check();
    return good(`database: ${kind}, opens, is up to date and can be written`);
  } catch (e) {
    return bad(
      `database: ${kind}: ${wordsOf(e)}`,
      "See that the folder can be written (SQLite), or that the server runs and takes this user (PostgreSQL): [database] url.",
    );
  } finally {
    await index.stop().catch(() => undefined);
  }
}

async function storage(config: Config, log: Log): Promise<Finding> {
  const { url } = config.storage;
  try {
    const blobs = openBlobStore(config.storage, log);
    try {
      await blobs.start();
      await blobs.check();
      return good(`storage: ${url}, a probe was written, read and removed`);
    } finally {
      await blobs.stop().catch(() => undefined);
    }
  } catch (e) {
    return bad(
      `storage: ${url}: ${wordsOf(e)}`,
      "See that the folder can be written, or that the bucket exists and the keys may write to it: [storage].",
    );
  }
}

/** Whether [web] url leads to [web] listen: to the running Restante, or to a listener that is put there for a moment. */
async function web(config: Config, running: Health | undefined): Promise<Finding> {
  const { listen, url } = config.web;
  const where = place(listen);
  if (running) return reached(url, "/healthz", (text) => text.includes('"component"'), where);
  const token = randomId();
  const stand = createServer((_request, response) => response.end(token));
  try {
    await once(stand.listen(listen.port, listen.host), "listening");
  } catch (e) {
    return bad(
      `web: cannot listen at ${where} (${wordsOf(e)})`,
      "Another program may have that port, or the address is not this machine's: [web] listen.",
    );
  }
  try {
    return await reached(url, "/", (text) => text === token, where);
  } finally {
    stand.closeAllConnections();
    stand.close();
  }
}

/** Whether [streams] host leads to [streams] listen, as {@link web}. What answers there has to speak SOCKS5, or be ourselves for a moment. */
async function streams({ streams: { listen, host } }: Config, running: Health | undefined): Promise<Finding> {
  const [outside, inside] = [place({ host, port: listen.port }), place(listen)];
  const stand = createTcpServer((socket) =>
    socket.once("data", () => socket.end(GREETED)).on("error", () => undefined),
  );
  try {
    if (!running) await once(stand.listen(listen.port, listen.host), "listening");
  } catch (e) {
    return bad(
      `streams: cannot listen at ${inside} (${wordsOf(e)})`,
      "Another program may have that port, or the address is not this machine's: [streams] listen.",
    );
  }
  try {
    if (await greets(host, listen.port)) return good(`streams: ${outside} leads to ${inside}`);
    return bad(`streams: ${outside} is answered by somebody else`, STREAMS_REMEDY);
  } catch (e) {
    return bad(`streams: ${outside} cannot be reached from here (${wordsOf(e)})`, STREAMS_REMEDY);
  } finally {
    stand.close();
  }
}

const STREAMS_REMEDY =
  "Clients that send by Jingle or SI connect there. See that the name leads to this machine and the port is open, or correct [streams] host and listen. Without it their files come over the server's proxy or, slowly, within the chat's own connection.";

/** RFC 1928 §3: version 5, one method, no authentication; and what answers it. */
const GREETING = Buffer.from([5, 1, 0]);
const GREETED = Buffer.from([5, 0]);

async function greets(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  const late = setTimeout(() => socket.destroy(new Error("no answer")), PATIENCE);
  try {
    socket.write(GREETING);
    const [answer] = (await once(socket, "data")) as [Buffer];
    return answer.equals(GREETED);
  } finally {
    clearTimeout(late);
    socket.destroy();
  }
}

async function reached(url: string, path: string, isOurs: (text: string) => boolean, where: string): Promise<Finding> {
  const remedy = `People get links that begin with this address. See that it leads to ${where} (name, port forwarding, reverse proxy, certificate), or correct [web] url.`;
  try {
    const answer = await fetch(url + path, { signal: AbortSignal.timeout(PATIENCE), redirect: "error" });
    if (isOurs(await answer.text())) return good(`web: ${url} leads to ${where}`);
    return bad(`web: ${url} is answered by somebody else (status ${answer.status})`, remedy);
  } catch (e) {
    return bad(`web: ${url} cannot be reached (${wordsOf(e)})`, remedy);
  }
}
