/** What the web server counts of itself, for /metrics. Nothing in it tells one person, file or link from another. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { UploadMethod } from "../control/ports.js";

/** The end of an upload: how it went, and how many bytes of it came. */
export type UploadCount = (outcome: "kept" | "cut" | "refused", bytes: number) => void;

export class WebMetrics {
  readonly #answers: Counter<"status">;
  readonly #bytes: Counter;
  readonly #uploads: Counter<"method" | "outcome">;
  readonly #received: Counter;
  #coming = 0;

  /** Registers its counters. `underWay`: downloads at this moment. */
  constructor(registry: Registry, underWay: () => number) {
    const registers = [registry];
    this.#answers = new Counter({
      name: "restante_web_answers_total",
      help: "HTTP answers by status.",
      labelNames: ["status"],
      registers,
    });
    this.#bytes = new Counter({ name: "restante_web_sent_bytes_total", help: "Bytes of files sent.", registers });
    this.#uploads = new Counter({
      name: "restante_web_uploads_total",
      help: "Files that came in, or did not, by way and outcome.",
      labelNames: ["method", "outcome"],
      registers,
    });
    this.#received = new Counter({ name: "restante_web_received_bytes_total", help: "Bytes of files received.", registers }); // prettier-ignore
    const coming = (): number => this.#coming;
    new Gauge({
      name: "restante_web_uploads",
      help: "Uploads under way.",
      registers,
      collect() {
        this.set(coming());
      },
    });
    new Gauge({
      name: "restante_web_downloads",
      help: "Downloads under way.",
      registers,
      collect() {
        this.set(underWay());
      },
    });
  }

  answered(status: number): void {
    this.#answers.inc({ status });
  }

  /** An upload begins; the answer is to be called once when it ends. */
  upload(method: UploadMethod): UploadCount {
    this.#coming++;
    return (outcome, bytes) => {
      this.#coming--;
      this.#uploads.inc({ method, outcome });
      this.#received.inc(bytes);
    };
  }

  sent(bytes: number): void {
    this.#bytes.inc(bytes);
  }
}
