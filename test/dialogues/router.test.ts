/** The router: who gets what, what is answered, and that one peer's slowness is his own. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { parse } from "ltx";
import { pino } from "pino";
import { Refusal } from "../../component/lib/errors.js";
import { bare } from "../../component/lib/jid.js";
import { type Source, StanzaRouter } from "../../component/messenger/router.js";
import { type Element, xml } from "../../component/messenger/stanza.js";
import { settled } from "../harness/fake-clock.js";

let sent: Element[];
let logged: string[];
let holds: number;
let router: StanzaRouter;

beforeEach(() => {
  sent = [];
  logged = [];
  holds = 0;
  const source: Source = {
    domain: bare("files.example.org"),
    send: async (stanza) => void sent.push(stanza),
    receive: () => {},
    hold: () => {
      holds++;
      return () => void holds--;
    },
  };
  router = new StanzaRouter(source, pino({ level: "error" }, { write: (line: string) => void logged.push(line) }));
});

const come = (text: string): void => router.stanza(parse(text));
const iq = (attrs: string, payload = "<q xmlns='u'/>", from = "romeo@example.org/home"): void =>
  come(`<iq from='${from}' to='bot@files.example.org/(null)' id='7' ${attrs}>${payload}</iq>`);
const answers = (): string[] => sent.splice(0).map((stanza) => stanza.toString());
const condition = (stanza: string): string => /<error type="(\w+)"><([\w-]+)/.exec(stanza)?.slice(1).join(" ") ?? "";

describe("iq", () => {
  test("a result comes from the very address that was addressed, to the very address that asked", () => {
    router.iq("get", "u", "q", ({ from, to, type, payload }) => xml("q", { xmlns: "u" }, `${type} ${from} ${to} ${payload.name}`)); // prettier-ignore
    come("<iq type='get' from='Romeo@Example.org/Home' to='Bot@files.example.org/(null)' id='7'><q xmlns='u'/></iq>");
    expect(answers()).toEqual([
      '<iq type="result" from="Bot@files.example.org/(null)" to="Romeo@Example.org/Home" id="7"><q xmlns="u">get romeo@example.org/Home bot@files.example.org/(null) q</q></iq>',
    ]);
  });

  test("an empty result, later", async () => {
    router.iq("set", "u", "q", async () => undefined);
    iq("type='set'");
    await settled();
    expect(answers()).toEqual([
      '<iq type="result" from="bot@files.example.org/(null)" to="romeo@example.org/home" id="7"/>',
    ]);
  });

  test.each([
    ["an unknown payload", "type='get'", "<x xmlns='u'/>", "cancel service-unavailable"],
    ["an unknown namespace", "type='get'", "<q xmlns='v'/>", "cancel service-unavailable"],
    ["no namespace", "type='get'", "<q/>", "cancel service-unavailable"],
    ["the other type", "type='set'", "<q xmlns='u'/>", "cancel service-unavailable"],
    ["no child", "type='get'", "", "modify bad-request"],
    ["text for a child", "type='get'", "text", "modify bad-request"],
    ["two children", "type='get'", "<q xmlns='u'/><q xmlns='u'/>", "modify bad-request"],
    ["no type", "", "<q xmlns='u'/>", "modify bad-request"],
    ["a strange type", "type='getset'", "<q xmlns='u'/>", "modify bad-request"],
  ])("%s", (_, attrs, payload, expected) => {
    router.iq("get", "u", "q", () => undefined);
    iq(attrs, payload);
    const [answer, ...more] = answers();
    expect(condition(answer!)).toBe(expected);
    expect(answer).toMatch(
      /^<iq type="error" from="bot@files\.example\.org\/\(null\)" to="romeo@example\.org\/home" id="7">/,
    );
    expect(more).toEqual([]);
  });

  test("results and errors are never answered", () => {
    iq("type='result'", "");
    iq("type='error'", "<q xmlns='u'/>");
    expect(answers()).toEqual([]);
  });

  test("a refusal is said, anything else is logged and not said", async () => {
    router.iq("get", "u", "no", () => {
      throw new Refusal("not-allowed");
    });
    router.iq("get", "u", "later", async () => {
      throw new Refusal("no-such-file", { which: "12" });
    });
    router.iq("get", "u", "bug", async () => {
      throw new TypeError("the password is 1234");
    });
    for (const name of ["no", "later", "bug"]) iq("type='get'", `<${name} xmlns='u'/>`);
    await settled();
    const all = answers();
    expect(all.map(condition)).toEqual(["auth not-authorized", "cancel item-not-found", "wait internal-server-error"]);
    expect(all.join()).not.toContain("1234");
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain("the password is 1234");
  });

  test("two handlers for the same are a mistake", () => {
    router.iq("get", "u", "q", () => undefined);
    expect(() => router.iq("get", "u", "q", () => undefined)).toThrow(TypeError);
  });

  test("one peer has only so many under way; others are served", async () => {
    const open: (() => void)[] = [];
    router.iq("set", "u", "q", () => new Promise((resolve) => open.push(() => resolve(undefined))));
    for (let n = 0; n < 198; n++) iq("type='set'", undefined, `romeo@example.org/${n}`);
    expect(answers().map(condition)).toEqual(Array(6).fill("wait policy-violation"));
    iq("type='set'", undefined, "juliet@example.org/balcony");
    expect([answers().length, open.length, holds]).toEqual([0, 193, 0]);
    for (const end of open.splice(0)) end();
    await settled();
    expect(answers()).toHaveLength(193);
    iq("type='set'");
    expect(open).toHaveLength(1);
  });

  test("with too many in all the stream is held until one ends", async () => {
    const open: (() => void)[] = [];
    router.iq("set", "u", "q", () => new Promise((resolve) => open.push(() => resolve(undefined))));
    for (let n = 0; n < 1023; n++) iq("type='set'", undefined, `user${n}@example.org/x`);
    expect(holds).toBe(0);
    for (let n = 0; n < 3; n++) iq("type='set'", undefined, `more${n}@example.org/x`);
    expect([holds, open.length]).toEqual([1, 1026]);
    for (const end of open.splice(0, 2)) end();
    await settled();
    expect(holds).toBe(1);
    open.pop()!();
    await settled();
    expect(holds).toBe(0);
  });
});

describe("messages and presence", () => {
  test("in order of registration until one takes it, with checked addresses", () => {
    const calls: string[] = [];
    router.message((_, from, to) => (calls.push(`1 ${from} ${to}`), false));
    router.message(() => (calls.push("2"), true));
    router.message(() => (calls.push("3"), true));
    router.presence(() => (calls.push("p"), true));
    come("<message from='Romeo@Example.org/Home' to='Bot@FILES.example.org'/>");
    come("<presence from='romeo@example.org' to='files.example.org'/>");
    expect(calls).toEqual(["1 romeo@example.org/Home bot@files.example.org", "2", "p"]);
    expect(answers()).toEqual([]);
  });

  test("one that fails keeps it from nobody", () => {
    const calls: string[] = [];
    router.presence(() => {
      throw new Error("bug");
    });
    router.presence(() => (calls.push("next"), true));
    come("<presence from='a@b' to='files.example.org'/>");
    expect(calls).toEqual(["next"]);
    expect(logged).toHaveLength(1);
  });

  test.each([
    ["no from", "to='files.example.org'"],
    ["no to", "from='a@b'"],
    ["from that is no address", "from='@b' to='files.example.org'"],
    ["to that is no address", "from='a@b' to='files.example.org/'"],
    ["to elsewhere", "from='a@b' to='bot@example.org'"],
    ["to below our domain", "from='a@b' to='bot@x.files.example.org'"],
  ])("%s: dropped", (_, attrs) => {
    const calls: string[] = [];
    router.message(() => (calls.push("m"), true));
    router.iq("get", "u", "q", () => undefined);
    come(`<message ${attrs}/>`);
    come(`<iq type='get' id='1' ${attrs}><q xmlns='u'/></iq>`);
    come(`<iq type='get' id='1' ${attrs}/>`);
    expect([calls, answers()]).toEqual([[], []]);
  });

  test("what was too large is refused where it may be", () => {
    for (const head of ["<iq type='set'", "<message", "<message type='error'", "<presence", "<iq type='error'"])
      router.refused(parse(`${head} from='a@b/c' to='files.example.org' id='1'/>`));
    expect(answers().map((stanza) => `${stanza.slice(1, 4)} ${condition(stanza)}`)).toEqual([
      "iq  modify policy-violation",
      "mes modify policy-violation",
    ]);
  });
});
