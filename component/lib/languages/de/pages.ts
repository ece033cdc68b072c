import type { pages as english } from "../en/pages.js";
import type { Texts } from "../text.js";

export const pages = {
  "page/front":
    "Hier werden Dateien für Leute bei XMPP aufbewahrt: Was jemandem geschickt wird, der gerade nicht da ist, bekommt er, sobald er online kommt. Hierher führt ein Link, den Sie von diesem Dienst bekommen haben: Öffnen Sie bitte den. Sonst gibt es hier nichts zu sehen, und niemand wird gezählt.",
} as const satisfies Texts<typeof english>;
