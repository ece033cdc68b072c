/** The rules of docs/architecture.md that a program can check, over source files given as path → text. Paths are relative to component/. */
import { dirname, join } from "node:path/posix";
import ts from "typescript";

export type Sources = ReadonlyMap<string, string>;

interface Import {
  readonly from: string;
  /** A path in component/ for our own files, else the name as it is written. */
  readonly to: string;
  readonly ours: boolean;
}

const BLOCKS = ["lib", "control", "messenger", "transfer", "storage", "inspect", "web", "mail", "shop", "plugin"];
const MAX_LINES = 500;

/** Which packages only one place may know: what they speak is that place's business. */
const HOMES: readonly (readonly [RegExp, string])[] = [
  [/^(kysely|pg|libsql|better-sqlite3)(\/|$)/, "storage/index/"],
  [/^@aws-sdk\//, "storage/blob/"],
  [/^(ltx|@xmpp\/.*)$/, "messenger/"],
  [/^(fastify|@fastify\/.*|@tus\/.*)$/, "web/"],
  [/^sharp$/, "inspect/"],
];
/** lib and control know no sockets. */
const SOCKETS = /^node:(net|tls|dgram|http|https|http2|dns)(\/|$)/;

/** Each violation in one line; none means that all is well. */
export function violations(sources: Sources): string[] {
  const imports = [...sources].flatMap(([path, text]) => readImports(path, text));
  return [
    ...imports.flatMap((each) => [wrongDirection(each), wrongDepth(each), wrongHome(each), missing(each, sources)]),
    ...cycles(imports),
    ...[...sources].map(([path, text]) => {
      const lines = text.split("\n").length - 1;
      return lines > MAX_LINES ? `${path} has ${lines} lines; ${MAX_LINES} are the most` : undefined;
    }),
  ].filter((line) => line !== undefined);
}

/** Every import of a file, by TypeScript's own reading: static, dynamic, for types, re-exports. */
function readImports(from: string, text: string): Import[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => {
    const ours = fileName.startsWith(".");
    return { from, ours, to: ours ? join(dirname(from), fileName).replace(/\.js$/, ".ts") : fileName };
  });
}

const blockOf = (path: string): string | undefined => BLOCKS.find((block) => path.startsWith(`${block}/`));

/** lib ← control ← the others, which do not know each other ← main, cli and what is beside them. */
function wrongDirection({ from, to, ours }: Import): string | undefined {
  const [mine, other] = [blockOf(from), blockOf(to)];
  if (!ours || mine === undefined || mine === other) return undefined;
  const allowed = mine === "lib" ? [] : mine === "control" ? ["lib"] : ["lib", "control"];
  // The shape of the configuration is known to all but lib and control, which are told what they need.
  if (to === "config.ts" && allowed.includes("control")) return undefined;
  return other !== undefined && allowed.includes(other)
    ? undefined
    : `${from} must not import ${to}: ${mine} knows only ${allowed.join(" and ") || "itself"}`;
}

/** Inside the messenger: stanza, streams ← wire ← negotiate ← methods ← the rest. */
function wrongDepth({ from, to, ours }: Import): string | undefined {
  const depth = (path: string): number =>
    path === "messenger/stanza.ts" || path === "messenger/streams.ts"
      ? 0
      : 1 + ((["wire", "negotiate", "methods"].findIndex((part) => path.startsWith(`messenger/${part}/`)) + 4) % 4);
  if (!ours || blockOf(from) !== "messenger" || blockOf(to) !== "messenger") return undefined;
  return depth(to) > depth(from)
    ? `${from} must not import ${to}: stanza ← wire ← negotiate ← methods ← the rest`
    : undefined;
}

function wrongHome({ from, to, ours }: Import): string | undefined {
  const block = blockOf(from);
  if (ours || block === undefined) return undefined;
  const home = HOMES.find(([pattern]) => pattern.test(to))?.[1];
  if (home !== undefined && !from.startsWith(home)) return `${from} must not import ${to}: that belongs to ${home}`;
  if (["lib", "control"].includes(block) && SOCKETS.test(to))
    return `${from} must not import ${to}: ${block} knows no sockets`;
  return undefined;
}

/** A path that was not understood would make the other rules blind. */
function missing({ from, to, ours }: Import, sources: Sources): string | undefined {
  return ours && to.endsWith(".ts") && !sources.has(to) ? `${from} imports ${to}, which is not there` : undefined;
}

function cycles(imports: readonly Import[]): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to, ours } of imports) if (ours) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    const at = way.indexOf(path);
    if (at >= 0) found.push(`a circle of imports: ${[...way.slice(at), path].join(" → ")}`);
    if (at >= 0 || done.has(path)) return;
    for (const to of next.get(path) ?? []) visit(to, [...way, path]);
    done.add(path);
  };
  for (const path of next.keys()) visit(path, []);
  return found;
}
