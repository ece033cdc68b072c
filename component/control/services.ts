/** What those parts of the control unit work with that answer people: commands, and whatever takes files in and sends them on. */
import type { Clock } from "../lib/clock.js";
import type { Delivery } from "./delivery/delivery.js";
import type { Term } from "./delivery/reminders.js";
import type { Pictures } from "./intake/pictures.js";
import type { Notices } from "./notices/notices.js";
import type { Complaints } from "./people/complaints.js";
import type { Invitations } from "./people/invitations.js";
import type { Rules } from "./people/rules.js";
import type { Tongues } from "./people/tongues.js";
import type { Index, Speaker, Whereabouts } from "./ports.js";

export interface Services {
  readonly index: Index;
  readonly delivery: Delivery;
  readonly pictures: Pictures;
  readonly whereabouts: Whereabouts;
  readonly speaker: Speaker;
  readonly tongues: Tongues;
  readonly rules: Rules;
  readonly invitations: Invitations;
  readonly complaints: Complaints;
  readonly notices: Notices;
  readonly clock: Clock;
  readonly url: (token: string, name: string) => string;
  /** Of pages in a browser: about a capability, and for bringing files. */
  readonly pageUrl: (token: string) => string;
  readonly formUrl: (token: string) => string;
  readonly quota: number;
  readonly term: Term;
  /** The component's own domain: nobody there can receive. */
  readonly domain: string;
}
