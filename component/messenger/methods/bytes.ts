/** Moving a file's bytes over a byte stream, whatever the stream is and however it was agreed on. */
import type { ByteStream, OfferEvent, OfferOrder, Reception, Span } from "../../control/ports.js";

/**
 * Takes a file in: `size` bytes in all, of which the peer leaves out the first `offset`. Answers whether all of it came; what to do then
 * (a checksum may follow) is the caller's. Rejects as {@link ByteStream.receive} and {@link Reception.write} do; the caller ends the reception.
 */
export async function takeIn(
  stream: ByteStream,
  reception: Pick<Reception, "begin" | "write">,
  { size, offset }: { readonly size: number; readonly offset: number },
  signal: AbortSignal,
): Promise<boolean> {
  await reception.begin(offset);
  const came = await stream.receive(size - offset, (chunk) => reception.write(chunk), signal);
  return came === size - offset;
}

/**
 * Gives `span` of a parcel out. Resolves when the stream says that the peer has it; whether it is delivered is for the caller to say. The
 * first byte goes when it is on record that bytes move, and the last when it is on record that it is about to.
 */
export async function giveOut(
  stream: ByteStream,
  { parcel, read }: Pick<OfferOrder, "parcel" | "read">,
  span: Span,
  report: (event: OfferEvent) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  if (span.end > span.start) {
    const reader = await read(span, signal);
    let at = span.start;
    await reader.pour(async (chunk) => {
      signal.throwIfAborted();
      at += chunk.length;
      if (at === span.end && at === parcel.size) await report({ type: "last" });
      await stream.write(chunk);
    });
  }
  await stream.end();
}
