/** What members do with what is offered to them: take it, take it in parts, turn it down, or let it lie. Every byte is looked at. */
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { download } from "../download.js";
import type { Taking } from "../clients/si-peer.js";
import type { Tape } from "../tape.js";
import type { World } from "./deeds.js";
import type { Member } from "./member.js";

/** Downloads that are under way, and what is wrong with those that ended. */
export interface Downloads {
  readonly faults: string[];
  readonly underWay: Set<Promise<void>>;
  links: number;
  resumed: number;
}

export function take(world: World, member: Member, downloads: Downloads): void {
  const got = new Map<string, number>();
  member.onOffer = (name, size) => takeStream(world, member, downloads, got, name, size);
  member.onLine = (text, stanza) => {
    const url = stanza.getChild("x", "jabber:x:oob")?.getChildText("url");
    if (url) {
      const work = takeLink(world, member, downloads, url).catch((e: unknown) => void downloads.faults.push(`${url}: ${String(e)}`)); // prettier-ignore
      downloads.underWay.add(work);
      void work.finally(() => downloads.underWay.delete(work));
      return;
    }
    const offer = / has a file for you: .* “decline (\d+)”/.exec(text);
    if (offer && world.luck.oneIn(10)) void member.insist(`decline ${offer[1]}`);
  };
}

/** From where he was, or from the beginning; some break it off. */
function takeStream(world: World, member: Member, { faults }: Downloads, got: Map<string, number>, name: string, size: number): Taking {
  const tape = world.letters.all.get(name);
  const had = got.get(name) ?? 0;
  const from = had < size && world.luck.oneIn(2) ? had : 0;
  let place = from;
  return {
    from,
    until: world.luck.oneIn(5) ? from + 1 + world.luck.whole(size - from) : Infinity,
    sink: (piece) => {
      if (!tape?.matches(piece, place)) faults.push(`${name} came to ${member.name} with other bytes at ${place}`);
      place += piece.length;
      got.set(name, Math.max(place, got.get(name) ?? 0));
    },
    ended: () => {
      if (place === size) hasWhole(member, name);
    },
  };
} // prettier-ignore

async function takeLink(world: World, member: Member, downloads: Downloads, url: string): Promise<void> {
  const { luck, letters } = world;
  const name = decodeURIComponent(url.split("/").pop()!);
  const tape = letters.all.get(name);
  if (!tape) return void downloads.faults.push(`${url} is none of ours`);
  downloads.links++;
  if (luck.oneIn(12)) return; // some links are never opened
  if (luck.oneIn(4)) await part(url, luck.whole(tape.size));
  if (luck.oneIn(4) && tape.size > 10) await range(url, tape, luck.whole(tape.size - 1), downloads);
  const again = async (): Promise<void> => {
    await member.mortal.alive();
    await delay(50);
  };
  const { sha256, requests } = await download(url, { again, keepAlive: luck.oneIn(2) });
  if (requests > 1) downloads.resumed++;
  if (sha256 === "") return; // it has ended: taken back, declined, or its offer died with its process
  if (sha256 !== tape.sha256()) downloads.faults.push(`${name} came to ${member.name} with other bytes`);
  else hasWhole(member, name);
}

/** Begins, and breaks off. */
async function part(url: string, until: number): Promise<void> {
  const stop = new AbortController();
  try {
    const answer = await fetch(url, { signal: stop.signal });
    let came = 0;
    for await (const chunk of answer.body!) if ((came += (chunk as Uint8Array).length) > until) break;
  } catch {
    // The bot died.
  } finally {
    stop.abort();
  }
}

/** Some bytes from the middle. */
async function range(url: string, tape: Tape, from: number, { faults }: Downloads): Promise<void> {
  const to = Math.min(tape.size - 1, from + 1000);
  const answer = await fetch(url, { headers: { range: `bytes=${from}-${to}` } }).catch(() => undefined);
  if (answer?.status !== 206) return void (await answer?.body?.cancel());
  const bytes = await answer.arrayBuffer().catch(() => undefined);
  if (bytes && sha(bytes) !== sha(Buffer.concat([...tape.from(from, to + 1)]))) faults.push(`bytes ${from} to ${to} of ${tape.name} are others`);
} // prettier-ignore

const sha = (bytes: ArrayBuffer | Buffer): string => createHash("sha256").update(new Uint8Array(bytes)).digest("hex");

function hasWhole(member: Member, name: string): void {
  member.whole.set(name, (member.whole.get(name) ?? 0) + 1);
}
