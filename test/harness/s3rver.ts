/**
 * s3rver: an S3 store inside the test's own process, for quick tests. It keeps what an aborted upload left and cannot list or abort multipart
 * uploads, so what depends on that is tested on Swift.
 */
import S3rver from "s3rver";
import { freePorts } from "./ports.js";
import type { S3Server } from "./s3.js";
import { tempFolder } from "./tmp.js";

/** Starts s3rver with empty buckets of these names. */
export async function startS3rver(buckets: readonly string[] = []): Promise<S3Server> {
  const folder = await tempFolder("restante-s3rver");
  const [port] = (await freePorts(1)) as [number];
  let server: S3rver;
  async function start(): Promise<void> {
    server = new S3rver({
      address: "127.0.0.1",
      port,
      directory: folder.path,
      silent: true,
      configureBuckets: buckets.map((name) => ({ name, configs: [] })),
    });
    await server.run();
  }
  await start();
  return {
    endpoint: `http://127.0.0.1:${port}`,
    region: "us-east-1",
    accessKey: "S3RVER",
    secretKey: "S3RVER",
    start,
    stop: () => server.close(),
    async remove() {
      await server.close();
      await folder.remove();
    },
  };
}
