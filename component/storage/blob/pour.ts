/** Pouring what is only to be had chunk by chunk: one is on its way from the store while the one before is on its way to the sink. */
export async function pourChunks(
  chunks: AsyncIterable<Uint8Array>,
  sink: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  let taken = Promise.resolve();
  for await (const chunk of chunks) {
    await taken;
    taken = sink(chunk);
    taken.catch(() => undefined); // heard at the next await
  }
  await taken;
}
