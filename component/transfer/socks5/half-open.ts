/** Connections whose handshake is not over: so many in all, so many of one address. One too many ends the oldest, never the service. */
import ipaddr from "ipaddr.js";
import type { Line } from "./line.js";

export class HalfOpen {
  /** Oldest first. */
  readonly #lines = new Map<Line, string>();
  readonly #ofSource = new Map<string, Set<Line>>();

  constructor(
    private readonly all: number,
    private readonly each: number,
  ) {}

  get size(): number {
    return this.#lines.size;
  }

  /** Takes one in, from `address`. An older one may be closed for it. */
  add(line: Line, address: string): void {
    const source = sourceOf(address);
    const siblings = this.#ofSource.get(source) ?? new Set();
    if (siblings.size >= this.each) this.#drop(siblings);
    else if (this.#lines.size >= this.all) this.#drop(this.#lines.keys());
    this.#lines.set(line, source);
    this.#ofSource.set(source, siblings.add(line));
  }

  /** False when it had been closed for another. */
  remove(line: Line): boolean {
    const source = this.#lines.get(line);
    if (source === undefined) return false;
    this.#lines.delete(line);
    const siblings = this.#ofSource.get(source)!;
    siblings.delete(line);
    if (siblings.size === 0) this.#ofSource.delete(source);
    return true;
  }

  closeAll(): void {
    for (const line of [...this.#lines.keys()]) this.#drop([line]);
  }

  /** Closes the first of them. */
  #drop(lines: Iterable<Line>): void {
    for (const line of lines) {
      this.remove(line);
      return line.close();
    }
  }
}

/** Whoever has one address of an IPv6 network of 64 bits has all of them. */
function sourceOf(address: string): string {
  if (!ipaddr.isValid(address)) return "";
  const ip = ipaddr.process(address);
  return ip instanceof ipaddr.IPv6 ? ip.parts.slice(0, 4).join(":") : ip.toString();
}
