/** The main job with clients that nobody here wrote, through a real Prosody, on the embedded defaults. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createHash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { goSendxmpp } from "../harness/clients/go-sendxmpp.js";
import { slixmpp } from "../harness/clients/slixmpp.js";
import { startProsody, type Prosody } from "../harness/prosody.js";
import { startRestante, type Restante } from "../harness/restante.js";
import { tempFolder, type TempFolder } from "../harness/tmp.js";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

let prosody: Prosody;
let restante: Restante;
let folder: TempFolder;
beforeAll(async () => {
  folder = await tempFolder();
  prosody = await startProsody();
  restante = await startRestante(prosody);
}, 60_000);
afterAll(async () => {
  await restante?.remove();
  await prosody?.remove();
  await folder?.remove();
});

/** What a link gives, and whether it is what was sent. */
async function fetched(url: string): Promise<string> {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  return sha256(new Uint8Array(await answer.arrayBuffer()));
}

describe("a file waits for its recipient and reaches her when she comes online", () => {
  test("from go-sendxmpp to slixmpp, both away in turn", async () => {
    const bytes = randomBytes(1_500_000);
    const path = join(folder.path, "plan für Mantua.bin");
    await writeFile(path, bytes);

    // both have the bot as a contact
    for (const user of ["romeo", "juliet"]) {
      const once = await slixmpp(prosody, user, { resource: "once" });
      await once.subscribe(restante.contact);
      await once.waitEvent((e) => e.event === "presence" && e.from === `${restante.contact}/restante`);
      await once.close();
    }

    const sender = await goSendxmpp(prosody, "romeo");
    await sender.sendFile(path, restante.contact);
    await sender.close();
    const romeo = await slixmpp(prosody, "romeo");
    const kept = await romeo.waitEvent((e) => /I keep .* as number 1/.test(e.body ?? ""));
    expect(kept.body).toContain("1.4 MiB");
    await romeo.say(restante.contact, `send 1 to juliet@${prosody.domain}`);
    await romeo.waitEvent((e) => /waits for juliet/.test(e.body ?? ""));
    await romeo.close();

    const juliet = await slixmpp(prosody, "juliet");
    await juliet.waitEvent((e) => /romeo@example\.test has a file for you/.test(e.body ?? ""));
    const offer = await juliet.waitEvent((e) => e.oob !== undefined);
    expect(offer.body).toBe(offer.oob);
    expect(await fetched(offer.oob!)).toBe(sha256(bytes));

    const back = await slixmpp(prosody, "romeo");
    await back.waitEvent((e) => /juliet@example\.test has .* \(number 1\)/.test(e.body ?? ""));
    await back.close();
    await juliet.close();
  }, 60_000);
});
