/** All migrations, in the order of their names. A migration that has been released is never changed: a new one follows it. */
import type { Migration } from "kysely";
import type { Dialect } from "../engine.js";
import { records } from "./0001-records.js";
import { partialIntakes } from "./0002-partial-intakes.js";
import { roads } from "./0003-roads.js";
import { standIns } from "./0004-stand-ins.js";
import { forgetting } from "./0005-forgetting.js";
import { via } from "./0006-via.js";

export function migrations(dialect: Dialect): Record<string, Migration> {
  return {
    "0001-records": records(dialect),
    "0002-partial-intakes": partialIntakes(dialect),
    "0003-roads": roads(dialect),
    "0004-stand-ins": standIns(dialect),
    "0005-forgetting": forgetting,
    "0006-via": via,
  };
}
