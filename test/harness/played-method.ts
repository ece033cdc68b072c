/** A way to hand parcels over whose clients are played by the test. */
import type { OfferEvent, OfferMethod, OfferOrder, Parcel, Resource } from "../../component/control/ports.js";

export interface PlayedOffer {
  readonly order: OfferOrder;
  /** The client whom it was made to. */
  readonly client: string;
  withdrawn: boolean;
  /** As a method reports; withdrawn, it would have said nothing. */
  tell(event: OfferEvent): Promise<void>;
}

export class PlayedMethod implements OfferMethod {
  readonly keeps = false;
  /** Offers in the order in which they were made. */
  readonly offers: PlayedOffer[] = [];

  /** `clients`: the resources that know it. */
  constructor(
    readonly name: string,
    private readonly clients: readonly string[],
  ) {}

  suits(_parcel: Parcel, resource: Resource | undefined): boolean {
    return resource !== undefined && this.clients.includes(nameOf(resource));
  }

  offer(order: OfferOrder, report: (event: OfferEvent) => Promise<void>): () => void {
    const offer: PlayedOffer = {
      order,
      client: nameOf(order.resources[0]!),
      withdrawn: false,
      tell: (event) => (offer.withdrawn ? Promise.resolve() : report(event)),
    };
    this.offers.push(offer);
    void offer.tell({ type: "sent" });
    return () => {
      offer.withdrawn = true;
    };
  }

  get last(): PlayedOffer {
    return this.offers.at(-1)!;
  }
}

/** Behind the slash of its address. */
function nameOf({ jid }: Resource): string {
  return jid.slice(jid.indexOf("/") + 1);
}
