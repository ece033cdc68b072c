/** What members do all day, each deed by itself: it may fail with whatever dies under it, and that is no fault. */
import { randomUUID } from "node:crypto";
import { sendTape } from "../clients/jingle-peer.js";
import { sendBySi } from "../clients/si-peer.js";
import * as words from "../clients/stream-words.js";
import { xml } from "../clients/xmppjs.js";
import type { Origin } from "../origin.js";
import type { Chance } from "../seeded.js";
import { Tape } from "../tape.js";
import type { Member } from "./member.js";

const KIB = 1024;
const SIZES = [1, 900, 20 * KIB, 200 * KIB, 1024 * KIB, 3 * 1024 * KIB];
const PATIENCE = 15_000;

/** What is sent, by its name: the bytes of no two are the same, but for those that are meant to be. */
export class Letters {
  readonly all = new Map<string, Tape>();

  post(member: Member, luck: Chance, sizes = SIZES): { readonly name: string; readonly tape: Tape } {
    const name = `${member.name}-${this.all.size + 1}.bin`;
    const size = luck.pick(sizes);
    const tape = new Tape(name, size);
    this.all.set(name, tape);
    return { name, tape };
  }

  /** The same bytes as others have, under a name of its own. */
  again(member: Member, luck: Chance): { readonly name: string; readonly tape: Tape } {
    const name = `${member.name}-${this.all.size + 1}.bin`;
    const tape = new Tape("the same", luck.pick(SIZES));
    this.all.set(name, tape);
    return { name, tape };
  }
}

export interface World {
  readonly luck: Chance;
  readonly letters: Letters;
  readonly origin: Origin;
  readonly members: readonly Member[];
  /** Deeds done, by their names, and those that something died under. */
  readonly done: Record<string, number>;
}

type Deed = (world: World, member: Member) => Promise<unknown>;

const other = ({ luck, members }: World, member: Member): Member => luck.pick(members.filter((one) => one !== member));
const about = (world: World, member: Member): string => (world.luck.oneIn(3) ? `to ${other(world, member).bare}` : "");

/** A number that is his, as far as he knows. */
function file({ luck }: World, { kept, deleted, deleting }: Member): number | undefined {
  const numbers = [...kept.keys()].filter((n) => !deleted.has(n) && !deleting.has(n));
  return numbers.length > 0 ? luck.pick(numbers) : undefined;
}

async function link(world: World, member: Member): Promise<void> {
  const { letters, luck, origin } = world;
  const { name, tape } = luck.oneIn(4) ? letters.again(member, luck) : letters.post(member, luck);
  const url = origin.put(name, () => tape.read(0, tape.size));
  await member.insist(url, 60_000, xml("x", { xmlns: "jabber:x:oob" }, xml("url", {}, url)));
}

async function si(world: World, member: Member): Promise<void> {
  const { letters, luck } = world;
  const { tape } = letters.post(member, luck);
  const cut = luck.oneIn(4) ? luck.whole(tape.size) : Infinity;
  const sending = { about: about(world, member), patience: PATIENCE };
  await sendBySi(await member.here(), `${member.bot}/restante`, tape, cut, async () => undefined, sending);
  if (cut < tape.size)
    await sendBySi(await member.here(), `${member.bot}/restante`, tape, Infinity, undefined, sending);
}

async function jingle(world: World, member: Member): Promise<void> {
  const { tape } = world.letters.post(member, world.luck);
  const user = await member.here();
  await Promise.race([sendTape(user, `${member.bot}/restante`, tape, { about: about(world, member) }), user.ended]);
}

async function inBand(world: World, member: Member): Promise<void> {
  const { tape } = world.letters.post(member, world.luck, [1, 900, 40 * KIB]);
  const user = await member.here();
  const to = `${member.bot}/restante`;
  const sid = randomUUID();
  if ((await words.answerTo(user, to, words.siOffer(sid, { name: tape.name, size: String(tape.size) }, words.IBB), PATIENCE)) !== "ok") return; // prettier-ignore
  if ((await words.answerTo(user, to, words.open(sid), PATIENCE)) !== "ok") return;
  const bytes = tape.read(0, tape.size);
  for (let seq = 0; seq * 4096 < bytes.length; seq++)
    if ((await words.answerTo(user, to, words.block(sid, seq, bytes.subarray(seq * 4096, (seq + 1) * 4096)), PATIENCE)) !== "ok") return; // prettier-ignore
  await words.answerTo(user, to, words.close(sid), PATIENCE);
}

async function send(world: World, member: Member): Promise<void> {
  const number = file(world, member);
  const to = world.luck.oneIn(6) ? [other(world, member), other(world, member)] : [other(world, member)];
  if (number !== undefined) await member.insist(`send ${number} to ${to.map(({ bare }) => bare).join(", ")}`);
}

async function resend(world: World, member: Member): Promise<void> {
  const number = file(world, member);
  if (number !== undefined) await member.insist(`resend ${number}`);
}

async function remove(world: World, member: Member): Promise<void> {
  const number = file(world, member);
  if (number === undefined) return;
  member.deleting.add(number);
  if (await member.insist(`del ${number}`, 120_000)) member.deleted.add(number);
}

async function ask(world: World, member: Member): Promise<void> {
  const number = file(world, member) ?? 1;
  await member.insist(world.luck.pick(["list", "status", `status ${number}`, "help", "grouplist", "nonsense", `get ${number}`, `link ${number}`, `accept ${number}`])); // prettier-ignore
}

async function decline(world: World, member: Member): Promise<void> {
  await member.insist(`decline ${1 + world.luck.whole(40)}`);
}

async function block(world: World, member: Member): Promise<void> {
  const { bare } = other(world, member);
  if (member.blocked.size < 2) {
    member.blocked.add(bare);
    await member.insist(`block ${bare}`);
    return;
  }
  for (const blocked of [...member.blocked]) if (await member.insist(`unblock ${blocked}`)) member.blocked.delete(blocked); // prettier-ignore
}

async function leave({ luck }: World, member: Member): Promise<void> {
  await member.show(false);
  await new Promise((resolve) => setTimeout(resolve, 500 + luck.whole(4000)));
  await member.show(true);
}

async function cut(_world: World, member: Member): Promise<void> {
  member.cut();
}

const DEEDS: readonly (readonly [number, string, Deed])[] = [
  [6, "link", link], [5, "SI", si], [5, "Jingle", jingle], [3, "in-band", inBand], [10, "send", send], [3, "resend", resend], [7, "delete", remove],
  [3, "ask", ask], [2, "decline", decline], [1, "block", block], [2, "leave", leave], [1, "cut", cut],
]; // prettier-ignore
const BAG = DEEDS.flatMap((deed) => Array.from({ length: deed[0] }, () => deed));

/** One deed after the other until it is over. */
export async function live(world: World, member: Member, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const [, name, deed] = world.luck.pick(BAG);
    const how = await deed(world, member).then(() => name, () => `${name}, broken off`); // prettier-ignore
    world.done[how] = (world.done[how] ?? 0) + 1;
    await new Promise((resolve) => setTimeout(resolve, world.luck.whole(300)));
  }
}
