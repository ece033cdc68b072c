/** WEB SERVER (15): from the app to a port and back. */
import type { AddressInfo } from "node:net";
import { buildWeb, type Web, type WebParts } from "./app.js";

export interface WebServerParts extends WebParts {
  readonly listen: { readonly host: string; readonly port: number };
}

export class WebServer {
  readonly #parts: WebServerParts;
  #web: Web | undefined;

  constructor(parts: WebServerParts) {
    this.#parts = parts;
  }

  /** Listens; answers the port (which the system has chosen, if 0 was asked for). Rejects when it cannot listen there. */
  async start(): Promise<{ port: number }> {
    const web = buildWeb(this.#parts);
    await web.app.listen({ ...this.#parts.listen });
    this.#web = web;
    return { port: (web.app.server.address() as AddressInfo).port };
  }

  /** Takes no more requests, lets downloads end for a while, then cuts them. Resolves when the desk has heard of all of them. */
  async stop(): Promise<void> {
    const web = this.#web;
    this.#web = undefined;
    if (!web) return;
    const { app, limits, receipts, closeUnused, underWay, tus } = web;
    tus.stop();
    receipts.stop();
    const cancel = this.#parts.clock.after(limits.grace, () => app.server.closeAllConnections());
    const closed = app.close();
    closeUnused();
    await closed;
    cancel();
    await Promise.all(underWay);
  }
}
