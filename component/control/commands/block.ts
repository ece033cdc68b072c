import { say } from "../words.js";
import { define } from "./define.js";

export const block = define({
  word: "block",
  summary: "command/block",
  members: false,
  params: { address: { type: "address", optional: true, about: "about/block" } },
  async run({ index, delivery }, { owner }, { address }) {
    if (address === undefined) {
      const blocks = await index.blocks(owner);
      return { text: say(blocks.length > 0 ? "block/list" : "block/nobody"), rows: blocks.map((b) => [b]) };
    }
    await index.block(owner, address, true);
    for (let before: number | undefined; ;) {
      const page = await index.openFor(owner, before, 50);
      for (const parcel of page)
        if (await index.isBlocked(owner, parcel.sender)) await delivery.apply(parcel.id, "decline");
      if (page.length < 50) break;
      before = page.at(-1)!.number;
    }
    return { text: say("block/done", { who: address }) };
  },
});

export const unblock = define({
  word: "unblock",
  summary: "command/unblock",
  members: false,
  params: { address: { type: "address", about: "about/block" } },
  async run({ index }, { owner }, { address }) {
    await index.block(owner, address, false);
    return { text: say("unblock/done", { who: address }) };
  },
});
