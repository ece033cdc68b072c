/** A real server with Restante beside it, and what tests of the main job do around them. */
import { expect } from "@jest/globals";
import { createHash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { xml, xmppUser, type LogInServer } from "./clients/xmppjs.js";
import type { Prosody } from "./prosody.js";
import { startRestante, type ComponentServer, type Restante, type RestanteOptions } from "./restante.js";
import { tempFolder } from "./tmp.js";

type Server = ComponentServer & LogInServer & { remove(): Promise<void> };

export interface PostOffice<S extends Server = Prosody> {
  readonly server: S;
  readonly restante: Restante;
  /** The contact's address. */
  readonly bot: string;
  /** For the test's own files. */
  readonly folder: string;
  /** Writes a file of random bytes. */
  letter(name: string, size: number): Promise<Letter>;
  /** Ends everything and removes what it wrote. */
  close(): Promise<void>;
}

export interface Letter {
  readonly path: string;
  readonly sha256: string;
}

/** Starts both, the server as `start` says; the contact is there when this settles. */
export async function openPostOffice<S extends Server>(
  start: () => Promise<S>,
  options: RestanteOptions = {},
): Promise<PostOffice<S>> {
  const folder = await tempFolder("restante-letters");
  const server = await start();
  const running = await startRestante(server, options);
  return {
    server,
    restante: running,
    bot: running.contact,
    folder: folder.path,
    async letter(name, size) {
      const bytes = randomBytes(size);
      const path = join(folder.path, name);
      await writeFile(path, bytes);
      return { path, sha256: sha256(bytes) };
    },
    async close() {
      await running.remove();
      await server.remove();
      await folder.remove();
    },
  };
}

/** Each of them adds the bot to his contacts, lets it see him, and leaves. */
export async function befriend(server: LogInServer, bot: string, ...users: string[]): Promise<void> {
  for (const user of users) {
    const once = await xmppUser(server, user, { resource: "once" });
    const both = once.waitStanza((s) => {
      const items = s.getChild("query", "jabber:iq:roster")?.getChildren("item") ?? [];
      return items.some((item) => item.attrs.jid === bot && item.attrs.subscription === "both");
    });
    await once.send(xml("presence", { to: bot, type: "subscribe" }));
    await both;
    await once.stop();
  }
}

/** Lower-case hex. */
export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The SHA-256 of what a link gives. */
export async function fetched(url: string): Promise<string> {
  const answer = await fetch(url);
  expect([answer.status, url]).toEqual([200, url]);
  const hash = createHash("sha256");
  for await (const chunk of answer.body!) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}
