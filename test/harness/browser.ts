/** Debian's Chromium, without a screen. */
import { chromium, type Browser } from "playwright-core";

const FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]; // prettier-ignore

export function startChromium(): Promise<Browser> {
  // It opens files by their names only in a language that has their letters.
  const env = { ...process.env, LANG: "C.UTF-8", LC_ALL: "C.UTF-8" };
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS, env });
}
