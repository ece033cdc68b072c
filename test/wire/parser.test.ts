/** The parser of the component's stream: what it takes, what it refuses, and that its limits hold. */
import { runInNewContext } from "node:vm";
import { setFlagsFromString } from "node:v8";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type StanzaLimits, StreamParser, STANZA_LIMITS, XmlError } from "../../component/messenger/parser.js";
import { serialise } from "../../component/messenger/serialise.js";
import { type Element, xml } from "../../component/messenger/stanza.js";

const HEADER =
  "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='1'>";

interface Seen {
  stanzas: Element[];
  refused: Element[];
  ended: boolean;
}

function reader(limits: Partial<StanzaLimits> = {}): { seen: Seen; write: (bytes: string | Uint8Array) => void } {
  const parser = new StreamParser({ ...STANZA_LIMITS, ...limits });
  const seen: Seen = { stanzas: [], refused: [], ended: false };
  parser.on("element", (stanza: Element) => seen.stanzas.push(stanza));
  parser.on("refused", (header: Element) => seen.refused.push(header));
  parser.on("end", () => (seen.ended = true));
  parser.write(Buffer.from(HEADER));
  return { seen, write: (bytes) => parser.write(typeof bytes === "string" ? Buffer.from(bytes) : bytes) };
}

function condition(...pieces: (string | Uint8Array)[]): string {
  const { write } = reader();
  try {
    for (const piece of pieces) write(piece);
  } catch (e) {
    if (e instanceof XmlError) return e.condition;
    throw e;
  }
  return "";
}

describe("what comes in", () => {
  test("UTF-8 is put together again wherever it was cut", () => {
    const bytes = Buffer.from("<message from='a@b'><body>Grüße, 世界, 🎻 &amp; &#x1F3BB; ]] &gt;</body></message>");
    for (let cut = 1; cut < bytes.length; cut++) {
      const { seen, write } = reader();
      write(bytes.subarray(0, cut));
      write(bytes.subarray(cut));
      expect(seen.stanzas[0]?.getChildText("body")).toBe("Grüße, 世界, 🎻 & 🎻 ]] >");
    }
  });

  test("byte by byte gives the same as at once", () => {
    const bytes = Buffer.from(
      "<iq type='set' from='a@b/c' id='1'><q xmlns='u' a=\"x'y\" b='&lt;&#10;'/><t><![CDATA[<&]]></t> é</iq> \n<presence/></stream:stream>",
    );
    const [whole, bytewise] = [reader(), reader()];
    whole.write(bytes);
    for (const byte of bytes) bytewise.write(Uint8Array.of(byte));
    const text = (seen: Seen): string[] => seen.stanzas.map((s) => s.toString());
    expect(text(bytewise.seen)).toEqual(text(whole.seen));
    expect(whole.seen.stanzas).toHaveLength(2);
    expect(whole.seen.ended && bytewise.seen.ended).toBe(true);
    expect(whole.seen.stanzas[0]!.getChild("q", "u")?.attrs).toEqual({ xmlns: "u", a: "x'y", b: "<\n" });
    expect(whole.seen.stanzas[0]!.getNS()).toBe("jabber:component:accept");
  });

  test("any tree comes back as it was written, however it was cut", () => {
    const text = fc.string({ unit: "binary-ascii" }).map((t) => t.replace(/[^\t\n\r\x20-\u{10ffff}]/gu, ""));
    const tree = fc.letrec<{ el: Element }>((tie) => ({
      el: fc
        .tuple(fc.constantFrom("a", "b:c", "é"), text, fc.array(fc.oneof({ depthSize: "small" }, text, tie("el")), { maxLength: 4 }))
        .map(([name, value, children]) => xml(name, { v: value }, ...children.filter((c) => c !== ""))),
    })).el; // prettier-ignore
    fc.assert(
      fc.property(tree, fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), (el, cuts) => {
        const { seen, write } = reader();
        const bytes = Buffer.from(serialise(el));
        for (let at = 0, n = 0; at < bytes.length; n++) {
          const step = cuts[n % cuts.length]!;
          write(bytes.subarray(at, at + step));
          at += step;
        }
        expect(seen.stanzas).toHaveLength(1);
        expect(serialise(seen.stanzas[0]!)).toBe(serialise(el));
      }),
    );
  });
});

describe("what is refused", () => {
  test.each([
    ["an unknown entity", "<a>&nbsp;</a>", "not-well-formed"],
    ["an entity with an inherited name", "<a>&constructor;&__proto__;</a>", "not-well-formed"],
    ["a reference to no character", "<a>&#0;</a>", "not-well-formed"],
    ["a reference to a surrogate", "<a>&#xD800;</a>", "not-well-formed"],
    ["a reference beyond Unicode", "<a>&#x110000;</a>", "not-well-formed"],
    ["a bare ampersand", "<a>fish & chips</a>", "not-well-formed"],
    ["a bare ampersand in an attribute", "<a b='fish & chips'/>", "not-well-formed"],
    ["a control character", "<a>\u0001</a>", "not-well-formed"],
    ["a control character in long text", `<a>${"x".repeat(5000)}\u0001</a>`, "not-well-formed"],
    ["a control character in an attribute", "<a b='\u001b'/>", "not-well-formed"],
    ["U+FFFF", "<a>\uffff</a>", "not-well-formed"],
    ["an attribute twice", "<a b='1' b='2'/>", "not-well-formed"],
    ["an unquoted attribute", "<a b=1/>", "not-well-formed"],
    ["an attribute without a value", "<a b/>", "not-well-formed"],
    ["attributes without space between", "<a b='1'c='2'/>", "not-well-formed"],
    ["< in an attribute", "<a b='<'/>", "not-well-formed"],
    ["]]> in text", "<a>]]></a>", "not-well-formed"],
    ["a wrong closing tag", "<a><b></a></b>", "not-well-formed"],
    ["a stanza closed by another name", "<a></b>", "not-well-formed"],
    ["a name that is none", "<1a/>", "not-well-formed"],
    ["a DOCTYPE", "<!DOCTYPE a>", "not-well-formed"],
    ["a comment", "<a><!-- hidden --></a>", "restricted-xml"],
    ["a processing instruction", "<a><?php 1?></a>", "restricted-xml"],
    ["text between stanzas", "<a/>hello<a/>", "bad-format"],
    ["plain text between stanzas", "<a/>\nhello\n<a/>", "bad-format"],
  ])("%s", (_, text, expected) => {
    expect(condition(text)).toBe(expected);
    expect(condition(...[...Buffer.from(text)].map((byte) => Uint8Array.of(byte)))).toBe(expected);
  });

  test("a DOCTYPE before the stream, XML 1.1", () => {
    const before = (text: string): unknown => {
      try {
        new StreamParser().write(Buffer.from(text));
      } catch (e) {
        return (e as XmlError).condition;
      }
      return "";
    };
    expect(before("<!DOCTYPE s [<!ENTITY a 'aaaa'>]><s>")).toBe("restricted-xml");
    expect(before("<?xml version='1.1'?><s><a>&#1;</a>")).toBe("not-well-formed");
  });

  test("bytes that are no UTF-8", () => {
    for (const bad of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xc3, 0x28]])
      expect(condition(Buffer.concat([Buffer.from("<a>"), Buffer.from(bad), Buffer.from("</a>")]))).toBe("bad-format");
  });

  test("a stanza with the wrong closing tag is not handed up", () => {
    const { seen, write } = reader();
    expect(() => write("<presence from='a@b'></iq>")).toThrow(XmlError);
    expect(seen.stanzas).toEqual([]);
  });
});

describe("limits", () => {
  const head = "<iq type='set' from='a@b/c' to='d' id='7'>";

  test("a stanza too large is read over; its header and what follows are handed up", () => {
    for (const filling of ["x".repeat(20_000), "ä".repeat(20_000), "<b>y</b>".repeat(2500), "&amp;".repeat(4000)])
      for (const step of [1000, 70_000]) {
        const { seen, write } = reader({ size: 10_000 });
        const bytes = Buffer.from(`${head}<q>${filling}</q></iq><presence from='e@f'/>`);
        for (let at = 0; at < bytes.length; at += step) write(bytes.subarray(at, at + step));
        expect(seen.refused.map((e) => e.toString())).toEqual(['<iq type="set" from="a@b/c" to="d" id="7"/>']);
        expect(seen.stanzas.map((e) => e.name)).toEqual(["presence"]);
      }
  });

  test("exactly the limit is taken, one more is not; white space between stanzas does not count", () => {
    const of = (size: number): string => `<m>${"x".repeat(size - 7)}</m>`;
    const { seen, write } = reader({ size: 2000 });
    for (const stanza of [of(2000), " ".repeat(3000), of(2000), "\n", of(2001), of(2000)]) write(stanza);
    expect([seen.stanzas.length, seen.refused.length]).toEqual([3, 1]);
  });

  test("far too large ends the stream", () => {
    for (const text of ["<m>", "<m a='", "<", "<m><![CDATA[", "<m><!--"]) {
      const { write } = reader({ size: 10_000 });
      write(text);
      const flood = (): void => {
        for (let n = 0; n < 50; n++) write("y".repeat(1000));
      };
      expect(flood).toThrow(expect.objectContaining({ condition: "policy-violation" }));
    }
  });

  test.each([
    ["depth", `${"<a>".repeat(64)}${"</a>".repeat(64)}`, { depth: 64 }],
    ["attributes", `<a ${Array.from({ length: 65 }, (_, n) => `a${n}=''`).join(" ")}/>`, { attributes: 64 }],
    ["elements", "<a/>".repeat(100), { elements: 100 }],
  ])("%s", (_, filling, limits) => {
    const { seen, write } = reader(limits);
    write(`${head}${filling}</iq>${head}<a/></iq>`);
    expect(seen.refused.map((e) => e.toString())).toEqual(['<iq type="set" from="a@b/c" to="d" id="7"/>']);
    expect(seen.stanzas).toHaveLength(1);
  });

  test("100,000 elements within each other", () => {
    const { seen, write } = reader();
    write(`${head}${"<a>".repeat(100_000)}${"</a>".repeat(100_000)}</iq><presence/>`);
    expect([seen.refused.length, seen.stanzas.length]).toEqual([1, 1]);
  });

  test("50 MB of text in one stanza are put together, when the limit allows it", () => {
    for (const unit of ["0123456789abcdef", "äöü ]€&amp;"]) {
      const { seen, write } = reader({ size: 2 ** 26 });
      const chunk = Buffer.from(unit.repeat(4096));
      write("<message><body>");
      const times = Math.ceil(50e6 / chunk.length);
      for (let n = 0; n < times; n++) write(chunk);
      write("</body></message>");
      const length = unit.replace("&amp;", "&").length * 4096 * times;
      expect(seen.stanzas[0]!.getChildText("body")).toHaveLength(length);
    }
  });

  test("many > in a text cost no more than other characters", () => {
    const { seen, write } = reader();
    write(`<m>${">".repeat(900_000)}</m>`);
    expect(seen.stanzas[0]!.getText()).toHaveLength(900_000);
  });

  test("what is remembered of a stanza keeps nothing else of its read in memory", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const kept: unknown[] = [];
    const { seen, write } = reader();
    write(`<m/>`);
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 400; i++) {
      const id = `a name of some length ${i}`;
      write(`<m id='${id}'><body>words to be remembered ${i}</body><x>${"y z ".repeat(16_000)}</x></m>`);
      const stanza = seen.stanzas.pop()!;
      kept.push(stanza.attrs["id"], stanza.getChildText("body"));
    }
    collect();
    expect(kept).toHaveLength(800);
    expect((process.memoryUsage().heapUsed - before) / 2 ** 20).toBeLessThan(8); // of 25 MiB
  });

  test("names of Object.prototype are ordinary names", () => {
    const { seen, write } = reader();
    write("<m __proto__='x' constructor='y' toString='z'><__proto__/></m>");
    expect(seen.stanzas[0]!.attrs["constructor"]).toBe("y");
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });
});
