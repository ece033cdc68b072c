/** What clients with windows need: a home, a screen that nobody sees, and a session bus, all of their own and all gone afterwards. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { run, type Running } from "../process.js";
import { tempFolder } from "../tmp.js";
import { beside } from "./client.js";

export interface Desktop {
  /** The home folder. */
  readonly folder: string;
  /** Of the X screen, as ":99". */
  readonly display: string;
  /** Starts a program there. */
  start(name: string, command: string, args: readonly string[], env?: Record<string, string | undefined>): Running;
  /** Ends the screen and removes the home; the programs have ended before. */
  remove(): Promise<void>;
}

/** `kind`: what its folders are called after. */
export async function desktop(kind: string): Promise<Desktop> {
  const folder = await tempFolder(`restante-${kind}`);
  const path = (name: string): string => join(folder.path, name);
  for (const name of ["config", "data", "cache", "runtime"]) await mkdir(path(name), { mode: 0o700 });
  // It chooses a free display by itself and says which. With -noreset it stays when a first client has come and gone before the next.
  const screen = run("Xvfb", ["-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp", "-noreset"]);
  const [number] = await screen.waitFor(/^\d+$/);
  const display = `:${number}`;
  return {
    folder: folder.path,
    display,
    start: (name, command, args, env) =>
      run("dbus-run-session", [`--config-file=${beside("dbus.conf")}`, "--", command, ...args], {
        name,
        env: {
          HOME: folder.path,
          XDG_CONFIG_HOME: path("config"),
          XDG_DATA_HOME: path("data"),
          XDG_CACHE_HOME: path("cache"),
          XDG_RUNTIME_DIR: path("runtime"),
          DISPLAY: display,
          DBUS_SESSION_BUS_ADDRESS: undefined,
          WAYLAND_DISPLAY: undefined,
          GDK_BACKEND: "x11",
          GSETTINGS_BACKEND: "memory",
          GTK_A11Y: "none",
          NO_AT_BRIDGE: "1",
          LIBGL_ALWAYS_SOFTWARE: "1",
          LC_ALL: "C.UTF-8",
          ...env,
        },
      }),
    async remove() {
      await screen.stop();
      await folder.remove();
    },
  };
}
