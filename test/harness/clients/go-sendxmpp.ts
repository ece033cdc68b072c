/** go-sendxmpp, the command-line sender: one process listens, and each thing sent is a process of its own that logs in, sends and leaves. */
import { exec, run } from "../process.js";
import { drivenBy, type Client, type ClientOptions, type ClientServer } from "./client.js";

/** Logs in with go-sendxmpp. What comes in is printed as it prints it: time, sender and text. It always wants TLS. */
export async function goSendxmpp(server: ClientServer, user: string, options: ClientOptions = {}): Promise<Client> {
  const { password = `${user}pw` } = options;
  const jid = `${user}@${server.domain}`;
  const account = ["-u", jid, "-p", password, "-j", `localhost:${server.c2sTlsPort}`, "-t", "-n"];
  // For its HTTP upload, which checks certificates whatever it is told.
  const env = { SSL_CERT_FILE: server.certFile };
  const listener = run("go-sendxmpp", [...account, "-d", "-l"], { env, name: `go-sendxmpp ${user}` });
  return {
    ...drivenBy(listener),
    jid,
    subscribe: async (to) =>
      void (await exec("go-sendxmpp", [...account, "--raw", to], {
        env,
        input: `<presence to='${to}' type='subscribe'/>`,
      })),
    say: async (to, text) => void (await exec("go-sendxmpp", [...account, to], { env, input: text })),
    sendFile: async (path, to) => void (await exec("go-sendxmpp", [...account, "-h", path, to], { env })),
    close: () => listener.stop(),
  };
}
