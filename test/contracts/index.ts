/** The contract of Index (`control/ports.ts`): what every implementation promises, over a real database each. */
import { describe } from "@jest/globals";
import { contactsContract } from "./index/contacts.js";
import { copiesContract } from "./index/copies.js";
import { endsContract } from "./index/ends.js";
import { filesContract } from "./index/files.js";
import { intakesContract } from "./index/intakes.js";
import { killContract } from "./index/kill.js";
import type { Ground } from "./index/kit.js";
import { parcelsContract } from "./index/parcels.js";
import { processesContract } from "./index/processes.js";
import { sundryContract } from "./index/sundry.js";

export function indexContract(name: string, ground: Ground): void {
  describe(`index on ${name}`, () => {
    contactsContract(ground);
    filesContract(ground);
    intakesContract(ground);
    parcelsContract(ground);
    copiesContract(ground);
    endsContract(ground);
    sundryContract(ground);
    processesContract(ground);
    if (ground.lasting) killContract(ground);
  });
}
