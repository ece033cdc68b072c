/** Groups of addresses: whoever sends to one sends to everybody in it. They are the member's own; nobody learns that he is in one. */
import { Refusal } from "../../lib/errors.js";
import { groupOf, MOST_PEOPLE } from "../people.js";
import { define, usage } from "./define.js";

/** Groups of one member. */
const MOST_GROUPS = 100;

export const grouplist = define({
  word: "grouplist",
  summary: "Your groups, or who is in one.",
  members: true,
  params: { group: { type: "group", optional: true, about: "Its name." } },
  async run({ index }, { owner }, { group: name }) {
    if (name !== undefined) {
      const members = await groupOf(index, owner, name);
      return { text: `${name}: ${members.length === 1 ? "1 person" : `${members.length} people`}.`, rows: members.map((m) => [m]) }; // prettier-ignore
    }
    const groups = await index.groups(owner);
    return {
      text: groups.length > 0 ? "Your groups:" : "You have no groups. “groupadd GROUP ADDRESS” makes one.",
      rows: groups.map((g) => [g.name, g.members === 1 ? "1 person" : `${g.members} people`]),
    };
  },
});

export const groupadd = define({
  word: "groupadd",
  summary: "Puts addresses into a group, which comes into being with the first.",
  members: true,
  params: {
    group: { type: "group", about: "Its name; upper and lower case are the same." },
    addresses: { type: "addresses", about: "Whom to put into it." },
  },
  async run({ index }, { owner }, { group: name, addresses }) {
    const before = await index.group(owner, name);
    const all = new Set([...(before ?? []), ...addresses]);
    if (all.size > MOST_PEOPLE)
      throw new Refusal("bad-argument", { why: `A group has up to ${MOST_PEOPLE} people, and ${name} would have ${all.size}.`, usage: usage(groupadd) }); // prettier-ignore
    if (!before && (await index.groups(owner)).length >= MOST_GROUPS)
      throw new Refusal("bad-argument", { why: `You have ${MOST_GROUPS} groups already.`, usage: usage(groupadd) });
    await index.addToGroup(owner, name, addresses);
    const people = all.size === 1 ? "1 person" : `${all.size} people`;
    return { text: before ? `${name} has ${people} now.` : `New group ${name}: ${people}. “send FILE to ${name}” reaches everybody in it.` }; // prettier-ignore
  },
});

export const groupdel = define({
  word: "groupdel",
  summary: "Takes addresses out of a group; without any, ends the group.",
  members: true,
  params: {
    group: { type: "group", about: "Its name." },
    addresses: { type: "addresses", optional: true, about: "Whom to take out of it." },
  },
  async run({ index }, { owner }, { group: name, addresses }) {
    const before = await groupOf(index, owner, name);
    const gone = addresses?.filter((jid) => before.includes(jid)) ?? before;
    if (gone.length === 0) return { text: `Nobody of these is in ${name}.` };
    await index.dropFromGroup(owner, name, addresses && gone);
    if (gone.length < before.length) return { text: `Taken out of ${name}: ${gone.join(", ")}.` };
    // A slip of the finger is made good by saying this again.
    return { text: `The group ${name} has ended. To have it back:`, rows: [[`groupadd ${name} ${gone.join(", ")}`]] };
  },
});
