/**
 * Every `cases/<codec>/<case>.xml` is read into the value of `<case>.json` (null: it is nothing of that codec's). What can be written
 * is written, and read again as the same value. The cases are the XEPs' own examples, captures of named clients, and hostile ones.
 */
import { describe, expect, test } from "@jest/globals";
import { readFileSync, readdirSync } from "node:fs";
import { Element as XmlElement, parse } from "ltx";
import { readMessage } from "../../component/messenger/chat-event.js";
import type { Element } from "../../component/messenger/stanza.js";
import * as featureNeg from "../../component/messenger/wire/xep0020-feature-neg.js";
import * as addresses from "../../component/messenger/wire/xep0033-addresses.js";
import * as bytestreams from "../../component/messenger/wire/xep0065-bytestreams.js";
import * as oob from "../../component/messenger/wire/xep0066-oob.js";
import * as si from "../../component/messenger/wire/xep0095-si.js";
import * as siFileTransfer from "../../component/messenger/wire/xep0096-si-ft.js";
import * as gateway from "../../component/messenger/wire/xep0100-gateway.js";
import * as jingle from "../../component/messenger/wire/xep0166-jingle.js";
import * as receipts from "../../component/messenger/wire/xep0184-receipts.js";
import * as blocking from "../../component/messenger/wire/xep0191-blocking.js";
import * as hashes from "../../component/messenger/wire/xep0300-hashes.js";
import * as correction from "../../component/messenger/wire/xep0308-correction.js";
import * as hints from "../../component/messenger/wire/xep0334-hints.js";
import * as reports from "../../component/messenger/wire/xep0377-reports.js";
import * as encryption from "../../component/messenger/wire/xep0380-encryption.js";
import * as sims from "../../component/messenger/wire/xep0385-sims.js";
import * as fallback from "../../component/messenger/wire/xep0428-fallback.js";
import * as metadata from "../../component/messenger/wire/xep0446-metadata.js";
import * as sfs from "../../component/messenger/wire/xep0447-sfs.js";
import * as aesgcm from "../../component/messenger/wire/xep0454-aesgcm.js";

interface Codec {
  read(element: Element): unknown;
  /** Absent where nothing is written; undefined for a value that is only read. */
  write?(value: never): Element | undefined;
}

const CODECS: Record<string, Codec> = {
  "xep0020-feature-neg": featureNeg,
  "xep0033-addresses": addresses,
  "xep0065-bytestreams": bytestreams,
  "xep0066-oob": oob,
  "xep0095-si": si,
  "xep0096-si-ft": siFileTransfer,
  "xep0100-gateway": { read: gateway.readPrompt },
  "xep0166-jingle": {
    read: jingle.read,
    write: (value: jingle.Jingle) =>
      value.contents.some(({ security }) => security !== undefined) ? undefined : jingle.write(value),
  },
  "xep0184-receipts": receipts,
  "xep0191-blocking": { read: blocking.readItems },
  "xep0300-hashes": hashes,
  "xep0308-correction": correction,
  "xep0334-hints": hints,
  "xep0377-reports": reports,
  "xep0380-encryption": encryption,
  "xep0385-sims": sims,
  "xep0428-fallback": {
    read: fallback.read,
    write: (value: fallback.Fallback) =>
      value.body === "all" ? fallback.write({ for: value.for, body: value.body }) : undefined,
  },
  "xep0446-metadata": metadata,
  "xep0447-sfs": {
    read: sfs.read,
    write: (value: sfs.FileShare) => (value.encrypted ? undefined : sfs.write(value)),
  },
  "xep0454-aesgcm": {
    read: (message) => aesgcm.read(message.getChildText("body") ?? ""),
    write: (link: string) => new XmlElement("message").cnode(aesgcm.write(link)[0]!).up(),
  },
  message: { read: readMessage },
};

const folder = new URL("cases/", import.meta.url);
const names = (path: string): string[] => readdirSync(new URL(path, folder)).sort();

test("every folder of cases has its codec", () => {
  expect(names("")).toEqual(Object.keys(CODECS).sort());
});

describe.each(Object.entries(CODECS))("%s", (name, codec) => {
  const cases = names(`${name}/`).flatMap((file) => (file.endsWith(".xml") ? [file.slice(0, -4)] : []));
  test.each(cases)("%s", (file) => {
    const xml = readFileSync(new URL(`${name}/${file}.xml`, folder), "utf8");
    const expected = JSON.parse(readFileSync(new URL(`${name}/${file}.json`, folder), "utf8")) as unknown;
    expect(codec.read(parse(xml.trim())) ?? null).toEqual(expected);
    if (expected === null) return;
    const written = codec.write?.(expected as never);
    if (written) expect(codec.read(parse(written.toString()))).toEqual(expected);
  });
});
