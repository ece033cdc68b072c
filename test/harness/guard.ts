/**
 * Nothing is left over, however a test process ends: also by kill -9, a crash, or Jest's forced exit, when no handler of ours runs.
 * A small shell holds the list of process groups, mounts and folders; when the pipe from us closes, it ends and removes what is still on it.
 */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Writable } from "node:stream";

const SCRIPT = `
declare -A groups folders mounts
while IFS=$'\\t' read -r verb kind what; do
  case $verb$kind in
    +group) groups[$what]=1;; -group) unset "groups[$what]";;
    +folder) folders[$what]=1;; -folder) unset "folders[$what]";;
    +mount) mounts[$what]=1;; -mount) unset "mounts[$what]";;
  esac
done
for g in "\${!groups[@]}"; do kill -KILL -- "-$g"; done
for m in "\${!mounts[@]}"; do umount -l "$m"; done
for f in "\${!folders[@]}"; do rm -rf -- "$f" || { sleep 1; rm -rf -- "$f"; }; done
`;

type Kind = "group" | "folder" | "mount";
const held = new Set<string>();
let shell: ChildProcessByStdio<Writable, null, null> | undefined;

/** From now on this is ended (group), unmounted or removed when this process ends. */
export function hold(kind: Kind, what: string | number): void {
  if (!shell) {
    // A session of its own: Ctrl-C at the terminal must not end the guard together with what it guards.
    shell = spawn("bash", ["-c", SCRIPT], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
    shell.unref();
    (shell.stdin as Writable & { unref(): void }).unref();
  }
  held.add(`${kind}\t${what}`);
  shell.stdin.write(`+\t${kind}\t${what}\n`);
}

/** It has ended in order. */
export function release(kind: Kind, what: string | number): void {
  if (!held.delete(`${kind}\t${what}`)) return;
  shell?.stdin.write(`-\t${kind}\t${what}\n`);
  if (held.size > 0) return;
  shell?.stdin.end();
  shell = undefined;
}
