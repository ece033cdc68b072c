import { newToken } from "../../lib/ids.js";
import { Refusal } from "../../lib/errors.js";
import { accept } from "./accept.js";
import { define, fileOf, type Services } from "./define.js";
import type { KeptFile } from "../ports.js";

export const get = define({
  word: "get",
  summary: "command/get",
  members: false,
  params: { file: { type: "which", about: "about/file" } },
  async run(services, caller, { file: which }) {
    try {
      const file = await fileOf(services.index, caller.owner, which);
      return { text: "", hand: { url: await capability(services, file), file } };
    } catch (e) {
      if (!(e instanceof Refusal && e.code === "no-such-file")) throw e;
      return accept.run(services, caller, { parcel: which }).catch((other: unknown) => {
        throw other instanceof Refusal && other.code === "no-such-parcel" ? e : other;
      });
    }
  },
});

/** A new capability URL for a file, that lasts as long as the file. */
export async function capability({ index, clock, url }: Services, file: KeptFile): Promise<string> {
  const { token, hash } = newToken();
  await index.addLink({
    hash,
    fileId: file.id,
    parcelId: undefined,
    since: clock.now(),
    until: file.until,
    served: [],
  });
  return url(token, file.name);
}
