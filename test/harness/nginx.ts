/** A real nginx as a child process that serves one folder: the reference beside which downloads are measured. */
import { userInfo } from "node:os";
import { join } from "node:path";
import { run } from "./process.js";
import { accepting, freePorts } from "./ports.js";
import { fill, tempFolder } from "./tmp.js";

export interface Nginx {
  /** http://127.0.0.1:PORT */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts nginx over the folder `root`; it takes requests when this settles. */
export async function startNginx(root: string): Promise<Nginx> {
  const folder = await tempFolder("restante-nginx");
  const [port] = (await freePorts(1)) as [number];
  const configuration = join(folder.path, "nginx.conf");
  // As root its workers would become another user, who cannot look into our folders.
  const userLine = userInfo().uid === 0 ? "user root;" : "";
  await fill(new URL("nginx.conf.in", import.meta.url), configuration, {
    FOLDER: folder.path,
    ROOT: root,
    PORT: port,
    USER_LINE: userLine,
  });
  const server = run("/usr/sbin/nginx", ["-p", folder.path, "-e", "stderr", "-c", configuration], {
    stopSignal: "SIGQUIT",
  });
  await server.during((signal) => accepting(port, signal));
  return {
    url: `http://127.0.0.1:${port}`,
    pid: server.pid,
    async stop() {
      await server.stop();
      await folder.remove();
    },
  };
}

/** Starts nginx on `port`, with TLS, in front of a web server: as the admin guide has it. `certFile`: PEM, its key beside it. */
export async function startProxy(port: number, upstream: string, certFile: string): Promise<Nginx> {
  const folder = await tempFolder("restante-proxy");
  const configuration = join(folder.path, "nginx.conf");
  const userLine = userInfo().uid === 0 ? "user root;" : "";
  await fill(new URL("proxy.conf.in", import.meta.url), configuration, {
    FOLDER: folder.path,
    PORT: port,
    UPSTREAM: upstream,
    CERT: certFile,
    KEY: certFile.replace(/\.crt$/, ".key"),
    USER_LINE: userLine,
  });
  const server = run("/usr/sbin/nginx", ["-p", folder.path, "-e", "stderr", "-c", configuration], {
    stopSignal: "SIGQUIT",
  });
  await server.during((signal) => accepting(port, signal));
  return {
    url: `https://127.0.0.1:${port}`,
    pid: server.pid,
    async stop() {
      await server.stop();
      await folder.remove();
    },
  };
}
