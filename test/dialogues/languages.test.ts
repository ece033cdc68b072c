/** Everybody is spoken to in his own language: that of his stanzas, or the one that he chose. */
import { afterEach, describe, expect, test } from "@jest/globals";
import { Refusal } from "../../component/lib/errors.js";
import { say } from "../../component/lib/said.js";
import { OfficeStage } from "../harness/office-stage.js";
import { tempFolder } from "../harness/tmp.js";

const BOT = "bot@files.example.org";
const ROMEO = "romeo@example.org";
const JULIET = "juliet@example.org";
const PHOTO = "https://upload.example.org/x/photo.jpg";

let stage: OfficeStage;
afterEach(() => stage.stop());
const begin = async (...args: ConstructorParameters<typeof OfficeStage>): Promise<void> => {
  stage = await new OfficeStage(...args).start();
  stage.internet.files.set(PHOTO, Buffer.from("not really a photo"));
};

const online = (jid: string, lang: string): Promise<void> =>
  stage.receive(`<presence from='${jid}/home' to='${BOT}' xml:lang='${lang}'/>`);
const speak = (jid: string, lang: string, text: string): Promise<void> =>
  stage.receive(`<message from='${jid}/home' to='${BOT}' xml:lang='${lang}' type='chat' id='${Math.random()}'><body>${text}</body></message>`); // prettier-ignore

describe("the main job", () => {
  test("he is Korean and she is German: each receipt and each offer in the language of who reads it", async () => {
    await begin();
    await stage.befriend(ROMEO);
    await stage.befriend(JULIET);
    await online(ROMEO, "ko");
    await stage.sendLink(`${ROMEO}/home`, PHOTO);
    expect(stage.heard(ROMEO)).toEqual([
      expect.stringMatching(/^photo\.jpg \(18바이트\) 파일을 1번으로 \d{4}년 .*까지 보관합니다\./),
    ]);
    await stage.say(`${ROMEO}/home`, `send 1 to ${JULIET}`);
    expect(stage.heard(ROMEO)).toEqual([
      expect.stringMatching(/^photo\.jpg \(1번\) 파일이 juliet@example\.org 님을 기다리고 있습니다\./),
    ]);
    await online(JULIET, "de-CH");
    expect(stage.heard(JULIET)).toEqual([
      expect.stringMatching(
        /^romeo@example\.org hat eine Datei für Sie: photo\.jpg \(18 Byte\)\. .*Sie liegt bis \d+\. \p{L}+ \d{4} hier\.$/u,
      ),
      expect.stringMatching(/^https:/),
    ]);
    await stage.say(`${JULIET}/home`, "decline photo.jpg");
    expect(stage.heard(JULIET)).toEqual([expect.stringMatching(/^Abgelehnt: photo\.jpg von romeo@example\.org\./)]);
    expect(stage.heard(ROMEO)).toEqual([
      expect.stringMatching(/juliet@example\.org 님에게 제안했습니다\.$/),
      "juliet@example.org 님이 photo.jpg (1번) 파일을 거절했습니다.",
    ]);
    await stage.say(`${ROMEO}/home`, "status 1");
    expect(stage.heard(ROMEO).join()).toMatch(
      /^photo\.jpg \(1번\):\n.*까지 보관\njuliet@example\.org · 거절됨 · \d{4}년.* UTC\n/,
    );
  });

  test("a file that is refused is refused in words, with what is inside them in the same language", async () => {
    await begin();
    stage.internet.files.set(PHOTO, new Refusal("link-bad", { why: say("link/endless") }));
    await stage.befriend(ROMEO);
    await online(ROMEO, "de");
    await stage.sendLink(`${ROMEO}/home`, PHOTO);
    expect(stage.heard(ROMEO)).toEqual([
      "photo.jpg wurde nicht aufbewahrt. Diesen Link kann ich nicht holen: er führt immer weiter.",
    ]);
    await stage.say(`${ROMEO}/home`, "senf 1");
    expect(stage.heard(ROMEO)).toEqual(["„senf“ kenne ich nicht. Meinten Sie „send“? „help“ zeigt, was ich kann."]);
  });
});

describe("the choice", () => {
  test("without one he is told what there is; by its name or its tag it is his, and his stanzas say what they will", async () => {
    await begin();
    await stage.say(`${ROMEO}/home`, "language");
    expect(stage.heard(ROMEO)).toEqual([
      "I speak English with you, because your messages are in it or in none that I know. You can choose:\nlanguage en · English\nlanguage de · Deutsch\nlanguage ko · 한국어\nlanguage auto · that of your messages",
    ]);
    await speak(ROMEO, "en", "language Deutsch");
    expect(stage.heard(ROMEO).join()).toMatch(/^Ich spreche Deutsch mit Ihnen\. Zur Wahl stehen:/);
    await speak(ROMEO, "ko", "list");
    expect(stage.heard(ROMEO)).toEqual(["Sie haben hier 0 Dateien: 0 Byte von 2,9 MiB."]);
    await speak(ROMEO, "ko", "language auto");
    expect(stage.heard(ROMEO).join()).toMatch(/^보내시는 메시지가 한국어로/);
    await speak(ROMEO, "fr", "list"); // none of ours: as before
    expect(stage.heard(ROMEO).join()).toMatch(/^보관 중인 파일은 0개입니다/);
    await speak(ROMEO, "ko", "language klingon");
    expect(stage.heard(ROMEO)).toEqual(["“klingon” 언어는 하지 못합니다. 이렇게 써 주세요: language [단어]"]);
  });

  test("it is kept: the next process knows it when she comes, and says in it what has waited", async () => {
    const folder = await tempFolder("restante-languages");
    try {
      const records = `sqlite:${folder.path}/records.db`;
      await begin(records);
      const { blobs } = stage;
      await stage.befriend(JULIET);
      await stage.say(`${JULIET}/home`, "language ko");
      await stage.befriend(ROMEO);
      await stage.online(ROMEO);
      await stage.sendLink(`${ROMEO}/home`, PHOTO);
      await stage.say(`${ROMEO}/home`, `send 1 to ${JULIET}`);
      await stage.stop();

      await begin(records, {}, { blobs });
      await online(JULIET, "de");
      expect(stage.heard(JULIET)).toEqual([
        expect.stringMatching(/^romeo@example\.org 님이 보낸 파일이 있습니다: photo\.jpg/),
        expect.stringMatching(/^https:/),
      ]);
    } finally {
      await folder.remove();
    }
  });

  test("what others read of her is in theirs; her messages say which language they are in, and presence and prompts follow", async () => {
    await begin();
    await speak(ROMEO, "ko", "help");
    const help = stage.stream.sent.find((s) => s.name === "message")!;
    expect(help.attrs["xml:lang"]).toBe("ko");
    expect(help.getChildText("body")).toMatch(/^저에게 파일을 보내고[^]*\nsend 파일 to 주소\[, 주소…\] · /);
    stage.stream.sent.length = 0;
    await stage.receive(`<presence from='${ROMEO}/home' to='${BOT}' type='probe'/>`);
    const shown = stage.stream.sent.find((s) => s.name === "presence" && s.getChild("status"))!;
    expect([shown.attrs["xml:lang"], shown.getChildText("status")]).toEqual([
      "ko",
      "저에게 파일을 보내고, 누구에게 전할지 말씀해 주세요. 더 알고 싶으면 “help”라고 하세요.",
    ]);
  });
});
