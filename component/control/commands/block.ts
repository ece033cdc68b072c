import { block as blockPerson } from "../people/blocks.js";
import { say } from "../words.js";
import { define } from "./define.js";

export const block = define({
  word: "block",
  summary: "command/block",
  members: false,
  params: { address: { type: "address", optional: true, about: "about/block" } },
  async run(services, { owner }, { address }) {
    if (address === undefined) {
      const blocks = await services.index.blocks(owner);
      return { text: say(blocks.length > 0 ? "block/list" : "block/nobody"), rows: blocks.map((b) => [b]) };
    }
    await blockPerson(services, owner, address);
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
