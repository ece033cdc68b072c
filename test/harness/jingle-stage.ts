/** Jingle with real clients, without the control unit. */
import { Tongues } from "../../component/control/people/tongues.js";
import { CHAT_FEATURES } from "../../component/messenger/features.js";
import { JINGLE_FEATURES, JingleSessions } from "../../component/messenger/methods/jingle-sessions.js";
import { JingleMethod } from "../../component/messenger/methods/jingle.js";
import type { InBand } from "../../component/messenger/streams.js";
import type { ComponentServer } from "./restante.js";
import { transferStage, type TransferStage } from "./transfer-stage.js";

/** `host`: how peers reach our stream host. Streams that are in-band are told of, too. */
export function jingleStage(server: ComponentServer, host?: string): Promise<TransferStage> {
  return transferStage(server, {
    features: [...CHAT_FEATURES, ...JINGLE_FEATURES],
    listen: "0.0.0.0",
    ...(host !== undefined && { host }),
    follows: true,
    speak({ inBand: streams, self, bits, kinds, ...parts }) {
      const inBand: InBand = {
        async expect(...what) {
          const opened = await streams.expect(...what);
          kinds.push("in-band");
          return opened;
        },
        async open(...what) {
          const opened = await streams.open(...what);
          kinds.push("in-band");
          return opened;
        },
      };
      const sessions = new JingleSessions({ ...parts, inBand, tongues: new Tongues() });
      return {
        method: new JingleMethod({ sessions, bits, self }),
        start: () => sessions.start(),
        stop: () => sessions.stop(),
      };
    },
  });
}
