/** libpurple 2, the engine of Pidgin and Finch: SI file transfers, plain chat. */
import { mkdir, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { exec, run } from "../process.js";
import { tempFolder } from "../tmp.js";
import { beside, cache, drivenBy, type Client, type ClientOptions, type ClientServer } from "./client.js";

export interface Purple extends Client {
  /** Where it puts the files that it was offered. */
  readonly folder: string;
}

/** Logs in with libpurple. Prints MESSAGE from text, PRESENCE jid state, OFFER from name size, RECEIVED path, SENT path, CANCELLED name. */
export async function purple(server: ClientServer, user: string, options: ClientOptions = {}): Promise<Purple> {
  const { password = `${user}pw`, resource = "purple" } = options;
  const folder = await tempFolder("restante-purple");
  const jid = `${user}@${server.domain}`;
  const args = [`${jid}/${resource}`, password, "127.0.0.1", String(server.c2sPort), folder.path];
  const driver = run(await compiled(), args, { name: `purple ${user}`, env: { HOME: folder.path } });
  await driver.waitFor(/^ONLINE /);
  const order = (...words: string[]): void =>
    driver.write(
      words
        .map((word) => word.replace(/[\\\t\n]/g, (c) => ({ "\\": "\\\\", "\t": "\\t", "\n": "\\n" })[c]!))
        .join("\t"),
    );
  return {
    ...drivenBy(driver),
    jid,
    folder: folder.path,
    subscribe: async (to) => order("subscribe", to),
    say: async (to, text) => order("say", to, text),
    sendFile: async (path, to) => order("send", to, path),
    async close() {
      await driver.leave();
      await folder.remove();
    },
  };
}

/** The driver's program, compiled when it is missing or older than its source. */
async function compiled(): Promise<string> {
  const source = beside("purple-ft.c");
  const program = cache("purple-ft");
  const made = await stat(program).catch(() => undefined);
  if (made && made.mtimeMs > (await stat(source)).mtimeMs) return program;
  await mkdir(dirname(program), { recursive: true });
  const flags = (await exec("pkg-config", ["--cflags", "--libs", "purple", "glib-2.0"])).trim().split(/\s+/);
  const fresh = `${program}.${process.pid}`; // another worker may be compiling too
  await exec("gcc", ["-O1", "-o", fresh, source, ...flags]);
  await rename(fresh, program);
  return program;
}
