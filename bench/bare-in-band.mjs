/**
 * The reference for in-band bytestreams: a component as its library's page shows one, that answers every iq and keeps nothing.
 * Usage: node bare-in-band.mjs DOMAIN PORT SECRET [tuned]. "tuned" switches Nagle's algorithm off and answers each read with a space.
 */
import { component } from "@xmpp/component";

const [domain, port, secret, mode] = process.argv.slice(2);
const xmpp = component({ service: `xmpp://127.0.0.1:${port}`, domain, password: secret });

if (mode)
  xmpp.on("connect", () => {
    xmpp.socket.setNoDelay(true);
    xmpp.socket.on("data", () => xmpp.status === "online" && xmpp.socket.write(" "));
  });
xmpp.on("error", (error) => console.error(error.message));
xmpp.on("online", () => console.log("ready"));
for (const name of ["open", "data", "close"]) xmpp.iqCallee.set("http://jabber.org/protocol/ibb", name, () => true);
await xmpp.start();
