/** Sizes and durations as people write and read them. Sizes are binary (1 KiB = 1024 bytes), durations milliseconds. */

const SIZES: Record<string, number> = {
  b: 1,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
};
const TIMES: Record<string, number> = { ms: 1, second: 1e3, minute: 6e4, hour: 36e5, day: 864e5, week: 6048e5 };

/** "2 GiB" → 2147483648; a bare number is bytes; undefined when it is neither. */
export function parseSize(text: string): number | undefined {
  const m = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  const unit = m && SIZES[m[2]?.toLowerCase() || "b"];
  const size = m && unit ? Math.floor(Number(m[1]) * unit) : NaN;
  return Number.isSafeInteger(size) ? size : undefined;
}

/** 12582912 → 12.0, "MiB"; below 1 KiB the unit is "". */
export function sizeParts(bytes: number): { value: number; unit: string } {
  if (bytes < 1024) return { value: bytes, unit: "" };
  const units = ["KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return { value, unit: units[unit]! };
}

/** 12582912 → "12.0 MiB", for logs and operators; people are told by `size` of said.ts, in their own language. */
export function formatSize(bytes: number): string {
  const { value, unit } = sizeParts(bytes);
  return unit === "" ? `${bytes} ${bytes === 1 ? "byte" : "bytes"}` : `${value.toFixed(1)} ${unit}`;
}

/** "30 days", "90 seconds", "1 week" → milliseconds; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const m = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+?)s?\s*$/i.exec(text);
  const unit = m && (TIMES[m[2]!.toLowerCase()] ?? (m[2]!.toLowerCase() === "m" ? 1 : undefined));
  const ms = m && unit ? Math.round(Number(m[1]) * unit) : NaN;
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** 2592000000 → 30, "day": in the largest unit of which there is one, and weeks only when they are whole. */
export function durationParts(ms: number): [count: number, unit: "second" | "minute" | "hour" | "day" | "week"] {
  let n = Math.max(0, Math.round(ms / 1000));
  let unit: ReturnType<typeof durationParts>[1] = "second";
  for (const [size, next] of [
    [60, "minute"],
    [60, "hour"],
    [24, "day"],
    [7, "week"],
  ] as const) {
    if (n < size || (next === "week" && n % size !== 0)) break;
    const exact = ms / TIMES[next]!;
    [n, unit] = [Math.max(1, Math.round(exact)), next];
  }
  return [n, unit];
}

/** 2592000000 → "30 days", for logs and operators; people are told by `duration` of said.ts. */
export function formatDuration(ms: number): string {
  const [n, unit] = durationParts(ms);
  return `${n} ${unit}${n === 1 ? "" : "s"}`;
}
