/** The upload service as a whole: slots over a stream in memory, the real web server on a loopback port, the real control unit and records between. */
import { Registry } from "prom-client";
import { Pace } from "../../component/control/people/access.js";
import type { BlobStore, Painter, Scanner, Slot, UploadRight } from "../../component/control/ports.js";
import { Uploads } from "../../component/control/intake/uploads.js";
import { newToken } from "../../component/lib/ids.js";
import { bare } from "../../component/lib/jid.js";
import { createLog } from "../../component/lib/log.js";
import type { Element } from "../../component/messenger/stanza.js";
import { UploadSlots } from "../../component/messenger/upload-slot.js";
import { NS_UPLOAD } from "../../component/messenger/wire/xep0363-upload.js";
import { WebServer } from "../../component/web/server.js";
import { FakeStream } from "./fake-stream.js";
import { OfficeStage } from "./office-stage.js";
import { freePorts } from "./ports.js";
import { RawHttp } from "./raw-http.js";

const UPLOAD = "upload.example.org";
export const ROMEO = "romeo@example.org";

export interface UploadStageOptions {
  /** Where the records and the bytes are; two stages over one are two lives of one program. */
  readonly url?: string;
  readonly blobs?: BlobStore;
  readonly file?: number;
  readonly quota?: number;
  readonly transfers?: number;
  readonly slots?: number;
  readonly painter?: Painter;
  readonly scanner?: Scanner;
}

export class UploadStage {
  readonly stream = new FakeStream(UPLOAD);
  readonly registry = new Registry();
  #ids = 0;
  readonly #clients: RawHttp[] = [];

  private constructor(
    readonly office: OfficeStage,
    readonly uploads: Uploads,
    readonly web: WebServer,
    readonly port: number,
  ) {}

  static async set({
    url,
    blobs,
    file = 500_000,
    slots = 100,
    painter,
    scanner,
    ...limits
  }: UploadStageOptions = {}): Promise<UploadStage> {
    // prettier-ignore
    const [port] = (await freePorts(1)) as [number];
    const base = `http://127.0.0.1:${port}`;
    const office = await new OfficeStage(
      url,
      { transfers: 4, ...limits },
      { ...(blobs && { blobs }), ...(painter && { painter }), ...(scanner && { scanner }) },
    ).start();
    const { keeper, receptions, clock, desk, pages } = office;
    const pace = new Pace(slots, clock);
    const uploads = new Uploads({ keeper, receptions, pace, base, file, ephemeral: 864e5 });
    const registry = new Registry();
    const web = new WebServer({ desk, pages, uploads, url: base, listen: { host: "127.0.0.1", port }, health: async () => ({ component: true, index: true, storage: true }), metrics: registry, log: createLog("silent"), clock }); // prettier-ignore
    const stage = new UploadStage(office, uploads, web, port);
    new UploadSlots({ router: stage.stream, desk: uploads, name: "Restante", version: "0" }).start();
    await web.start();
    return stage;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Ends it as the program ends: another stage may take over from here. */
  async stop(): Promise<void> {
    for (const client of this.#clients) client.socket.destroy();
    this.office.receptions.stop();
    await this.office.keeper.stop();
    await this.uploads.stop();
    await this.web.stop();
    await this.office.stop();
  }

  /** An iq to the service; the answer. */
  async ask(payload: string, from = `${ROMEO}/orchard`): Promise<Element> {
    const iq = `<iq type='get' from='${from}' to='${UPLOAD}' id='${++this.#ids}'>${payload}</iq>`;
    return (await this.stream.receive(iq)) as Element;
  }

  request(name: string, size: number | string, children = "", from?: string): Promise<Element> {
    return this.ask(`<request xmlns='${NS_UPLOAD}' filename='${name}' size='${size}' content-type='image/png'>${children}</request>`, from); // prettier-ignore
  }

  /** A slot; `get` leads to this server. */
  async slot(name: string, size: number, children = "", from?: string): Promise<Slot> {
    const answer = await this.request(name, size, children, from);
    const slot = answer.getChild("slot", NS_UPLOAD);
    if (!slot) throw new Error(`no slot: ${answer.toString()}`);
    const [put, get] = ["put", "get"].map((child) => String(slot.getChild(child)?.attrs["url"]));
    return { put: put!, get: get!.replace("https://files.example.org", this.url) };
  }

  /** The right behind a form, for Romeo. */
  async page(recipients: readonly string[] = []): Promise<string> {
    const { token, hash } = newToken();
    const since = this.office.clock.now();
    const right: UploadRight = { hash, owner: bare(ROMEO), kind: "page", name: "", size: 0, mediaType: "", link: "", purpose: "", recipients: recipients.map(bare), since, until: since + 864e5, fileId: "" }; // prettier-ignore
    await this.office.index.addUploadRight(right);
    return token;
  }

  readonly owner = bare(ROMEO);

  /** Waits for something to have happened, letting everything else go on. */
  async until(happened: () => unknown): Promise<void> {
    for (const end = Date.now() + 10_000; !(await happened());) {
      if (Date.now() > end) throw new Error("it has not happened");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async connect(): Promise<RawHttp> {
    const client = await RawHttp.open(this.port);
    this.#clients.push(client);
    return client;
  }

  put(url: string, body: Uint8Array, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(url, { method: "PUT", body: Buffer.from(body), headers });
  }

  /** What Romeo keeps, newest first. */
  files(): ReturnType<OfficeStage["index"]["files"]> {
    return this.office.index.files(bare(ROMEO), undefined, 100);
  }

  async metric(name: string): Promise<string> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    return text.split("\n").filter((line) => line.startsWith(name)).join("\n"); // prettier-ignore
  }
}
