/** What the web server counts of itself, for /metrics. Nothing in it tells one person, file or link from another. */
import { Counter, Gauge, type Registry } from "prom-client";

export class WebMetrics {
  readonly #answers: Counter<"status">;
  readonly #bytes: Counter;

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

  sent(bytes: number): void {
    this.#bytes.inc(bytes);
  }
}
