/** Profanity, the client for terminals, on a terminal that nobody sees: typed at with tmux, read from what it has drawn. */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { exec, run } from "../process.js";
import { tempFolder } from "../tmp.js";
import type { Client, ClientOptions, ClientServer } from "./client.js";

const DEADLINE = 20_000;

export interface Profanity extends Client {
  /** Types a line, a command like "/msg juliet@example.test" or text for the window in front. */
  type(line: string): Promise<void>;
  /** Fetches an address that the window in front has shown into a file. */
  download(url: string, path: string): Promise<void>;
}

/**
 * Logs in with Profanity. Its screen is 220 columns wide and keeps no more than its window shows, so wait for what has just come;
 * `waitFor` sees each line of the screen anew every time.
 */
export async function profanity(server: ClientServer, user: string, options: ClientOptions = {}): Promise<Profanity> {
  const { password = `${user}pw`, resource = "profanity" } = options;
  const jid = `${user}@${server.domain}`;
  const folder = await tempFolder("restante-profanity");
  const path = (...parts: string[]): string => join(folder.path, ...parts);
  await mkdir(path("config", "profanity"), { recursive: true });
  await mkdir(path("data", "profanity"), { recursive: true });
  await writeFile(
    path("config", "profanity", "profrc"),
    "[ui]\nsplash=false\nwrap=false\noccupants=false\n[notifications]\nmessage=false\n",
  );
  await mkdir(path("data", "profanity", "certs"));
  await copyFile(server.certFile, path("data", "profanity", "certs", "CAfile.pem")); // trusted by its uploads and downloads
  const account = {
    enabled: "true",
    jid,
    password,
    resource,
    server: "127.0.0.1",
    port: server.c2sPort,
    "tls.policy": "disable",
    "presence.last": "online",
  };
  const lines = Object.entries(account).map(([key, value]) => `${key}=${value}`);
  await writeFile(path("data", "profanity", "accounts"), [`[test]`, ...lines, ""].join("\n"));

  const socket = path("tmux");
  const tmux = (...args: string[]): Promise<string> => exec("tmux", ["-N", "-S", socket, ...args]);
  const env = {
    HOME: folder.path,
    XDG_CONFIG_HOME: path("config"),
    XDG_DATA_HOME: path("data"),
    LC_ALL: "C.UTF-8",
    TERM: "xterm",
    TMUX: undefined,
  };
  const terminal = run("tmux", ["-S", socket, "-f", "/dev/null", "-D"], { env, name: `profanity ${user}` });
  await terminal.during(async (signal) => {
    // tmux does not say when it is ready for orders.
    const begin = (): Promise<boolean> =>
      tmux("new-session", "-d", "-x", "220", "-y", "50", "profanity -a test").then(
        () => true,
        () => false,
      );
    while (!(await begin())) {
      signal.throwIfAborted();
      await delay(50);
    }
  });

  await tmux("set-option", "-s", "exit-empty", "on"); // tmux ends with Profanity

  let screen: string[] = [];
  async function waitFor(pattern: RegExp, deadline = DEADLINE): Promise<RegExpExecArray> {
    const end = Date.now() + deadline;
    for (;;) {
      screen = (await tmux("capture-pane", "-p", "-J")).split("\n");
      const match = screen.map((line) => pattern.exec(line)).find((found) => found !== null);
      if (match) return match;
      // A person would look at the chat that has come.
      const news = screen.map((line) => /<< chat message: .* \(win (\d+)\)/.exec(line)).find((found) => found !== null);
      if (news) await type(`/win ${news[1]}`);
      if (Date.now() > end) throw new Error(`profanity shows nothing like ${pattern}:\n${screen.join("\n")}`);
      await delay(100);
    }
  }
  async function type(line: string): Promise<void> {
    await tmux("send-keys", "-l", line);
    await tmux("send-keys", "Enter");
  }
  await waitFor(/logged in successfully/);

  return {
    jid,
    get lines() {
      return screen;
    },
    waitFor,
    type,
    subscribe: (to) => type(`/sub request ${to}`),
    say: (to, text) => type(`/msg ${to} ${text}`),
    async sendFile(file, to) {
      // It asks the server what it can do after the log-in, and uploads nothing before it knows. These answers come after those.
      await type("/win 1");
      await type(`/disco items ${server.domain}`);
      await waitFor(new RegExp(`^.*upload\\.${server.domain}`));
      await type(`/disco info upload.${server.domain}`);
      await waitFor(/urn:xmpp:http:upload:0/);
      await type(`/msg ${to}`);
      await type(`/sendfile ${file}`);
    },
    async download(url, path) {
      await type(`/url save ${url} ${path}`);
      // At 100% the end of the file may still be in its buffer: "done" comes when it is closed.
      const which = url.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      await waitFor(new RegExp(`Downloading .*${which}.*: done`));
    },
    async close() {
      await type("/quit");
      await terminal.leave();
      await folder.remove();
    },
    async kill() {
      await terminal.kill();
      await folder.remove();
    },
  };
}
