/** What the parts of the index's contract share: the database under test. */
import { afterAll, beforeAll } from "@jest/globals";
import type { Index } from "../../../component/control/ports.js";
import { open } from "./people.js";

export * from "./people.js";

/** One of the databases under test. */
export interface Ground {
  /** A new, empty database. */
  url(): Promise<string>;
  /** Whether several servers may share one database. */
  readonly many: boolean;
  /** Whether the database outlives its index. */
  readonly lasting: boolean;
}

/** An index of its own for the tests of one `describe`. */
export function scene(ground: Ground): { readonly index: Index; readonly url: string } {
  let index: Index;
  let url: string;
  beforeAll(async () => {
    url = await ground.url();
    index = open(url);
    await index.start();
  });
  afterAll(() => index.stop());
  return {
    get index() {
      return index;
    },
    get url() {
      return url;
    },
  };
}
