/** The last line of a run: how many tests passed and failed. A suite that could not be read counts as one failure. */
import { writeSync } from "node:fs";

export default class {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const line = `\n${results.numPassedTests} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}\n`;
    // Jest's own summary comes after every reporter.
    process.once("exit", () => writeSync(1, line));
  }
}
