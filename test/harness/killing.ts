/** kill -9 at a moment that chance chooses, while letters are under way; and where it is done. */
import { setTimeout as delay } from "node:timers/promises";
import { BUCKET, plainClient, settingsOf } from "../contracts/blobstore/s3-stage.js";
import { type Mortal, within } from "./mortal.js";
import { startPostgres } from "./postgres.js";
import type { RestanteOptions } from "./restante.js";
import type { Chance } from "./seeded.js";
import { startSwift } from "./swift.js";

/** What a kill needs of the letters that are under way. */
export interface Traffic<M> {
  onMoment: (now: M) => void;
  post(size: number): { readonly done: Promise<unknown>; readonly sent?: Promise<unknown> };
  report(): string;
}

export interface Kill<M> {
  readonly moment: M;
  /** How often it has to come. */
  readonly nth: number;
  /** Then so many ms pass. */
  readonly later: number;
  /** Once in so many times, the next life is killed while it starts. */
  readonly againOneIn: number;
  /** Of the letters that are posted until then, in bytes. */
  readonly sizes: readonly number[];
  /** Nobody fetches: the next letters do not wait for the end of the last ones. */
  readonly away?: boolean;
}

/** Kills and revives; answers what was killed when. */
export async function killAt<M extends string>(
  mortal: Mortal,
  traffic: Traffic<M>,
  luck: Chance,
  { moment, nth, later, againOneIn, sizes, away = false }: Kill<M>,
): Promise<string[]> {
  let left = nth;
  const reached = new Promise<void>((resolve) => {
    traffic.onMoment = (now) => {
      if (now === moment && --left === 0) resolve();
    };
  });
  /** Two letters at a time, while they are wanted. */
  async function post(): Promise<void> {
    while (left > 0) {
      const letters = [1, 2].map(() => traffic.post(luck.pick(sizes)));
      await Promise.all(letters.map(async ({ sent, done }) => (away ? sent : done)));
    }
  }
  post().catch(() => undefined); // each letter is heard in the end
  await within(40_000, reached, () => `nothing to kill at “${moment}”; ${traffic.report()}`);
  // The instant itself is what chance chooses: nothing is waited for.
  if (later > 0) await delay(later);
  await mortal.kill();
  const kills: string[] = [moment];
  if (luck.oneIn(againOneIn)) {
    await mortal.killWhileStarting(luck.whole(900));
    kills.push("starting");
  }
  await mortal.revive();
  return kills;
}

/** Records in PostgreSQL, bytes in Swift's S3. */
export async function postgresAndS3(): Promise<{ readonly options: RestanteOptions; end(): Promise<void> }> {
  const [postgres, swift] = await Promise.all([startPostgres(), startSwift()]);
  const s3 = plainClient(swift);
  await s3.createBucket({ Bucket: BUCKET });
  s3.destroy();
  return {
    options: { config: { database: { url: await postgres.createDatabase() }, storage: { ...settingsOf(swift) } } },
    async end() {
      await swift.remove();
      await postgres.remove();
    },
  };
}
