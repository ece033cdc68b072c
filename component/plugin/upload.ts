/**
 * Runs in the page by which files come in (`web/pages/form.ts`), beside tus-js-client: files are dropped or chosen, go one after the other, show
 * how far they are, and go on where they were when the connection, or the page, was gone in between. Without it the form works by itself.
 */
import type * as Tus from "tus-js-client";

declare global {
  interface Window {
    readonly tus?: typeof Tus;
  }
}

/** How long it is waited before each further attempt (ms); after the last, until the browser says that it is online, or somebody presses "go on". */
const AGAIN = [0, 1000, 2000, 4000, 8000, 15_000, 30_000, 30_000];
/** What the server says of a file that is kept. */
const NUMBER = "Restante-Number";

const form = document.querySelector<HTMLFormElement>("form[data-tus]");
if (form && window.tus?.isSupported) enhance(form, window.tus);

function enhance(form: HTMLFormElement, tus: typeof Tus): void {
  const words = JSON.parse(form.dataset["words"] ?? "{}") as Record<string, string>;
  const endpoint = new URL(form.dataset["tus"]!, location.href).href;
  const input = form.querySelector<HTMLInputElement>("input[type=file]")!;
  const drop = form.querySelector<HTMLElement>(".drop")!;
  const list = document.querySelector<HTMLElement>("ul.files")!;
  const language = document.documentElement.lang;
  const say = (word: string, gaps: Record<string, string | number> = {}): string =>
    (words[word] ?? word).replace(/\{(\w+)\}/g, (_, gap: string) => String(gaps[gap] ?? ""));

  form.classList.add("scripted");
  form.querySelector("button")!.hidden = true;
  drop.querySelector("span")!.textContent = say("drop");
  /** One after the other: side by side they would only slow each other down. */
  let turn: Promise<void> = Promise.resolve();
  let underWay = 0;

  const add = (files: Iterable<File>): void => {
    list.hidden = false;
    for (const file of files) {
      const row = new Row(file, say, language);
      list.append(row.element);
      underWay++;
      turn = turn.then(() => send(file, row)).finally(() => underWay--);
    }
  };

  /** Settles when it is kept, refused, or stopped. Never rejects. */
  const send = (file: File, row: Row): Promise<void> =>
    new Promise((resolve) => {
      if (row.isStopped) return resolve();
      const upload = new tus.Upload(file, {
        endpoint,
        retryDelays: AGAIN,
        metadata: { filename: file.name, filetype: file.type },
        removeFingerprintOnSuccess: true,
        // What was kept for another page is not gone on with here.
        fingerprint: async (of) => [endpoint, of.name, of.size, of.lastModified].join("\n"),
        onShouldRetry: (error) => {
          row.paused();
          return isPassing(error);
        },
        onProgress: (sent, all) => row.moving(sent, all),
        onSuccess: ({ lastResponse }) => settle(() => row.kept(lastResponse.getHeader(NUMBER))),
        onError: (error) => {
          if (!isPassing(error)) return settle(() => row.refused(reasonOf(error)));
          row.paused(goOn);
        },
      });
      const goOn = (): void => {
        row.paused();
        upload.start();
      };
      const settle = (how: () => void): void => {
        window.removeEventListener("online", goOn);
        how();
        resolve();
      };
      window.addEventListener("online", goOn);
      row.onStop(() => {
        void upload.abort(true).catch(() => undefined);
        settle(() => row.stopped());
      });
      row.moving(0, file.size);
      upload.findPreviousUploads().then(
        ([previous]) => {
          if (previous) upload.resumeFromPreviousUpload(previous);
          upload.start();
        },
        () => upload.start(),
      );
    });

  input.addEventListener("change", () => {
    add([...(input.files ?? [])]);
    input.value = "";
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const over of ["dragenter", "dragover"]) drop.addEventListener(over, () => drop.classList.add("over"));
  for (const out of ["dragleave", "drop"]) drop.addEventListener(out, () => drop.classList.remove("over"));
  // Anywhere: else the browser would leave the page for a file that misses its mark.
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    add([...(event.dataTransfer?.files ?? [])]);
  });
  window.addEventListener("beforeunload", (event) => {
    if (underWay > 0) event.preventDefault();
  });
}

type Say = (word: string, gaps?: Record<string, string | number>) => string;

/** One file in the list. */
class Row {
  readonly element = document.createElement("li");
  isStopped = false;
  readonly #say: Say;
  readonly #state = document.createElement("span");
  readonly #bar = document.createElement("progress");
  readonly #button = document.createElement("button");
  readonly #size: string;

  constructor(file: File, say: Say, language: string) {
    this.#say = say;
    this.#size = inWords(file.size, language);
    const name = document.createElement("bdi");
    name.textContent = file.name;
    const line = document.createElement("div");
    line.className = "row";
    this.#bar.max = Math.max(1, file.size);
    this.#bar.value = 0;
    this.#bar.setAttribute("aria-label", file.name);
    this.#button.type = "button";
    this.#button.className = "plain";
    this.#state.textContent = say("waiting");
    line.append(this.#state, this.#button);
    this.element.append(name, this.#bar, line);
    this.#press("stop", () => this.stopped());
  }

  moving(sent: number, all: number): void {
    this.#bar.value = sent;
    const percent = all === 0 ? 100 : Math.floor((100 * sent) / all);
    this.#state.textContent = this.#say("moving", { percent, size: this.#size });
  }

  /** `goOn`: where it does not go on by itself. */
  paused(goOn?: () => void): void {
    this.#state.textContent = this.#say("paused");
    if (goOn) this.#press("go-on", goOn);
  }

  kept(number: string | undefined): void {
    this.#end("good", this.#say("kept", { number: number ?? "" }));
  }

  refused(why: string): void {
    this.#end("bad", this.#say("not-kept", { why }));
  }

  stopped(): void {
    this.isStopped = true;
    this.#end("", this.#say("stopped"));
  }

  onStop(stop: () => void): void {
    this.#press("stop", stop);
  }

  #press(word: string, what: () => void): void {
    this.#button.textContent = this.#say(word);
    this.#button.onclick = what;
  }

  #end(look: string, text: string): void {
    this.#state.className = look;
    this.#state.textContent = text;
    this.#button.remove();
    this.#bar.remove();
  }
}

/** The server's no is final, unless it is only busy. Without an answer, the connection was gone. */
function isPassing(error: Error | Tus.DetailedError): boolean {
  const status = "originalResponse" in error ? (error.originalResponse?.getStatus() ?? 0) : 0;
  return status === 0 || status === 409 || status === 423 || (status >= 500 && status !== 507);
}

function reasonOf(error: Error | Tus.DetailedError): string {
  const said = "originalResponse" in error ? error.originalResponse?.getBody().trim() : undefined;
  return said !== undefined && said !== "" && said.length < 500 && !said.startsWith("<") ? said : error.message;
}

function inWords(bytes: number, language: string): string {
  const steps = ["B", "KiB", "MiB", "GiB", "TiB"];
  let step = 0;
  let left = bytes;
  for (; left >= 1024 && step < steps.length - 1; step++) left /= 1024;
  return `${left.toLocaleString(language, { maximumFractionDigits: step === 0 ? 0 : 1 })} ${steps[step]!}`;
}
