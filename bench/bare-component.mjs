/**
 * The reference: a component as its library's page shows one, that answers each presence with a message.
 * Usage: node bare-component.mjs DOMAIN PORT SECRET [tuned|pair]. Says "ready" when it is connected. "tuned" switches Nagle's algorithm
 * off and answers each read with a space, so that no acknowledgement is delayed: what is left is work alone. "pair" is tuned, and sends
 * what an offer of a link takes: a line for the reader, then the link for his client.
 */
import { component, xml } from "@xmpp/component";

const [domain, port, secret, mode] = process.argv.slice(2);
const bot = `bot@${domain}`;
const url = "https://files.example.test/g/x";
const xmpp = component({ service: `xmpp://127.0.0.1:${port}`, domain, password: secret });

const link = (to) => xml("message", { from: bot, to, type: "chat" }, xml("body", {}, url), xml("x", { xmlns: "jabber:x:oob" }, xml("url", {}, url))); // prettier-ignore
const line = (to) => xml("message", { from: bot, to, type: "chat" }, xml("body", {}, "romeo@example.test has sent you photo.jpg (1 kB).")); // prettier-ignore

if (mode)
  xmpp.on("connect", () => {
    xmpp.socket.setNoDelay(true);
    xmpp.socket.on("data", () => xmpp.status === "online" && xmpp.socket.write(" "));
  });
xmpp.on("error", (error) => console.error(error.message));
xmpp.on("online", () => console.log("ready"));
xmpp.on("stanza", async (stanza) => {
  if (!stanza.is("presence")) return;
  const { from, type } = stanza.attrs;
  const to = from.split("/")[0];
  if (type === "subscribe") {
    await xmpp.send(xml("presence", { from: bot, to, type: "subscribed" }));
    await xmpp.send(xml("presence", { from: bot, to, type: "subscribe" }));
  }
  if (type === "probe") await xmpp.send(xml("presence", { from: `${bot}/bare`, to: from }));
  if (type !== undefined) return;
  if (mode === "pair") await xmpp.send(line(to));
  await xmpp.send(link(to));
});
await xmpp.start();
