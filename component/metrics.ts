/** What /metrics tells (Prometheus): the process itself, the stream, people and parcels. Asked for only when somebody looks. */
import { Counter, Gauge, Registry, collectDefaultMetrics } from "prom-client";
import type { Index } from "./control/ports.js";

interface Sources {
  readonly index: Pick<Index, "totals">;
  readonly stream: {
    readonly online: boolean;
    readonly stanzasIn: number;
    readonly stanzasOut: number;
    readonly reconnects: number;
  };
  readonly directory: { readonly size: { readonly followed: number } };
}

/** A registry that reads its sources at each look. */
export function createMetrics({ index, stream, directory }: Sources): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const count = (name: string, help: string, value: () => number): void => {
    new Counter({ name, help, registers, collect() { this.reset(); this.inc(value()); } }); // prettier-ignore
  };
  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({ name, help, registers, collect() { this.set(value()); } }); // prettier-ignore
  };
  count("restante_stanzas_received_total", "Stanzas that came in.", () => stream.stanzasIn);
  count("restante_stanzas_sent_total", "Stanzas that went out.", () => stream.stanzasOut);
  count("restante_reconnects_total", "Connections to the XMPP server after the first.", () => stream.reconnects);
  gauge("restante_online", "Whether the component is connected.", () => (stream.online ? 1 : 0));
  gauge("restante_contacts_followed", "People whose presence is followed.", () => directory.size.followed);
  new Gauge({
    name: "restante_parcels", help: "Parcels by state.", labelNames: ["state"], registers,
    async collect() {
      const totals = await index.totals().catch(() => undefined);
      this.reset();
      for (const [state, n] of Object.entries(totals?.parcels ?? {})) this.set({ state }, n);
      if (totals) {
        files.set(totals.files);
        bytes.set(totals.bytes);
      }
    },
  }); // prettier-ignore
  const files = new Gauge({ name: "restante_files", help: "Files kept.", registers });
  const bytes = new Gauge({ name: "restante_bytes", help: "Bytes that members keep, each file counted.", registers });
  return registry;
}
