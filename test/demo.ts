/**
 * The main job, shown step by step on the terminal: a real Prosody, Restante on its embedded defaults, and two clients that nobody
 * here wrote (go-sendxmpp and slixmpp). Then it stays up for one's own client; with --once it ends.
 */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { formatSize } from "../component/lib/units.js";
import { goSendxmpp } from "./harness/clients/go-sendxmpp.js";
import { slixmpp, type Slixmpp } from "./harness/clients/slixmpp.js";
import { exec } from "./harness/process.js";
import { passwordOf, startProsody } from "./harness/prosody.js";
import { startRestante } from "./harness/restante.js";
import { tempFolder } from "./harness/tmp.js";

const SIZE = 24 * 2 ** 20;
const NAME = "balcony scene.mov";
const stays = !process.argv.includes("--once");

const colour = process.stdout.isTTY && !process.env["NO_COLOR"];
const paint = (code: number, text: string): string => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
const say = (text = ""): void => void process.stdout.write(`${text}\n`);
const chapter = (text: string): void => say(`\n${paint(1, text)}`);
const done = (text: string): void => say(`  ${paint(32, "✔")} ${text}`);
const chat = (who: string, text: string): void =>
  say(`  ${paint(36, who.padEnd(7))} ${text.replaceAll("\n", "\n          ")}`);
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const oneLine = /(.{1,100})(\s|$)/g;
const wrap = (text: string): string => text.replace(oneLine, "$1\n").trimEnd();

/** Shows how far something is, on one line where there is a terminal. */
function bar(got: number, size: number, began: number): void {
  const full = Math.floor((30 * got) / size);
  const rate = formatSize(got / ((performance.now() - began) / 1000));
  const text = `  ${"█".repeat(full)}${"░".repeat(30 - full)} ${Math.floor((100 * got) / size)} %  ${formatSize(got)} of ${formatSize(size)}, ${rate}/s`;
  if (process.stdout.isTTY) process.stdout.write(`\r${text}\x1b[K${got === size ? "\n" : ""}`);
  else if (got === size) say(text);
}

/** What she downloads, with a bar. */
async function download(url: string): Promise<Buffer> {
  const answer = await fetch(url);
  if (answer.status !== 200 || !answer.body) throw new Error(`the link answered ${answer.status}`);
  const size = Number(answer.headers.get("content-length"));
  const chunks: Uint8Array[] = [];
  const began = performance.now();
  let got = 0;
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    got += chunk.length;
    bar(got, size, began);
  }
  return Buffer.concat(chunks);
}

const heard = async (client: Slixmpp, words: RegExp): Promise<string> => {
  const { body = "" } = await client.waitEvent((e) => e.event === "message" && words.test(e.body ?? ""), 60_000);
  chat("bot", wrap(body));
  return body;
};

async function show(): Promise<void> {
  say(paint(1, "Restante keeps a file for someone who is away, and hands it over the moment they come online."));
  chapter("The house");
  const folder = await tempFolder("restante-demo");
  const prosody = await startProsody({ domain: "verona.test" });
  done(
    `Prosody takes clients on 127.0.0.1:${prosody.c2sPort}, uploads on :${prosody.httpsPort}, components on :${prosody.componentPort}`,
  );
  const restante = await startRestante(prosody);
  const bot = restante.contact;
  done(`Restante is connected as ${prosody.component} (SQLite, local folder), its web end is ${restante.webUrl}`);
  for (const user of ["romeo", "juliet"]) {
    const client = await slixmpp(prosody, user, { resource: "first" });
    await client.subscribe(bot);
    await client.waitEvent((e) => e.event === "presence" && e.from === `${bot}/restante`);
    await client.close();
  }
  done(`romeo and juliet @${prosody.domain} have ${bot} among their contacts`);

  chapter("Romeo is online, Juliet is away");
  const bytes = randomBytes(SIZE);
  const path = join(folder.path, NAME);
  await writeFile(path, bytes);
  const romeo = await slixmpp(prosody, "romeo");
  const sender = await goSendxmpp(prosody, "romeo");
  chat("Romeo", `sends the bot “${NAME}”, ${formatSize(SIZE)}, with go-sendxmpp`);
  say(`          sha-256 ${sha256(bytes)}`);
  await sender.sendFile(path, bot);
  await sender.close();
  const kept = await heard(romeo, /I keep /);
  const number = /number (\d+)/.exec(kept)![1]!;
  const order = `send ${number} to juliet@${prosody.domain}`;
  chat("Romeo", order);
  await romeo.say(bot, order);
  await heard(romeo, /waits for/);

  chapter("Romeo logs off: nobody is online but the bot");
  await romeo.close();
  done("the file is kept, the parcel waits");

  chapter("Juliet comes online, with slixmpp");
  const juliet = await slixmpp(prosody, "juliet");
  await heard(juliet, /has a file for you/);
  const { oob: url = "" } = await juliet.waitEvent((e) => e.oob !== undefined && e.oob !== "");
  chat("bot", url);
  chat("Juliet", "opens the link");
  const got = await download(url);
  say(`          sha-256 ${sha256(got)}`);
  if (!got.equals(bytes)) throw new Error("she got other bytes than he sent");
  done("the same bytes");

  chapter("Romeo is back, and is told");
  const back = await slixmpp(prosody, "romeo");
  await heard(back, /has been offered/);
  await heard(back, /^juliet@\S+ has /);
  chat("Romeo", `status ${number}`);
  await back.say(bot, `status ${number}`);
  await heard(back, /delivered/);
  await back.close();
  await juliet.close();

  if (stays) {
    const version = (await exec("prosodyctl", ["about"]).catch(() => "")).match(/Prosody (\S+)/)?.[1] ?? "";
    chapter("It stays up: try it with your own client");
    say(
      `  server    127.0.0.1, port ${prosody.c2sPort} without encryption, port ${prosody.c2sTlsPort} with direct TLS (Prosody ${version})`,
    );
    say(`  trust     ${prosody.certFile}`);
    for (const user of ["romeo", "juliet", "mercutio", "nurse"])
      say(`  account   ${user}@${prosody.domain}, password ${passwordOf(user)}`);
    say(`  contact   ${bot}   (say “help” to it)`);
    say(`  files     ${restante.folder}`);
    say("  Ctrl-C ends it and removes everything.");
    await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  }
  await restante.remove();
  await prosody.remove();
  await folder.remove();
  say(`\n${paint(32, "Done.")}`);
}

show().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(
      `\n${paint(31, "The demo failed:")} ${error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exit(1);
  },
);
