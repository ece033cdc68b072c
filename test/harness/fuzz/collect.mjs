/** Read before the program itself: SIGUSR2 collects its garbage and tells what is left. Needs --expose-gc. */
process.on("SIGUSR2", () => {
  globalThis.gc();
  process.stderr.write(`collected ${JSON.stringify(process.memoryUsage())}\n`);
});
