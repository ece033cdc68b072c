/** Stream initiation with real clients, without the control unit. */
import { SI_FEATURES, SiIntake } from "../../component/messenger/methods/si-intake.js";
import { SiMethod } from "../../component/messenger/methods/si.js";
import type { ComponentServer } from "./restante.js";
import { transferStage, type TransferStage } from "./transfer-stage.js";

export function siStage(server: ComponentServer): Promise<TransferStage> {
  return transferStage(server, {
    features: SI_FEATURES,
    follows: false,
    speak({ hosts: streamHosts, ...parts }) {
      const intake = new SiIntake({ ...parts, streamHosts });
      const method = new SiMethod({ ...parts, streamHosts });
      return {
        method,
        start: () => intake.start(),
        async stop() {
          await method.stop();
          await intake.stop();
        },
      };
    },
  });
}
