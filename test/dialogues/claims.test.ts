/** Links of the bot's own that are sent to it: claimed, not fetched. */
import { afterEach, expect, test } from "@jest/globals";
import { OfficeStage } from "../harness/office-stage.js";

const ROMEO = "romeo@example.org";
const MERCUTIO = "mercutio@example.org";
const SOURCE = "https://upload.example.org/a.txt";

let stage: OfficeStage;
afterEach(() => stage.stop());

/** Romeo has a file, and a link to it. */
async function begin(limits: { quota?: number } = {}): Promise<string> {
  stage = await new OfficeStage("sqlite::memory:", limits).start();
  stage.internet.files.set(SOURCE, Buffer.from("what light"));
  await stage.sendLink(`${ROMEO}/a`, SOURCE);
  await stage.say(`${ROMEO}/a`, "link 1");
  const url = /https:\/\/\S+\/g\/\S+/.exec(stage.heard(ROMEO).join("\n"))![0];
  stage.internet.fetches = 0;
  return url;
}

const files = (who: string): ReturnType<OfficeStage["index"]["files"]> => stage.index.files(who as never, undefined, 10); // prettier-ignore

test("one's own is what one has: its number is said, and nothing is copied", async () => {
  const url = await begin();
  await stage.sendLink(`${ROMEO}/a`, url);
  expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/a\.txt.* as number 1,/)]);
  expect(await files(ROMEO)).toHaveLength(1);
  expect(stage.internet.fetches).toBe(0);
});

test("another's becomes a copy of the same bytes, which outlives it", async () => {
  const url = await begin();
  await stage.sendLink(`${MERCUTIO}/a`, url);
  expect(stage.heard(MERCUTIO)).toEqual([expect.stringMatching(/a\.txt.* as number 1,/)]);
  const [copy] = await files(MERCUTIO);
  const [source] = await files(ROMEO);
  expect(copy).toMatchObject({ name: "a.txt", sha256: source!.sha256, mediaType: source!.mediaType });
  expect(stage.internet.fetches).toBe(0);
  await stage.say(`${ROMEO}/a`, "del 1");
  await stage.say(`${MERCUTIO}/a`, "link 1");
  const own = /https:\/\/\S+\/g\/\S+/.exec(stage.heard(MERCUTIO).join("\n"))![0];
  expect((await stage.fetch(own)).toString()).toBe("what light");
  await stage.sendLink(`${ROMEO}/a`, url);
  expect(stage.heard(ROMEO).at(-1)).toMatch(/nothing here|ended/);
});

test.each(["http://files.example.org", "https://files.example.org:443", "HTTPS://FILES.EXAMPLE.ORG"])("is known by other spellings: %s", async (spelling) => {
  const url = await begin();
  await stage.sendLink(`${ROMEO}/a`, url.replace("https://files.example.org", spelling));
  expect(stage.heard(ROMEO)).toEqual([expect.stringMatching(/as number 1,/)]);
  expect(stage.internet.fetches).toBe(0);
}); // prettier-ignore

test.each(["/g/AAAAAAAAAAAAAAAAAAAAAA/a.txt", "/u/AAAAAAAAAAAAAAAAAAAAAA/a.txt", "/healthz", "/"])("we do not dial ourselves: %s", async (path) => {
  await begin();
  await stage.sendLink(`${ROMEO}/a`, `https://files.example.org${path}`);
  expect(stage.heard(ROMEO)).toEqual(["There is nothing here."]);
  expect(stage.internet.fetches).toBe(0);
}); // prettier-ignore

test("sent to a person's address, it is a parcel for that person", async () => {
  const url = await begin();
  await stage.befriend("juliet@example.org");
  await stage.online("juliet@example.org");
  const to = "juliet\\40example.org@files.example.org";
  await stage.receive(`<message from='${ROMEO}/a' to='${to}' type='chat' id='x'><body>${url}</body><x xmlns='jabber:x:oob'><url>${url}</url></x></message>`); // prettier-ignore
  expect(await files(ROMEO)).toHaveLength(1);
  const [parcel] = await stage.index.openFor("juliet@example.org" as never, undefined, 10);
  expect(parcel).toMatchObject({ name: "a.txt", sender: ROMEO });
  expect(stage.internet.fetches).toBe(0);
});

test("a copy takes room", async () => {
  const url = await begin({ quota: 15 });
  stage.internet.files.set("https://upload.example.org/b.txt", Buffer.from("other words"));
  await stage.sendLink(`${MERCUTIO}/a`, "https://upload.example.org/b.txt");
  stage.heard(MERCUTIO);
  await stage.sendLink(`${MERCUTIO}/a`, url);
  expect(stage.heard(MERCUTIO)).toEqual([expect.stringMatching(/^Your room is full/)]);
});

test("what was ended is over", async () => {
  const url = await begin();
  await stage.clock.turn(31 * 864e5);
  await stage.sendLink(`${ROMEO}/a`, url);
  expect(stage.heard(ROMEO).join()).toMatch(/ended|nothing here/);
  expect(stage.internet.fetches).toBe(0);
});
