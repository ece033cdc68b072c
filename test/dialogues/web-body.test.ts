/** The body of a download on a real connection, and a server that is closed meanwhile. */
import { expect, test } from "@jest/globals";
import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Body } from "../../component/web/body.js";

/** More than a system takes for a reader who stands still. */
const SIZE = 64 * 2 ** 20;

test("the last piece is still on its way when the server closes its idle connections: this one is none", async () => {
  let sent: Promise<void> | undefined;
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-length": SIZE });
    sent = new Body(response, SIZE, async () => undefined).write(Buffer.alloc(SIZE));
    sent.catch(() => undefined);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const request = get({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", agent: false });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const closed = once(server, "close");
  server.close();
  let came = 0;
  for await (const chunk of response) came += (chunk as Buffer).length;
  expect(came).toBe(SIZE);
  await expect(sent).resolves.toBeUndefined();
  await closed;
});
