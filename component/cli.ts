/** argv → what to do. Everything that is said to people here is one line or a report; the log goes to standard error. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { Command } from "commander";
import { ConfigError, loadConfig } from "./config.js";
import { examine } from "./doctor.js";
import { wordsOf } from "./finding.js";
import { init } from "./init.js";
import { Refusal } from "./lib/errors.js";
import { createLog } from "./lib/log.js";
import { createService, VERSION } from "./main.js";
import { InUse } from "./storage/index/open.js";

/** What is read when nothing is said, if it is there; else the environment alone. */
const USUAL = "restante.toml";
/** How long a stop may take before the process ends all the same. */
const LAST_CALL = 40_000; // ms

interface ConfigOption {
  readonly config?: string;
}

// Whoever listens may have heard enough (`| head`).
process.stdout.on("error", () => undefined);

const program = new Command("restante")
  .description("Keeps a file for someone who is away, and hands it over the moment they come online (XMPP component).")
  .version(VERSION)
  .showHelpAfterError();

program
  .command("serve")
  .description("run: prints “ready” when it is connected and the web server listens; SIGTERM or Ctrl-C ends it cleanly")
  .option("-c, --config <file>", `configuration (default: ${USUAL}, if it is there)`)
  .action(serve);

program
  .command("init")
  .description("write a commented configuration, and what Prosody and ejabberd need to let it in")
  .option("--dir <dir>", "where to", ".")
  .option("--domain <domain>", "the component's own domain", "files.example.org")
  .option("--force", "replace files that are there", false)
  .action(async (options: { dir: string; domain: string; force: boolean }) => {
    process.stdout.write(await init(options));
  });

program
  .command("doctor")
  .description("look at every part and say what to do about what does not work; exit code 1 when something does not")
  .option("-c, --config <file>", `configuration (default: ${USUAL}, if it is there)`)
  .action(async ({ config }: ConfigOption) => {
    let failed = 0;
    for await (const { ok, what, remedy } of examine(config ?? usual(), process.env, createLog("silent"))) {
      process.stdout.write(`${ok ? "✔" : "✘"} ${what}\n${remedy === undefined ? "" : `    → ${remedy}\n`}`);
      if (!ok) failed++;
    }
    process.stdout.write(failed === 0 ? "\nAll is well.\n" : `\n${failed} to be put right.\n`);
    process.exitCode = failed === 0 ? 0 : 1;
  });

program
  .command("demo")
  .description(
    "show the main job on this machine, with a real Prosody and real clients (in a checkout, after npm install)",
  )
  .option("--once", "end after the job instead of staying up", false)
  .action(async ({ once: ends }: { once: boolean }) => {
    const checkout = fileURLToPath(new URL("..", import.meta.url));
    if (!existsSync(`${checkout}test/demo.ts`))
      throw new ConfigError("the demo needs a checkout of the source: npm install && npm run demo");
    const child = spawn("npm", ["run", "--silent", "demo", "--", ...(ends ? ["--once"] : [])], {
      cwd: checkout,
      stdio: "inherit",
    });
    [process.exitCode] = (await once(child, "exit")) as [number];
  });

function hasCode(e: unknown): boolean {
  return typeof (e as NodeJS.ErrnoException).code === "string";
}

function usual(): string | undefined {
  return existsSync(USUAL) ? USUAL : undefined;
}

async function serve(options: ConfigOption): Promise<void> {
  const config = loadConfig(options.config ?? usual());
  const log = createLog(config.log.level);
  const service = createService(config, log);
  const asked = Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
  const started = service.start().then(() => "ready" as const);
  try {
    if ((await Promise.race([started, asked])) === "ready") {
      process.stdout.write("ready\n");
      await asked;
    }
    log.info("stopping");
  } finally {
    // Whoever asks a second time, or after a while, gets it.
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(1));
    setTimeout(() => process.exit(1), LAST_CALL).unref();
    started.catch(() => undefined); // a start that is interrupted may fail in its own way
    await service.stop();
  }
  process.exit(0); // a start that was interrupted may be opening things still
}

try {
  await program.parseAsync();
} catch (e) {
  // What is expected, or the system's own word, is one line; anything else is a bug, and its stack is wanted.
  const expected = e instanceof ConfigError || e instanceof Refusal || e instanceof InUse || hasCode(e);
  const what = e instanceof Refusal ? `${e.code}: ` : "";
  process.stderr.write(`restante: ${what}${expected ? wordsOf(e) : inspect(e)}\n`);
  process.exitCode = 1;
}
