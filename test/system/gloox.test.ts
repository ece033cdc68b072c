/** Files between gloox and gloox by stream initiation, through the whole program: the one who is to get them is away at first. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { gloox, type Gloox, type GlooxMethod } from "../harness/clients/gloox.js";
import { befriend, openPostOffice, sha256, type Letter, type PostOffice } from "../harness/post-office.js";
import { startProsody } from "../harness/prosody.js";

jest.setTimeout(120_000);

const SIZE = 700_001;

let office: PostOffice;
let romeo: Gloox;
let juliet: Gloox | undefined;
beforeAll(async () => {
  office = await openPostOffice(() => startProsody());
  await befriend(office.server, office.bot, "romeo", "juliet");
});
afterAll(() => office?.close());
beforeEach(async () => {
  romeo = await there();
});
afterEach(async () => {
  await Promise.all([romeo.close(), juliet?.close()]);
  juliet = undefined;
});

const herAddress = (): string => `juliet\\40${office.server.domain}@${office.server.component}`;

/** Romeo, who sees the bot, and Juliet's address there. */
async function there(): Promise<Gloox> {
  const him = await gloox(office.server, "romeo");
  await him.subscribe(herAddress());
  await him.waitFor(/^PRESENCE bot@\S+ available/);
  await him.waitFor(/^PRESENCE juliet\\40\S+ available/);
  return him;
}

/** Juliet comes, and gets what is offered to her `how`. */
const comes = (how: GlooxMethod | "no"): Promise<Gloox> => gloox(office.server, "juliet", { take: how });

async function got({ sha256: expected }: Letter, by: Gloox, name: string): Promise<void> {
  const [, path] = await by.waitFor(new RegExp(`^RECEIVED (.*/${name})$`));
  expect(sha256(await readFile(path!))).toBe(expected);
}

const logged = (how: GlooxMethod, way: "comes in" | "goes out"): Promise<unknown> =>
  office.restante.process.waitFor(new RegExp(`"kind":"${how}".*a file ${way} by stream initiation`));

describe.each<[GlooxMethod]>([["socks5"], ["in-band"]])("%s", (how) => {
  test("sent to the bot under a path, for somebody who is away; she gets it when she comes, and he is told", async () => {
    const { server, bot } = office;
    const letter = await office.letter(`${how} plan für Mantua 만토바.bin`, SIZE);
    // As gloox's own example does, he gives the whole path for a name.
    await romeo.sendAs(letter.path, bot, { methods: [how] });
    await romeo.waitFor(/^SENT /);
    await logged(how, "comes in");
    const [, number] = await romeo.waitFor(/^MESSAGE \S+ I keep \S+ plan für Mantua 만토바\.bin .* as number (\d+)\b/);
    await romeo.say(bot, `send ${number} to juliet@${server.domain}`);
    await romeo.waitFor(/^RECEIPT bot@/);
    await romeo.waitFor(/waits for juliet@/);
    await romeo.close();

    juliet = await comes(how);
    await juliet.waitFor(/^MESSAGE \S+ romeo@\S+ has a file for you: \S+ plan für Mantua 만토바\.bin/);
    await juliet.waitFor(new RegExp(`^OFFER ${bot}\\S* ${how} plan für Mantua 만토바\\.bin ${SIZE}$`));
    await got(letter, juliet, `${how} plan für Mantua 만토바\\.bin`);
    await logged(how, "goes out");

    romeo = await there();
    await romeo.waitFor(/^MESSAGE \S+ juliet@\S+ has \S+ plan für Mantua 만토바\.bin/);
  });

  test("two at once, to her own address here, and both ways", async () => {
    const letters = [await office.letter(`${how} 1.bin`, SIZE), await office.letter(`${how} 2.bin`, SIZE)];
    for (const { path } of letters) await romeo.sendAs(path, herAddress(), { methods: [how] });
    for (const n of [1, 2])
      await romeo.waitFor(new RegExp(`^MESSAGE juliet\\\\40\\S+ \\S+ ${n}\\.bin \\(.*waits for juliet@`));
    juliet = await comes(how);
    await Promise.all(letters.map((letter, i) => got(letter, juliet!, `${how} ${i + 1}\\.bin`)));
    for (const n of [1, 2]) await romeo.waitFor(new RegExp(`^MESSAGE \\S+ juliet@\\S+ has \\S+ ${n}\\.bin`));
  });

  test("he vanishes in the middle, and sends it again; she vanishes in the middle, and gets it when she comes again", async () => {
    const letter = await office.letter(`${how} twice.bin`, SIZE);
    await romeo.freeze();
    await romeo.sendAs(letter.path, herAddress(), { methods: [how] });
    await romeo.waitFor(/^FROZEN /);
    await romeo.kill();
    romeo = await there();
    await romeo.waitFor(/^MESSAGE \S+ The transfer of \S+ twice\.bin was cut/);
    await romeo.sendAs(letter.path, herAddress(), { methods: [how] });
    await romeo.waitFor(/^MESSAGE \S+ \S+ twice\.bin \(.*waits for juliet@/);

    juliet = await comes(how);
    await juliet.freeze();
    await juliet.waitFor(/^FROZEN /);
    await juliet.kill();
    juliet = await comes(how);
    await got(letter, juliet, `${how} twice\\.bin`);
    await romeo.waitFor(/^MESSAGE \S+ juliet@\S+ has \S+ twice\.bin/);
  });
});

test("she declines: he is told, and it is offered no more", async () => {
  const letter = await office.letter("unwelcome.bin", SIZE);
  await romeo.sendFile(letter.path, herAddress());
  await romeo.waitFor(/waits for juliet@/);
  juliet = await comes("no");
  await juliet.waitFor(/^OFFER \S+ unwelcome\.bin/);
  await romeo.waitFor(/^MESSAGE \S+ juliet@\S+ does not want unwelcome\.bin/);
  await juliet.close();
  const welcome = await office.letter("welcome.bin", 1);
  await romeo.sendFile(welcome.path, herAddress());
  juliet = await comes("socks5");
  await got(welcome, juliet, "welcome\\.bin");
  expect(juliet.lines.join("\n")).not.toContain("unwelcome");
});
