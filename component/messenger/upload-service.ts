/** The upload service's own connection to the server (XEP-0114), beside the bot's. */
import type { SlotDesk } from "../control/ports.js";
import type { Clock } from "../lib/clock.js";
import type { Jid } from "../lib/jid.js";
import type { Log } from "../lib/log.js";
import { StanzaRouter } from "./router.js";
import { ComponentStream } from "./stream.js";
import type { Tongues } from "../control/people/tongues.js";
import { UploadSlots } from "./upload-slot.js";

export interface UploadServiceOptions {
  readonly domain: string;
  /** `xmpp://host:port` */
  readonly server: string;
  readonly secret: string;
  readonly desk: SlotDesk;
  /** As people see it. */
  readonly name: string;
  readonly version: string;
  readonly tongues: Tongues;
  /** Whose stanzas are not answered. */
  readonly isRefused: (from: Jid) => boolean;
  readonly log: Log;
  readonly clock: Clock;
}

export class UploadService {
  readonly #stream: ComponentStream;
  readonly #slots: UploadSlots;

  constructor({ domain, server, secret, desk, name, version, tongues, isRefused, log, clock }: UploadServiceOptions) {
    this.#stream = new ComponentStream({ domain, server, secret, log, clock });
    const router = new StanzaRouter(this.#stream, log, tongues, isRefused);
    this.#slots = new UploadSlots({ router, desk, name, version });
  }

  /** Resolves when it is connected. */
  start(): Promise<void> {
    this.#slots.start();
    return this.#stream.start();
  }

  stop(): Promise<void> {
    return this.#stream.stop();
  }
}
