/** libpurple 2, the engine of Pidgin and Finch: SI file transfers, plain chat. */
import { run } from "../process.js";
import { tempFolder } from "../tmp.js";
import { built, ordersTo } from "./built.js";
import { drivenBy, type Client, type ClientOptions, type ClientServer } from "./client.js";

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
  const program = await built("purple-ft.c", "purple-ft", ["purple", "glib-2.0"]);
  const driver = run(program, args, { name: `purple ${user}`, env: { HOME: folder.path } });
  await driver.waitFor(/^ONLINE /);
  const order = ordersTo(driver);
  return {
    ...drivenBy(driver, folder),
    jid,
    folder: folder.path,
    subscribe: (to) => order("subscribe", to),
    say: (to, text) => order("say", to, text),
    sendFile: (path, to) => order("send", to, path),
  };
}
