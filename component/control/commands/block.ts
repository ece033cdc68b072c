import { define } from "./define.js";

export const block = define({
  word: "block",
  summary: "Takes nothing more from an address or a whole domain; without one, says whom you block.",
  members: false,
  params: { address: { type: "address", optional: true, about: "Whom, or which domain." } },
  async run({ index, delivery }, { owner }, { address }) {
    if (address === undefined) {
      const blocks = await index.blocks(owner);
      return { text: blocks.length > 0 ? "You block:" : "You block nobody.", rows: blocks.map((b) => [b]) };
    }
    await index.block(owner, address, true);
    for (let before: number | undefined; ;) {
      const page = await index.openFor(owner, before, 50);
      for (const parcel of page)
        if (await index.isBlocked(owner, parcel.sender)) await delivery.apply(parcel.id, "decline");
      if (page.length < 50) break;
      before = page.at(-1)!.number;
    }
    return { text: `You take nothing more from ${address}. “unblock ${address}” ends that.` };
  },
});

export const unblock = define({
  word: "unblock",
  summary: "Takes files from an address again.",
  members: false,
  params: { address: { type: "address", about: "Whom, or which domain." } },
  async run({ index }, { owner }, { address }) {
    await index.block(owner, address, false);
    return { text: `You take files from ${address} again.` };
  },
});
