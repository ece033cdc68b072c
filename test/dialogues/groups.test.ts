/** Groups, as their owner makes, uses and ends them in chat. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { bare } from "../../component/lib/jid.js";
import { OfficeStage } from "../harness/office-stage.js";

const ROMEO = "romeo@example.org";
const REPORT = "https://upload.example.org/x/report.pdf";

let stage: OfficeStage;
beforeEach(async () => {
  stage = await new OfficeStage("sqlite::memory:", { commands: 1000, invitations: 1000 }).start();
  stage.internet.files.set(REPORT, Buffer.from("what Friar Laurence has to say"));
  await stage.befriend(ROMEO);
  await stage.online(ROMEO);
});
afterEach(() => stage.stop());

/** What is answered, in one. */
async function ask(text: string, from = ROMEO): Promise<string> {
  await stage.say(`${from}/home`, text);
  return stage.heard(from).join("\n");
}

describe("a group", () => {
  test("comes into being with its first address, grows, shrinks, and ends with its last", async () => {
    expect(await ask("grouplist")).toMatch(/^You have no groups/);
    expect(await ask("groupadd Book Club juliet@example.org, nurse@example.org")).toMatch(/^New group Book Club: 2 people/); // prettier-ignore
    expect(await ask("groupadd book club Juliet@example.org paris@example.org")).toBe("book club has 3 people now.");
    expect(await ask("grouplist")).toBe("Your groups:\nBook Club · 3 people");
    expect(await ask("grouplist BOOK CLUB")).toBe("Book Club: 3 people.\njuliet@example.org\nnurse@example.org\nparis@example.org"); // prettier-ignore
    expect(await ask("groupdel book club nurse@example.org, romeo@example.org")).toBe("Taken out of Book Club: nurse@example.org."); // prettier-ignore
    expect(await ask("groupdel book club nurse@example.org")).toBe("Nobody of these is in Book Club.");
    await ask("groupdel book club juliet@example.org paris@example.org");
    expect(await ask("grouplist")).toMatch(/^You have no groups/);
  });

  test("that was ended can be made again with what was answered", async () => {
    await ask("groupadd “Book Club” juliet@example.org, nurse@example.org");
    const answer = await ask("groupdel book club");
    expect(answer.split("\n")[1]).toBe("groupadd Book Club juliet@example.org, nurse@example.org");
    expect(await ask(answer.split("\n")[1]!)).toMatch(/^New group Book Club: 2 people/);
  });

  test("is its owner's: nobody else has it, or learns that he is in it", async () => {
    await ask("groupadd friends juliet@example.org");
    await stage.befriend("juliet@example.org");
    expect(await ask("grouplist", "juliet@example.org")).toMatch(/^You have no groups/);
    expect(await ask("grouplist friends", "juliet@example.org")).toMatch(/^You have no group “friends”/);
  });

  test("of a name that is not there is answered with the nearest", async () => {
    await ask("groupadd Family juliet@example.org");
    expect(await ask("send 1 to famly")).toMatch(/^You have no file/); // the file is looked for first
    await stage.sendLink(`${ROMEO}/home`, REPORT);
    stage.heard(ROMEO);
    expect(await ask("send 1 to famly")).toMatch(/^You have no group “famly”\. Did you mean “Family”\?/);
    expect(await ask("send 1 to colleagues")).not.toMatch(/mean/);
    expect(await ask("groupdel Fmily juliet@example.org")).toMatch(/Did you mean “Family”/);
  });

  test("has its limits", async () => {
    const many = (n: number): string => Array.from({ length: n }, (_, i) => `u${i}@example.org`).join(", ");
    expect(await ask(`groupadd all ${many(51)}`)).toMatch(/up to 50 people/);
    expect(await ask(`groupadd all ${many(50)}`)).toMatch(/^New group all: 50 people/);
    expect(await ask("groupadd all one-more@example.org")).toMatch(/up to 50 people/);
    for (let i = 1; i < 100; i++) await stage.index.addToGroup(bare(ROMEO), `g${i}`, [bare("u@example.org")]);
    expect(await ask("groupadd another u@example.org")).toMatch(/100 groups already/);
    expect(await ask("groupadd g1 v@example.org")).toBe("g1 has 2 people now.");
  });
});

describe("send", () => {
  beforeEach(async () => {
    await stage.sendLink(`${ROMEO}/home`, REPORT);
    for (const who of ["juliet", "nurse", "paris"]) await stage.befriend(`${who}@example.org`);
    await ask("groupadd Family juliet@example.org, nurse@example.org");
    await ask("groupadd Book Club nurse@example.org, paris@example.org");
  });
  const reached = async (): Promise<string[]> => {
    const [file] = await stage.index.findFiles(bare(ROMEO), 1, 1);
    return (await stage.index.parcelsOf(file!.id, 100)).map(({ recipient }) => recipient).sort();
  };

  test("to a group reaches everybody in it", async () => {
    await ask("send 1 to family");
    expect(await reached()).toEqual(["juliet@example.org", "nurse@example.org"]);
  });

  test("to groups and addresses reaches each person once", async () => {
    await ask("send 1 to family, book club and tybalt@example.org, juliet@example.org");
    expect(await reached()).toEqual(["juliet@example.org", "nurse@example.org", "paris@example.org", "tybalt@example.org"]); // prettier-ignore
  });

  test("to a group of which one name is wrong reaches nobody", async () => {
    expect(await ask("send 1 to family, bok club")).toMatch(/Did you mean “Book Club”/);
    expect(await reached()).toEqual([]);
  });

  test("to more than fifty people reaches nobody", async () => {
    const many = Array.from({ length: 49 }, (_, i) => `u${i}@example.org`).join(", ");
    expect(await ask(`send 1 to family, ${many}`)).toMatch(/more than 50 people at once/);
    expect(await reached()).toEqual([]);
  });

  test("to somebody under his address here reaches him", async () => {
    await ask("send 1 to juliet\\40example.org@files.example.org, family");
    expect(await reached()).toEqual(["juliet@example.org", "nurse@example.org"]);
  });

  test("who left the group afterwards keeps what he was sent", async () => {
    await ask("send 1 to family");
    await ask("groupdel family juliet@example.org");
    expect(await reached()).toEqual(["juliet@example.org", "nurse@example.org"]);
    await stage.clock.turn(5_000);
    await stage.settle();
    stage.heard(ROMEO);
    await ask("resend 1 to family");
    await stage.clock.turn(5_000);
    await stage.settle();
    expect(stage.heard(ROMEO).join()).toMatch(/report\.pdf \(number 1\) for 2 people/);
  });
});
