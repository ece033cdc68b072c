/** Links with programs that fetch them for a living, and through nginx as it comes. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { accepting, freePorts } from "../harness/ports.js";
import { exec, run } from "../harness/process.js";
import { tempFolder, type TempFolder } from "../harness/tmp.js";
import { setWebStage, type WebStage } from "../harness/web-stage.js";
import type { DeskFile } from "../harness/file-desk.js";

let stage: WebStage;
let folder: TempFolder;
beforeAll(async () => {
  stage = await setWebStage();
  folder = await tempFolder("restante-fetch");
});
afterAll(async () => {
  await stage.strike();
  await folder.remove();
});

const SIZE = 20 * 2 ** 20 + 7;
const link = (file: DeskFile, base = stage.url): string => `${base}/g/${file.token}/file.bin`;

describe.each([
  ["curl", (url: string, target: string) => ["-sS", "--fail", "-C", "-", "-o", target, url]],
  ["wget", (url: string, target: string) => ["-q", "-c", "-O", target, url]],
])("%s", (program, args) => {
  test("resumes where it stopped, and the file is whole", async () => {
    const file = await stage.desk.keep(SIZE);
    const target = join(folder.path, `${program}-resumed`);
    await writeFile(target, file.content.subarray(0, 12_345_678));
    await exec(program, args(link(file), target));
    expect((await readFile(target)).equals(file.content)).toBe(true);
    expect(await file.heard(2)).toEqual(["moving", `12345678-${SIZE}`]);
  });

  test("is ended in the middle and goes on", async () => {
    const file = await stage.desk.keep(SIZE);
    const target = join(folder.path, `${program}-cut`);
    const slow = program === "curl" ? ["--limit-rate", "2M"] : ["--limit-rate=2m"];
    const first = run(program, [...slow, ...args(link(file), target)]);
    await file.heard(1);
    const size = async (): Promise<number> => (await readFile(target).catch(() => Buffer.alloc(0))).length;
    while ((await size()) < 100_000 && !first.ended) await new Promise((resolve) => setTimeout(resolve, 50));
    await first.kill();
    const got = await size();
    const [, cut] = await file.heard(2);
    const [start, end] = cut!.split("-").map(Number) as [number, number];
    expect(start).toBe(0);
    expect(end).toBeGreaterThanOrEqual(got);
    expect(end).toBeLessThan(SIZE);
    await exec(program, args(link(file), target));
    expect((await readFile(target)).equals(file.content)).toBe(true);
    expect(await file.heard(4)).toEqual(["moving", cut, "moving", `${got}-${SIZE}`]);
  });
});

describe("behind nginx as Debian configures it", () => {
  let url: string;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    const [port] = (await freePorts(1)) as [number];
    url = `http://127.0.0.1:${port}`;
    const configuration = join(folder.path, "nginx.conf");
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (k) => `${k}_temp_path ${folder.path}/${k};`,
    );
    await writeFile(
      configuration,
      `daemon off; pid ${folder.path}/pid; error_log stderr warn; events {} ${process.getuid?.() === 0 ? "user root;" : ""}
       http { access_log off; ${temporary.join(" ")} server { listen 127.0.0.1:${port}; location / { proxy_pass ${stage.url}; } } }\n`,
    );
    const nginx = run("/usr/sbin/nginx", ["-p", folder.path, "-e", "stderr", "-c", configuration], { stopSignal: "SIGQUIT" }); // prettier-ignore
    stop = () => nginx.stop();
    await nginx.during((signal) => accepting(port, signal));
  });
  afterAll(() => stop());

  test("a file arrives whole and counts; ranges and refusals pass", async () => {
    const file = await stage.desk.keep(SIZE);
    const target = join(folder.path, "proxied");
    await exec("curl", ["-sS", "--fail", "-o", target, link(file, url)]);
    expect((await readFile(target)).equals(file.content)).toBe(true);
    expect(await file.heard(2)).toEqual(["moving", `0-${SIZE}`]);
    const headers = await exec("curl", ["-sS", "-o", "/dev/null", "-D", "-", "-r", "5-9", link(file, url)]);
    expect(headers).toMatch(/^HTTP\/1.1 206 /);
    expect(headers).toMatch(/^content-range: bytes 5-9\//m);
    expect(await exec("curl", ["-sS", "-o", "/dev/null", "-w", "%{http_code}", `${url}/g/x`])).toBe("404");
  });

  test("it takes in no more than its client does: a reader who stops half-way has not been served", async () => {
    const file = await stage.desk.keep(SIZE);
    const reader = run("curl", ["-sS", "--limit-rate", "500k", "-o", join(folder.path, "slow"), link(file, url)]);
    await file.heard(1);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await reader.kill();
    const [, span] = await file.heard(2);
    expect(Number(span!.split("-")[1])).toBeLessThan(SIZE);
  });

  test("figures do not go out through it", async () => {
    expect(await exec("curl", ["-sS", "-o", "/dev/null", "-w", "%{http_code}", `${url}/metrics`])).toBe("404");
  });
});
