/** What a stream host hears (RFC 1928, XEP-0065 §6.3), and what it should never hear. */
import { createHash } from "node:crypto";
import type { Chance } from "../seeded.js";

/** The bytes of one connection. `addresses`: of streams that are awaited, perhaps, or were. */
export function socksBytes(luck: Chance, addresses: readonly string[]): Buffer {
  const address = luck.oneIn(3) && addresses.length > 0 ? luck.pick(addresses) : createHash("sha1").update(String(luck.next())).digest("hex"); // prettier-ignore
  let greeting = Buffer.from([5, 1, 0]);
  let request = Buffer.concat([Buffer.from([5, 1, 0, 3, address.length]), Buffer.from(address), Buffer.from([0, 0])]);
  const kind = luck.whole(14);
  if (kind === 0) greeting = Buffer.from([luck.whole(256), 1, 0]);
  else if (kind === 1)
    greeting = Buffer.from([5, luck.whole(256), ...Array.from({ length: luck.whole(256) }, () => luck.whole(4))]); // prettier-ignore
  else if (kind === 2) greeting = Buffer.from([5, 0]);
  else if (kind === 3) greeting = Buffer.from([5, 2, 1, 2]);
  else if (kind === 4) request[luck.whole(5)] = luck.whole(256);
  else if (kind === 5)
    request = Buffer.concat([Buffer.from([5, 1, 0, luck.pick([1, 4]), 127, 0, 0, 1]), Buffer.from([0, 80])]); // prettier-ignore
  else if (kind === 6)
    request = Buffer.concat([Buffer.from([5, 1, 0, 3, luck.pick([0, 39, 41, 255])]), Buffer.from(address), Buffer.from([0, 0])]); // prettier-ignore
  else if (kind === 7)
    request = Buffer.from(request.toString("latin1").replace(address, address.toUpperCase()), "latin1"); // prettier-ignore
  else if (kind === 8) request.writeUInt16BE(luck.whole(65_536), request.length - 2);
  else if (kind === 9)
    return Buffer.from(luck.pick(["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\u0016\u0003\u0001\u0002", "<stream:stream>", "\u0004\u0001\u0000P\u007f\u0000\u0000\u0001x\u0000"]), "latin1"); // prettier-ignore
  else if (kind === 10) request = Buffer.concat([request, request]);
  let all = Buffer.concat([greeting, request]);
  if (kind === 11) all[luck.whole(all.length)]! ^= 1 << luck.whole(8);
  if (kind === 12) all = all.subarray(0, luck.whole(all.length));
  if (luck.oneIn(4)) all = Buffer.concat([all, Buffer.alloc(luck.pick([1, 900, 70_000]), "x")]);
  return all;
}

/** What is wrong with what the host answered; "" for nothing. */
export function socksFault(answer: Buffer): string {
  if (answer.length === 0 || (answer[0] === 5 && (answer[1] === 0 || answer[1] === 255))) return "";
  return `a stream host answered ${answer.subarray(0, 20).toString("hex")}`;
}
