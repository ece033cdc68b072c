/** The web server on a loopback port over a {@link FileDesk}. */
import { Registry } from "prom-client";
import { systemClock } from "../../component/lib/clock.js";
import { createLog } from "../../component/lib/log.js";
import type { Health } from "../../component/web/own-pages.js";
import type { WebLimits } from "../../component/web/connections.js";
import type { PageDesk, UploadDesk } from "../../component/control/ports.js";
import { Refusal } from "../../component/lib/errors.js";
import { WebServer } from "../../component/web/server.js";
import { FileDesk } from "./file-desk.js";
import { RawHttp } from "./raw-http.js";
import { tempFolder } from "./tmp.js";

export interface WebStage {
  readonly desk: FileDesk;
  readonly server: WebServer;
  readonly port: number;
  readonly url: string;
  /** What /healthz is told; to be changed by the test. */
  health: Health;
  /** A connection of its own. */
  connect(from?: string): Promise<RawHttp>;
  /** Ends the server, the connections and the files. */
  strike(): Promise<void>;
}

const nothing = (): Promise<never> => Promise.reject(new Refusal("not-found"));
const NO_PAGES: PageDesk = { look: nothing, decline: nothing };
const NO_RIGHTS: UploadDesk = { open: () => Promise.reject(new Refusal("not-found")) };

export async function setWebStage(
  limits: Partial<WebLimits> = {},
  log = createLog("silent"),
  more: { readonly pages?: PageDesk; readonly uploads?: UploadDesk } = {},
): Promise<WebStage> {
  const folder = await tempFolder("restante-web");
  const desk = new FileDesk(folder.path);
  const clients: RawHttp[] = [];
  const server = new WebServer({
    desk,
    pages: more.pages ?? NO_PAGES,
    uploads: more.uploads ?? NO_RIGHTS,
    url: "",
    listen: { host: "127.0.0.1", port: 0 },
    health: async () => stage.health,
    metrics: new Registry(),
    log,
    clock: systemClock,
    limits,
  });
  const { port } = await server.start();
  const stage: WebStage = {
    desk,
    server,
    port,
    url: `http://127.0.0.1:${port}`,
    health: { component: true, index: true, storage: true },
    async connect(from) {
      const client = await RawHttp.open(port, from);
      clients.push(client);
      return client;
    },
    async strike() {
      for (const client of clients) client.socket.destroy();
      await server.stop();
      await folder.remove();
    },
  };
  return stage;
}
