/** Which parts answer, for /healthz: looked at no more often than every few seconds, however often it is asked. */
import type { BlobStore, Index } from "./control/ports.js";
import type { Health } from "./web/own-pages.js";

const FRESH_MS = 5_000;
const PATIENCE_MS = 3_000;

/** The answer resolves always, within a few seconds. */
export function watchHealth(parts: {
  stream: { readonly online: boolean };
  index: Pick<Index, "totals">;
  blobs: Pick<BlobStore, "check">;
}): () => Promise<Health> {
  let looked: Promise<Omit<Health, "component">> | undefined;
  const look = async (): Promise<Omit<Health, "component">> => {
    const [index, storage] = await Promise.all([answers(parts.index.totals()), answers(parts.blobs.check())]);
    setTimeout(() => (looked = undefined), FRESH_MS).unref();
    return { index, storage };
  };
  return async () => ({ component: parts.stream.online, ...(await (looked ??= look())) });
}

async function answers(check: Promise<unknown>): Promise<boolean> {
  const patience = new Promise<false>((resolve) => setTimeout(() => resolve(false), PATIENCE_MS).unref());
  return Promise.race([check.then(() => true, () => false), patience]); // prettier-ignore
}
