/** Real programs as child processes: each in a process group of its own, its lines watched, its end awaited, nothing left over. */
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import { hold, release } from "./guard.js";

export interface Running {
  /** For messages. */
  readonly name: string;
  readonly pid: number;
  /** Everything that it printed, line by line, on both outputs (the newest 20,000 lines). */
  readonly lines: readonly string[];
  readonly ended: boolean;
  /**
   * The first line that matches and that nobody has waited for before: each line answers one wait. Rejects when the deadline passes or the
   * process ends without it, and says what was printed last.
   */
  waitFor(pattern: RegExp, deadline?: number): Promise<RegExpExecArray>;
  /** The same for a line that `read` makes something of. */
  waitLine<T>(read: (line: string) => T | undefined, deadline?: number): Promise<T>;
  /** Settles with the task, or rejects as soon as the process ends or the deadline passes. For servers that announce nothing. */
  during<T>(task: (signal: AbortSignal) => Promise<T>, deadline?: number): Promise<T>;
  /** Puts a line on its standard input. */
  write(line: string): void;
  /** Closes its standard input, on which it ends by itself, and waits for that; uses force when it does not. */
  leave(): Promise<void>;
  /** Its exit code; null when a signal ended it. */
  readonly exit: Promise<number | null>;
  /** Sends the signal to the process itself (not to its group). */
  signal(name: NodeJS.Signals): void;
  /** Asks it to end, waits, and ends its whole group the hard way when it does not. */
  stop(): Promise<void>;
  /** kill -9 for its whole group; settles when it is gone. */
  kill(): Promise<void>;
}

export interface RunOptions {
  cwd?: string;
  /** Added to our own environment; undefined takes a variable away. */
  env?: Record<string, string | undefined>;
  /** What the process takes as the wish to end. Default SIGTERM. */
  stopSignal?: NodeJS.Signals;
  /** How long `stop` and `leave` wait before they use force; default 10,000 ms. */
  patience?: number;
  /** Its output is also appended to this file. */
  log?: string;
  /** Shown each line, also of more than are kept. */
  onLine?: ((line: string) => void) | undefined;
  name?: string;
}

const KEPT_LINES = 20_000;
const DEADLINE = 20_000;
const LAST_WORDS = 1_000;

/** Starts a program. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Running {
  const name = options.name ?? command.split("/").pop()!;
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  // A client that a failed test left open must not keep Jest from ending: the guard ends it. Every wait below holds a timer of its own.
  child.unref();
  for (const pipe of [child.stdin, child.stdout, child.stderr]) (pipe as unknown as Socket).unref();
  const pid = child.pid;
  if (pid !== undefined) hold("group", pid);
  const log = options.log === undefined ? undefined : createWriteStream(options.log, { flags: "a" });
  const lines: string[] = [];
  const fresh: string[] = []; // those that nobody has waited for yet
  const watchers = new Set<() => void>();
  let failure: Error | undefined;
  let ended = false;

  const take = (text: string): void => {
    if (!log?.writableEnded) log?.write(`${text}\n`); // a grandchild may have a last word
    options.onLine?.(text);
    lines.push(text);
    fresh.push(text);
    if (lines.length > KEPT_LINES) lines.shift();
    if (fresh.length > KEPT_LINES) fresh.shift();
    for (const look of [...watchers]) look();
  };
  createInterface({ input: child.stdout }).on("line", take);
  createInterface({ input: child.stderr }).on("line", take);
  child.stdin.on("error", () => undefined); // it may end before it has read everything
  const killGroup = (signal: NodeJS.Signals): void => {
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code !== "ESRCH") throw e;
    }
  };
  const exit = new Promise<number | null>((resolve) => {
    child.on("error", (error) => {
      failure = new Error(`${name} cannot be started: ${error.message}`);
      finish(null);
    });
    // Its last words may still be in the pipes. Grandchildren that left the group may keep those open for ever.
    child.on("exit", (code) => {
      killGroup("SIGKILL");
      const late = setTimeout(finish, LAST_WORDS, code);
      child.once("close", () => {
        clearTimeout(late);
        finish(code);
      });
    });
    function finish(code: number | null): void {
      if (ended) return;
      ended = true;
      if (pid !== undefined) release("group", pid);
      log?.end();
      for (const look of [...watchers]) look();
      resolve(code);
    }
  });
  const complaint = (what: string): Error =>
    failure ?? new Error(`${name} ${what}; it printed:\n${lines.slice(-40).join("\n")}`);

  function wait<T>(read: (line: string) => T | undefined, what: string, deadline = DEADLINE): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (how: () => void): void => {
        clearTimeout(timer);
        watchers.delete(look);
        how();
      };
      const timer = setTimeout(
        () => settle(() => reject(complaint(`printed nothing ${what} in ${deadline} ms`))),
        deadline,
      );
      const look = (): void => {
        for (const [at, line] of fresh.entries()) {
          const found = read(line);
          if (found === undefined) continue;
          fresh.splice(at, 1);
          return settle(() => resolve(found));
        }
        if (ended) settle(() => reject(complaint(`ended without printing anything ${what}`)));
      };
      watchers.add(look);
      look();
    });
  }

  async function awaitEnd(): Promise<void> {
    const timer = setTimeout(() => killGroup("SIGKILL"), options.patience ?? 10_000);
    await exit;
    clearTimeout(timer);
  }

  return {
    name,
    pid: pid ?? -1,
    lines,
    exit,
    get ended() {
      return ended;
    },
    waitFor: (pattern, deadline) => wait((line) => pattern.exec(line) ?? undefined, `like ${pattern}`, deadline),
    waitLine: (read, deadline) => wait(read, "that was waited for", deadline),
    async during(task, deadline = DEADLINE) {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(complaint(`was not ready in ${deadline} ms`)), deadline);
      const onEnd = (): void => void (ended && controller.abort(complaint("ended")));
      watchers.add(onEnd);
      onEnd();
      try {
        return await task(controller.signal);
      } catch (e) {
        throw controller.signal.aborted ? controller.signal.reason : e;
      } finally {
        clearTimeout(timer);
        watchers.delete(onEnd);
      }
    },
    write(line) {
      child.stdin.write(`${line}\n`);
    },
    signal(signal) {
      if (!ended) child.kill(signal);
    },
    leave() {
      child.stdin.end();
      return awaitEnd();
    },
    stop() {
      child.stdin.end();
      if (!ended) child.kill(options.stopSignal ?? "SIGTERM");
      return awaitEnd();
    },
    async kill() {
      if (ended) return;
      killGroup("SIGKILL");
      await exit;
    },
  };
}

/** Runs a program to its end and answers what it printed. Rejects when it fails or takes longer than its `patience` (default 60,000 ms). */
export async function exec(
  command: string,
  args: readonly string[],
  options: RunOptions & { input?: string } = {},
): Promise<string> {
  const child = run(command, args, { patience: 60_000, ...options });
  if (options.input !== undefined) child.write(options.input);
  await child.leave();
  const code = await child.exit;
  const output = child.lines.join("\n");
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${output}`);
  return output;
}

/** What every server of one process and one folder can: end, be killed, come again with the same data, and go for good. */
export interface Life {
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** Once more after `stop` or `kill`, with the same ports and data. */
  start(): Promise<void>;
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  remove(): Promise<void>;
}

/** The life of the server that `present` answers, begun by `start`. */
export function lifeOf(present: () => Running, start: () => Promise<void>, folder: { remove(): Promise<void> }): Life {
  const stop = (): Promise<void> => present().stop();
  return {
    start,
    stop,
    kill: () => present().kill(),
    async restart() {
      await stop();
      await start();
    },
    async remove() {
      await stop();
      await folder.remove();
    },
  };
}
