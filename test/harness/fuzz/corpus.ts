/**
 * What a component may be sent, as right stanzas: the examples of the wire tests, and each kind of traffic of the project in the order in
 * which it goes. `$words` are filled in by the scene in which a stanza is said.
 */
import { escapeXML } from "ltx";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What fills the `$words`. */
export type Scene = Readonly<Record<string, string>>;

export function set(template: string, scene: Scene): string {
  return template.replace(/\$([a-z]+)/g, (whole, word: string) => escapeXML(scene[word] ?? whole));
}

/** Stanzas in their right order, of one session. */
export type Play = readonly string[];

const SI = "http://jabber.org/protocol/si";
const FT = `${SI}/profile/file-transfer`;
const IBB = "http://jabber.org/protocol/ibb";
const BYTESTREAMS = "http://jabber.org/protocol/bytestreams";
const JFT = "urn:xmpp:jingle:apps:file-transfer:5";
const S5B = "urn:xmpp:jingle:transports:s5b:1";
const JIBB = "urn:xmpp:jingle:transports:ibb:1";
const SFS = "urn:xmpp:sfs:0";

const iq = (type: string, payload: string): string =>
  `<iq type='${type}' from='$from' to='$to' id='$id'>${payload}</iq>`;
const message = (payload: string, type = "chat"): string => `<message type='${type}' from='$from' to='$to' id='$id'>${payload}</message>`; // prettier-ignore
const presence = (type: string, payload = ""): string => `<presence from='$from' to='$to'${type && ` type='${type}'`}>${payload}</presence>`; // prettier-ignore
const body = (text: string): string => `<body>${text}</body>`;
const RECEIPT = "<request xmlns='urn:xmpp:receipts'/>";

// ───────────────────────────── streams ─────────────────────────────

const field = (...methods: string[]): string => `<feature xmlns='http://jabber.org/protocol/feature-neg'><x xmlns='jabber:x:data' type='form'><field var='stream-method' type='list-single'>${methods.map((m) => `<option><value>${m}</value></option>`).join("")}</field></x></feature>`; // prettier-ignore
const siOffer = (...methods: string[]): string => iq("set", `<si xmlns='${SI}' id='$sid' mime-type='text/plain' profile='${FT}'><file xmlns='${FT}' name='$name' size='900' hash='$md'><desc>$about</desc><range/></file>${field(...methods)}</si>`); // prettier-ignore
const open = (sid = "$sid"): string => iq("set", `<open xmlns='${IBB}' sid='${sid}' block-size='4096' stanza='iq'/>`);
const data = (seq: number, sid = "$sid"): string => iq("set", `<data xmlns='${IBB}' sid='${sid}' seq='${seq}'>$data</data>`); // prettier-ignore
const close = (sid = "$sid"): string => iq("set", `<close xmlns='${IBB}' sid='${sid}'/>`);
const hosts = iq("set", `<query xmlns='${BYTESTREAMS}' sid='$sid' mode='tcp'><streamhost jid='$from' host='127.0.0.1' port='$port'/><streamhost jid='proxy.example.org' host='127.0.0.1' port='1'/></query>`); // prettier-ignore
const jingle = (action: string, payload = ""): string => iq("set", `<jingle xmlns='urn:xmpp:jingle:1' action='${action}' sid='$sid' initiator='$from' responder='$to'>${payload}</jingle>`); // prettier-ignore
const content = (...inner: string[]): string => `<content creator='initiator' name='$cid' senders='initiator'>${inner.join("")}</content>`; // prettier-ignore
const file = `<description xmlns='${JFT}'><file><date>2026-01-01T00:00:00Z</date><media-type>text/plain</media-type><name>$name</name><size>900</size><desc>$about</desc><range/><hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>$hash</hash></file></description>`; // prettier-ignore
const hashed = `<description xmlns='${JFT}'><file><name>$name</name><size>900</size><hash-used xmlns='urn:xmpp:hashes:2' algo='sha-256'/></file></description>`; // prettier-ignore
const socks = (...inner: string[]): string => `<transport xmlns='${S5B}' sid='$stream' mode='tcp' dstaddr='$dst'>${inner.join("")}</transport>`; // prettier-ignore
const candidate = "<candidate cid='$id' host='127.0.0.1' jid='$from' port='$port' priority='8257636' type='direct'/>";
const inBand = `<transport xmlns='${JIBB}' sid='$stream' block-size='4096'/>`;
const reason = (name: string): string => `<reason><${name}/><text>because</text></reason>`;
const tell = (...inner: string[]): string => jingle("transport-info", content(socks(...inner)));
const INFO = `<checksum xmlns='${JFT}' creator='initiator' name='$cid'><file><hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>$hash</hash></file></checksum>`; // prettier-ignore
const RECEIVED = `<received xmlns='${JFT}' creator='initiator' name='$cid'/>`;

// ───────────────────────────── words and links ─────────────────────────────

const meta = "<name>$name</name><media-type>text/plain</media-type><size>900</size><hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>$hash</hash>"; // prettier-ignore
const thumbnail = "<thumbnail xmlns='urn:xmpp:thumbs:1' uri='cid:sha1+ffd7c8d28e9c5e82afea41f97108c6b4@bob.xmpp.org' media-type='image/png' width='128' height='96'/>"; // prettier-ignore
const oob = "<x xmlns='jabber:x:oob'><url>$url</url><desc>$name</desc></x>";
const share = `<file-sharing xmlns='${SFS}' disposition='inline' id='$sid'><file xmlns='urn:xmpp:file:metadata:0'>${meta}${thumbnail}</file><sources><url-data xmlns='http://jabber.org/protocol/url-data' target='$url'/></sources></file-sharing>`; // prettier-ignore
const announce = `<file-sharing xmlns='${SFS}' id='$sid'><file xmlns='urn:xmpp:file:metadata:0'>${meta}</file></file-sharing>`; // prettier-ignore
const source = `<attach-to xmlns='urn:xmpp:message-attaching:1' id='$id'/><sources xmlns='${SFS}' id='$sid'><url-data xmlns='http://jabber.org/protocol/url-data' target='$url'/></sources>`; // prettier-ignore
const sims = `<reference xmlns='urn:xmpp:reference:0' begin='0' end='4' type='data'><media-sharing xmlns='urn:xmpp:sims:1'><file xmlns='${JFT}'>${meta}</file><sources><reference xmlns='urn:xmpp:reference:0' type='data' uri='$url'/></sources></media-sharing></reference>`; // prettier-ignore
const addresses = "<addresses xmlns='http://jabber.org/protocol/address'><address type='to' jid='$other' desc='one'/><address type='cc' jid='$third'/><address type='bcc' jid='$from'/></addresses>"; // prettier-ignore

const WORDS = [
  "help", "help send", "list", "list 1", "get $n", "get $name", "send $n to $other", "send $n to $other, $third", "resend $n", "resend $n to $other",
  "status", "status $n", "accept $n", "decline $n", "del $n", "del $name", "trash", "restore $n", "mkdir folder", "move $n folder", "find $name",
  "quota", "link $n", "grouplist", "grouplist friends", "groupadd friends $other, $third", "groupdel friends $other", "groupdel friends",
  "send $n to friends", "block $other", "unblock $other", "block", "keep $n", "once $n", "language de", "language", "mail $n to a@b.example",
  "upload", "upload to $other", "report $other", "/list", "LIST", "hello there", "get", "send", "send to", "send $n to", "get 1e9", "del all",
]; // prettier-ignore

// ───────────────────────────── questions ─────────────────────────────

const caps = "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://peer.example' ver='$ver'/>";
const QUESTIONS = [
  "<query xmlns='http://jabber.org/protocol/disco#info'/>",
  "<query xmlns='http://jabber.org/protocol/disco#info' node='http://jabber.org/protocol/commands'/>",
  "<query xmlns='http://jabber.org/protocol/disco#items'/>",
  "<query xmlns='http://jabber.org/protocol/disco#items' node='http://jabber.org/protocol/commands'/>",
  "<query xmlns='jabber:iq:version'/>", "<query xmlns='jabber:iq:last'/>", "<time xmlns='urn:xmpp:time'/>", "<ping xmlns='urn:xmpp:ping'/>",
  "<vCard xmlns='vcard-temp'/>", "<query xmlns='jabber:iq:gateway'/>", "<query xmlns='jabber:iq:register'/>", "<query xmlns='jabber:iq:roster'/>",
  "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:avatar:metadata'/></pubsub>",
  "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:avatar:data'><item id='x'/></items></pubsub>",
  "<request xmlns='urn:xmpp:http:upload:0' filename='$name' size='900' content-type='text/plain'/>",
  "<blocklist xmlns='urn:xmpp:blocking'/>", "<query xmlns='jabber:iq:privacy'/>", "<data xmlns='urn:xmpp:bob' cid='sha1+8f35fef110ffc5df08d579a50083ff9308fb6242@bob.xmpp.org'/>",
]; // prettier-ignore
const DEMANDS = [
  "<query xmlns='jabber:iq:gateway'><prompt>$other</prompt></query>",
  "<query xmlns='jabber:iq:register'><username>romeo</username><password>x</password></query>", "<query xmlns='jabber:iq:register'><remove/></query>",
  "<command xmlns='http://jabber.org/protocol/commands' node='list' action='execute'/>",
  "<command xmlns='http://jabber.org/protocol/commands' node='send' action='complete' sessionid='$sid'><x xmlns='jabber:x:data' type='submit'><field var='file'><value>$n</value></field><field var='to'><value>$other</value></field></x></command>",
  "<block xmlns='urn:xmpp:blocking'><item jid='$other'><report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:spam'><stanza-id xmlns='urn:xmpp:sid:0' by='$to' id='$id'/><text>so many</text></report></item></block>",
  "<unblock xmlns='urn:xmpp:blocking'><item jid='$other'/></unblock>", "<unblock xmlns='urn:xmpp:blocking'/>",
  "<report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:abuse'><text>rude</text></report>",
  "<vCard xmlns='vcard-temp'><FN>x</FN></vCard>", "<query xmlns='jabber:iq:roster'><item jid='$other' subscription='both'/></query>",
]; // prettier-ignore

const TYPES = ["subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe", "unavailable", "error", ""];
const bounce = (condition: string): string => message(`<error type='cancel'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`, "error"); // prettier-ignore

/** Sequences; whatever stands alone is one of one. */
export const PLAYS: readonly Play[] = [
  [siOffer(IBB), open(), data(0), data(1), data(2), close()],
  [siOffer(BYTESTREAMS, IBB), hosts, open(), data(0), data(1), data(2), close()],
  [siOffer(BYTESTREAMS), hosts, hosts],
  [jingle("session-initiate", content(file, inBand)), open("$stream"), data(0, "$stream"), data(1, "$stream"), data(2, "$stream"), jingle("session-info", INFO), close("$stream"), jingle("session-terminate", reason("success"))],
  [jingle("session-initiate", content(hashed, inBand)), open("$stream"), data(0, "$stream"), data(1, "$stream"), jingle("session-info", INFO), data(2, "$stream"), close("$stream")],
  [jingle("session-initiate", content(file, socks(candidate))), tell("<candidate-error/>"), jingle("transport-replace", content(inBand)), open("$stream"), data(0, "$stream"), data(1, "$stream"), data(2, "$stream"), close("$stream")],
  [jingle("session-initiate", content(file, socks(candidate, candidate))), tell("<candidate-used cid='$id'/>"), tell("<activated cid='$id'/>"), tell("<proxy-error/>"), jingle("session-terminate", reason("connectivity-error"))],
  [jingle("session-initiate", content(hashed, socks())), tell("<candidate-error/>"), jingle("transport-accept", content(inBand)), jingle("transport-reject", content(socks())), jingle("session-info", RECEIVED), jingle("session-terminate", reason("cancel"))],
  [jingle("session-accept", content(file, socks(candidate))), tell("<candidate-error/>"), jingle("transport-accept", content(inBand)), jingle("session-info", RECEIVED), jingle("session-terminate", reason("success"))],
  [jingle("session-accept", content(file, inBand)), jingle("session-info", `<ringing xmlns='urn:xmpp:jingle:apps:rtp:info:1'/>`), jingle("session-terminate", reason("media-error"))],
  ...["content-accept", "content-add", "content-modify", "content-reject", "content-remove", "description-info", "security-info", "session-info", "transport-accept", "transport-info", "transport-reject", "transport-replace"].map((action): Play => [jingle("session-initiate", content(file, inBand)), jingle(action, content(file, inBand)), jingle(action), jingle("session-terminate", reason("decline"))]),
  [message(body("$url") + oob + RECEIPT)],
  [message(body("$url") + oob + share + sims + RECEIPT)],
  [message(body("look") + share)], [message(body("look") + sims)],
  [message(announce + "<store xmlns='urn:xmpp:hints'/>"), message(body("$url") + source), message(body("$url") + oob)],
  [message(body("$url") + oob), message(body("$url") + oob + "<replace xmlns='urn:xmpp:message-correct:0' id='$id'/>")],
  [message(body("$url") + addresses + oob)], [message(body("for all") + addresses)],
  [message(body("aesgcm://127.0.0.1/$name#00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff0011223344556677"))],
  [message("<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='1'><key rid='2'>QQ==</key><iv>QQ==</iv></header><payload>QQ==</payload></encrypted>" + body("secret"))],
  ...WORDS.map((word): Play => [message(body(word) + RECEIPT)]),
  [message(body("list"), "normal")], [message(body("list"), "groupchat")], [message(body("list"), "headline")],
  [message("<received xmlns='urn:xmpp:receipts' id='$heard'/>"), message("<displayed xmlns='urn:xmpp:chat-markers:0' id='$heard'/>")],
  [message("<composing xmlns='http://jabber.org/protocol/chatstates'/>"), message("<active xmlns='http://jabber.org/protocol/chatstates'/>")],
  ...["service-unavailable", "recipient-unavailable", "remote-server-not-found", "gone"].map((condition): Play => [bounce(condition).replace("$id", "$heard")]),
  ...QUESTIONS.map((question): Play => [iq("get", question)]),
  ...DEMANDS.map((demand): Play => [iq("set", demand)]),
  [presence("subscribe"), presence("subscribed"), presence("", caps), presence("unavailable")],
  [presence("", `${caps}<show>away</show><priority>-1</priority>`), presence("", `<show>dnd</show><status>busy</status>`), presence("unavailable", "<status>gone</status>")],
  ...TYPES.map((type): Play => [presence(type, caps)]),
  [iq("result", "").replace("$id", "$heard"), iq("error", "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>").replace("$id", "$heard")],
  [message("<privilege xmlns='urn:xmpp:privilege:2'><perm access='roster' type='both'/><perm access='presence' type='roster'/></privilege>", "normal")],
]; // prettier-ignore

/** The examples of the wire tests: whole stanzas, and payloads. */
export function examples(): { readonly stanzas: readonly string[]; readonly payloads: readonly string[] } {
  const folder = fileURLToPath(new URL("../../wire/cases", import.meta.url));
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".xml"));
  const all = files.sort().map((name) => readFileSync(join(folder, name), "utf8").trim());
  const isStanza = (xml: string): boolean => /^<(\w+:)?(message|presence|iq)\b/.test(xml);
  return { stanzas: all.filter(isStanza), payloads: all.filter((xml) => !isStanza(xml)) };
}
