/**
 * Offers a parcel by what each of the recipient's clients can do: byte streams in the order in which their methods are named, the link
 * besides or after them. What follows from what is decided in `climb.ts`; here it is done.
 */
import { bareOf } from "../../lib/jid.js";
import type { Clock } from "../../lib/clock.js";
import { begin, climb, openLegs, type ClimbEvent, type Climb, type Effect, type Leg } from "./climb.js";
import { Manners } from "./manners.js";
import type { OfferEvent, OfferMethod, OfferOrder, Parcel, Resource, Speaker, Whereabouts } from "../ports.js";

/** How often it is looked whether a client that has been asked is still there. */
const LOOK_MS = 30_000;

export interface LadderParts {
  /** In the order in which they are tried; the last is the link, which suits everybody. */
  readonly methods: readonly OfferMethod[];
  readonly speaker: Speaker;
  readonly whereabouts: Whereabouts;
  readonly clock: Clock;
}

/** Told what becomes of a parcel's offers, and by which method. Resolves when it is on record, or after a moment in any case. */
export type Hearing = (method: OfferMethod, event: OfferEvent) => Promise<void>;

/** A parcel's offers that are out. */
export interface Run {
  /** The link is being fetched: the other offers are of no use any more. */
  fetched(): void;
  /** A client of the recipient's, as it is now: one that has been away meanwhile is asked once more. */
  shown(client: Resource): void;
  /** Ends all of them; nothing more is told. */
  withdraw(): void;
  /** The program stops: no other offer is made any more, and all are withdrawn but one whose last byte is on its way. */
  stop(): void;
}

interface Client {
  /** As it was last asked. */
  resource: Resource;
  readonly methods: readonly OfferMethod[];
}

export class Ladder {
  readonly #streams: readonly OfferMethod[];
  readonly #link: OfferMethod;
  readonly #manners: Manners;
  /** What all climb with, made once: there are as many of them as parcels that nobody has fetched yet. */
  readonly #gear: Gear;

  constructor(parts: LadderParts) {
    this.#streams = parts.methods.filter((method) => !method.keeps);
    this.#link = parts.methods.find((method) => method.keeps)!;
    this.#manners = new Manners(parts.clock);
    this.#gear = { ...parts, manners: this.#manners };
  }

  /** Whether what a client can do matters, and is about to be known: an offer made now would be the wrong one. */
  isLearning(resources: readonly Resource[]): boolean {
    return this.#streams.length > 0 && resources.some(({ isKnown }) => !isKnown);
  }

  /** Whether any of these clients takes it by a byte stream. */
  suits(parcel: Parcel, resources: readonly Resource[]): boolean {
    return resources.some((resource) => this.#methods(parcel, resource).length > 0);
  }

  /** Makes all first offers, in this very call; the link of a file that still comes in follows when it is kept. `link`: "too", when he asks for it in words; "only", when byte streams have been tried often enough. */
  offer(order: OfferOrder, link: "if needed" | "too" | "only", hear: Hearing): Run {
    const clients: Client[] = order.resources.map((resource) => ({
      resource,
      methods: link === "only" ? [] : this.#methods(order.parcel, resource),
    }));
    const lanes = clients.filter(({ methods }) => methods.length > 0);
    const byLink = order.kept ? afterwards(this.#link, order.kept) : this.#link;
    const methods = lanes.map((lane) => lane.methods.length);
    const { state, effects } = begin(methods, link === "too" || lanes.length < clients.length);
    const run = new Climbing(order, lanes, state, byLink, hear, this.#gear);
    run.start(effects);
    return run;
  }

  #methods(parcel: Parcel, resource: Resource): OfferMethod[] {
    // What nobody here can read has its key in a link, and goes by that link alone.
    if (parcel.mark === "sealed" || this.#manners.patience(resource) === 0) return [];
    return this.#streams.filter((method) => method.suits(parcel, resource));
  }
}

/** The method, for a file that cannot be had by it before it is kept. */
function afterwards(method: OfferMethod, kept: NonNullable<OfferOrder["kept"]>): OfferMethod {
  const { name, keeps } = method;
  return {
    name,
    keeps,
    suits: (parcel, resource) => method.suits(parcel, resource),
    offer(order, report) {
      let isWanted = true;
      let withdraw = (): void => {
        isWanted = false;
      };
      kept.then(
        (now) => void (isWanted && (withdraw = method.offer({ ...order, ...now }, report))),
        () => undefined, // it has been withdrawn
      );
      return () => withdraw();
    },
  };
}

interface Gear extends Omit<LadderParts, "methods"> {
  readonly manners: Manners;
}

/** An offer of one leg that is out. */
interface Attempt {
  readonly method: OfferMethod;
  withdraw: (() => void) | undefined;
}

class Climbing implements Run {
  readonly #order: OfferOrder;
  readonly #lanes: readonly Client[];
  readonly #link: OfferMethod;
  readonly #hear: Hearing;
  readonly #parts: Gear;
  readonly #attempts = new Map<Leg, Attempt>();
  readonly #watches = new Map<number, () => void>();
  #state: Climb;
  #introduced: Promise<void> = Promise.resolve();
  /** The last byte is on its way, or has been. */
  #isEnding = false;

  constructor(
    order: OfferOrder,
    lanes: readonly Client[],
    state: Climb,
    link: OfferMethod,
    hear: Hearing,
    parts: Gear,
  ) {
    this.#order = order;
    this.#lanes = lanes;
    this.#state = state;
    this.#link = link;
    this.#hear = hear;
    this.#parts = parts;
  }

  /** `effects`: of the first step. */
  start(effects: readonly Effect[]): void {
    const { parcel, line } = this.#order;
    // A client may need a conversation in which to show the offer. The link's method says the line itself, where it is alone.
    if (this.#lanes.length > 0 && line !== "") this.#introduced = this.#parts.speaker.introduce(parcel.recipient, line);
    this.#lanes.forEach((_, leg) => this.#watch(leg));
    void this.#perform(effects);
  }

  fetched(): void {
    void this.#meet({ type: "fetched" });
  }

  shown(client: Resource): void {
    const leg = this.#lanes.findIndex(({ resource }) => resource.jid === client.jid && resource.stay !== client.stay);
    if (!openLegs(this.#state).includes(leg) || this.#state.taken !== undefined) return;
    this.#lanes[leg]!.resource = client;
    this.#unwatch(leg);
    this.#watch(leg);
    void this.#meet({ type: "back", leg });
  }

  withdraw(): void {
    void this.#meet({ type: "withdraw" });
  }

  stop(): void {
    if (!this.#isEnding) this.withdraw();
  }

  async #meet(event: ClimbEvent, whole?: OfferEvent): Promise<void> {
    const { state, effects } = climb(this.#state, event);
    this.#state = state;
    await this.#perform(effects, whole);
  }

  /** Does all of it in this very call; settles when what was told is on record. */
  async #perform(effects: readonly Effect[], whole?: OfferEvent): Promise<void> {
    const told: Promise<void>[] = [];
    for (const effect of effects) {
      const { leg } = effect;
      switch (effect.do) {
        case "offer":
          if (openLegs(this.#state).includes(leg)) this.#offer(leg); // else what came of an earlier one has ended it
          break;
        case "withdraw":
          this.#drop(leg);
          break;
        case "tell":
          this.#isEnding ||= effect.event === "last";
          told.push(this.#hear(this.#methodOf(leg), whole?.type === effect.event ? whole : ({ type: effect.event } as OfferEvent))); // prettier-ignore
          break;
        case "note":
          this.#parts.manners.note(this.#lanes[effect.leg]!.resource, effect.as);
          break;
        case "lost":
          this.#lose(leg);
      }
    }
    const open = openLegs(this.#state);
    for (const leg of this.#watches.keys())
      if (this.#state.over || this.#state.taken !== undefined || !open.includes(leg)) this.#unwatch(leg);
    await Promise.all(told);
  }

  #offer(leg: Leg): void {
    const { line, resources } = this.#order;
    const attempt: Attempt = { method: this.#methodOf(leg), withdraw: undefined };
    this.#attempts.set(leg, attempt);
    const order = leg === "link"
      ? { ...this.#order, resources, line: this.#lanes.length > 0 ? "" : line }
      : { ...this.#order, resources: [this.#lanes[leg]!.resource], line: "", introduced: this.#introduced }; // prettier-ignore
    const withdraw = attempt.method.offer(order, async (event) => {
      // A method that has been given up, or withdrawn, has no say any more.
      if (this.#attempts.get(leg) === attempt) await this.#meet({ type: event.type, leg }, event);
    });
    attempt.withdraw = withdraw;
    if (this.#attempts.get(leg) !== attempt) withdraw(); // it ended while it began
  }

  #drop(leg: Leg): void {
    const attempt = this.#attempts.get(leg);
    this.#attempts.delete(leg);
    attempt?.withdraw?.();
  }

  #methodOf(leg: Leg): OfferMethod {
    return leg === "link" ? this.#link : this.#lanes[leg]!.methods[this.#state.lanes[leg]!.at]!;
  }

  /** Waits for an answer, for as long as the client is there and its manners allow. */
  #watch(leg: number): void {
    const { clock, manners, whereabouts } = this.#parts;
    const since = clock.now();
    const look = (): void => {
      this.#watches.delete(leg);
      const { resource } = this.#lanes[leg]!;
      const isThere = whereabouts.resources(bareOf(resource.jid)).some(({ jid }) => jid === resource.jid);
      if (!isThere) void this.#meet({ type: "gone", leg });
      else if (clock.now() - since >= manners.patience(resource)) void this.#meet({ type: "impatient", leg });
      else this.#watches.set(leg, clock.after(LOOK_MS, look));
    };
    this.#watches.set(leg, clock.after(LOOK_MS, look));
  }

  #unwatch(leg: number): void {
    this.#watches.get(leg)?.();
    this.#watches.delete(leg);
  }

  /** Only such clients as have shown nothing since the offer: another presence makes another resource. */
  #lose(leg: Leg): void {
    const { whereabouts } = this.#parts;
    const meant = leg === "link" ? this.#order.resources : [this.#lanes[leg]!.resource];
    const present = whereabouts.resources(this.#order.parcel.recipient);
    for (const resource of meant) if (present.includes(resource)) whereabouts.lost(resource.jid);
  }
}
