/** Keeps and removes files as fast as it can, and says so line by line after each has been acknowledged. Ends by kill -9. */
import { bare } from "../../../component/lib/jid.js";
import { randomId } from "../../../component/lib/ids.js";
import { give, intakeOf, move, open, T0 } from "./people.js";

const say = (...words: (string | number)[]): void => void process.stdout.write(`${words.join(" ")}\n`);

const index = open(process.argv[2]!);
await index.start();
const owner = bare(process.argv[3]!);
for (;;) {
  const intake = intakeOf(owner, { id: randomId() });
  await index.beginIntake(intake);
  say("begun", intake.id, intake.blobKey);
  const file = await give(index, owner);
  say("kept", file.id, file.key);
  const parcel = await index.createParcel(file, owner, T0, T0);
  say("sent", parcel.id, parcel.version);
  const offered = await index.step(move(parcel, "offered", { hold: true }));
  say("held", parcel.id, offered!.version);
  const doomed = await give(index, owner);
  await index.removeFile(doomed.id, T0);
  say("removed", doomed.id, doomed.key);
}
