/** Groups of addresses: whoever sends to one sends to everybody in it. They are the member's own; nobody learns that he is in one. */
import { Refusal } from "../../lib/errors.js";
import { groupOf, MOST_PEOPLE } from "../people/people.js";
import { list } from "../../lib/said.js";
import { example, say } from "../words.js";
import { define, usage } from "./define.js";

/** Groups of one member. */
const MOST_GROUPS = 100;

export const grouplist = define({
  word: "grouplist",
  summary: "command/grouplist",
  members: true,
  params: { group: { type: "group", optional: true, about: "about/group" } },
  async run({ index }, { owner }, { group }) {
    if (group !== undefined) {
      const { name, members } = await groupOf(index, owner, group);
      return { text: say("groups/one", { name, count: members.length }), rows: members.map((m) => [m]) };
    }
    const groups = await index.groups(owner);
    return {
      text: groups.length > 0 ? say("groups/list") : say("groups/none", { usage: usage(groupadd) }),
      rows: groups.map((g) => [g.name, say("groups/people", { count: g.members })]),
    };
  },
});

export const groupadd = define({
  word: "groupadd",
  summary: "command/groupadd",
  members: true,
  params: {
    group: { type: "group", about: "about/new-group" },
    addresses: { type: "addresses", about: "about/groupadd-addresses" },
  },
  async run({ index }, { owner }, { group: name, addresses }) {
    const before = await index.group(owner, name);
    const all = new Set([...(before ?? []), ...addresses]);
    if (all.size > MOST_PEOPLE)
      throw new Refusal("bad-argument", {
        why: say("groups/too-large", { most: MOST_PEOPLE, name, number: all.size }),
        usage: usage(groupadd),
      });
    if (!before && (await index.groups(owner)).length >= MOST_GROUPS)
      throw new Refusal("bad-argument", { why: say("groups/too-many", { most: MOST_GROUPS }), usage: usage(groupadd) });
    await index.addToGroup(owner, name, addresses);
    return { text: say(before ? "groups/grown" : "groups/new", { name, count: all.size }) };
  },
});

export const groupdel = define({
  word: "groupdel",
  summary: "command/groupdel",
  members: true,
  params: {
    group: { type: "group", about: "about/group" },
    addresses: { type: "addresses", optional: true, about: "about/groupdel-addresses" },
  },
  async run({ index }, { owner }, { group, addresses }) {
    const { name, members: before } = await groupOf(index, owner, group);
    const gone = addresses?.filter((jid) => before.includes(jid)) ?? before;
    if (gone.length === 0) return { text: say("groups/nobody", { name }) };
    await index.dropFromGroup(owner, name, addresses && gone);
    if (gone.length < before.length) return { text: say("groups/out", { name, who: list(gone) }) };
    // A slip of the finger is made good by saying this again.
    return { text: say("groups/ended", { name }), rows: [[example("groupadd", name, list(gone))]] };
  },
});
