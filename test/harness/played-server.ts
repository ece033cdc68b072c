/** Restante connected to a server that the test plays at its component port: for what no real server would let through. */
import { ComponentPort, type Peer } from "./component-port.js";
import { startRestante, type Restante, type RestanteOptions } from "./restante.js";
import { vitals, type Vitals } from "./vitals.js";

const DOMAIN = "files.example.org";
export const BOT = `bot@${DOMAIN}`;
const OWN = new RegExp(`<iq [^>]*from="${DOMAIN}" to="${DOMAIN}"[^>]*><ping .*?</iq>`, "g");

export interface PlayedServer {
  readonly restante: Restante;
  write(xml: string | Uint8Array): void;
  /** Waits for an answer, and answers all stanzas that have come since the last wait, that one included. */
  until(answer: RegExp, deadline?: number): Promise<string[]>;
  /** What comes out for this: whatever was sent before the answer to a member's nonsense that follows it from the same address. */
  out(xml: string | Uint8Array, from?: string): Promise<string[]>;
  /** Begins to note what goes out; the answer tells what has since, to addresses that begin so. */
  note(): (to: string) => string[];
  /** An ordinary member still gets an ordinary answer. */
  serves(): Promise<void>;
  /** Waits until it has connected again. */
  again(): Promise<void>;
  /** How much more it holds now than at the start, after it was warmed up. */
  growth(): Promise<Vitals>;
  close(): Promise<void>;
}

export const chat = (from: string, text: string, to = BOT): string =>
  `<message from='${from}' to='${to}' type='chat'><body>${text}</body></message>`;

export async function playServer(options: RestanteOptions = {}): Promise<PlayedServer> {
  const port = await ComponentPort.listen();
  const server = { domain: "example.org", component: DOMAIN, componentPort: port.port, secret: "secret" };
  let peer: Peer;
  let heard = "";
  let last = "";
  const notes = new Set<{ text: string }>();
  let wake = (): void => undefined;
  const accept = async (): Promise<void> => {
    peer = await port.accept();
    heard = "";
    peer.socket.on("data", (text: string) => {
      // What it sends to itself comes back, as from any server.
      last = (last + text).slice(-text.length - 200);
      last = last.replace(OWN, (own) => {
        peer.write(own);
        return "";
      });
      heard += text;
      for (const note of notes) note.text += text;
      wake();
    });
  };
  const [restante] = await Promise.all([startRestante(server, options), accept()]);
  let nonsense = 0;
  let nurses = 0;

  const played: Omit<PlayedServer, "growth"> = {
    restante,
    write: (xml) => peer.write(xml),
    async until(answer, deadline = 10_000) {
      const end = Date.now() + deadline;
      for (let seen = 0; ;) {
        // Only what is new, and a stanza's length before it: a flood is long.
        const from = Math.max(0, seen - 8192);
        const found = answer.exec(from === 0 ? heard : heard.slice(from));
        seen = heard.length;
        if (found) {
          const until = from + found.index + found[0].length;
          const stanzas = stanzasIn(heard.slice(0, until));
          heard = heard.slice(until);
          return stanzas;
        }
        const left = end - Date.now();
        if (left <= 0) throw new Error(`nothing like ${answer}; there is:\n${heard.slice(-3000)}`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, left);
          wake = () => (clearTimeout(timer), resolve());
        });
      }
    },
    async out(xml, from = "romeo@example.org/orchard") {
      const word = `nonsense${++nonsense}`;
      peer.write(xml);
      peer.write(chat(from, word));
      return (await played.until(new RegExp(`<message[^>]*to="${from}"[^>]*><body>[^<]*“${word}”[^<]*</body><unstyled[^>]*></message>`))).filter((s) => !s.includes(`“${word}”`)); // prettier-ignore
    },
    note() {
      const note = { text: "" };
      notes.add(note);
      return (to) => stanzasIn(note.text).filter((s) => s.includes(`to="${to}`));
    },
    async serves() {
      const nurse = `nurse${++nurses}@example.org`; // never the same: each has only so many words in a minute
      peer.write(chat(`${nurse}/ward`, "list"));
      await played.until(
        new RegExp(`<message[^>]*to="${nurse}/ward"[^>]*><body>You keep 0 files[^<]*</body><unstyled[^>]*></message>`),
        30_000,
      );
      // Who speaks for the first time is asked to be seen, after that.
      await played.until(new RegExp(`<presence type="subscribe"[^>]*to="${nurse}"/>`));
    },
    again: accept,
    async close() {
      await restante.remove();
      await port.close();
    },
  };
  for (let i = 0; i < 20; i++) await played.serves();
  // A member who speaks for the first time is asked to be seen.
  played.write(chat("romeo@example.org/orchard", "help"));
  await played.until(/<presence type="subscribe"[^>]*to="romeo@example.org"\/>/);
  await played.out("");
  const before = await vitals(restante.process.pid);
  return {
    ...played,
    async growth() {
      const now = await vitals(restante.process.pid);
      return { rss: now.rss - before.rss, descriptors: now.descriptors - before.descriptors };
    },
  };
}

function stanzasIn(text: string): string[] {
  return text.match(/<(message|presence|iq)\b[^>]*?(?:\/>|>.*?<\/\1>)/gs) ?? [];
}
