import { newToken } from "../../lib/ids.js";
import { Refusal } from "../../lib/errors.js";
import { accept } from "./accept.js";
import { define, type Reply } from "./define.js";
import { eitherOf, fileOf } from "./find.js";
import type { Services } from "../services.js";
import type { KeptFile } from "../ports.js";
import { sealAgain } from "../../lib/sealed-link.js";
import { say } from "../words.js";

export const get = define({
  word: "get",
  summary: "command/get",
  members: false,
  params: { file: { type: "which", about: "about/file" } },
  async run(services, caller, { file: which }) {
    const mine = async (): Promise<Reply> => {
      const file = await fileOf(services.index, caller.owner, which);
      const { url, token } = await capability(services, file);
      const picture = await services.pictures.of(file);
      return { text: token === undefined ? say("link/as-it-came") : "", hand: { url, file, picture } };
    };
    return eitherOf(mine, () => accept.run(services, caller, { parcel: which }));
  },
});

/** A new capability URL for a file, that lasts as long as the file; for a sealed one the link as it came, without a token, where ours cannot carry its key. */
export async function capability(
  { index, clock, url }: Services,
  file: KeptFile,
): Promise<{ url: string; token?: string }> {
  if (file.mark === "held") throw new Refusal("scanner-down");
  const { token, hash } = newToken();
  const own = url(token, file.name);
  const given = file.mark === "sealed" ? (sealAgain(file.sealed, own) ?? file.sealed) : own;
  if (given === file.sealed) return { url: given };
  await index.addLink({
    hash,
    fileId: file.id,
    parcelId: undefined,
    since: clock.now(),
    until: file.until,
    served: [],
  });
  return { url: given, token };
}
