import { PART } from "../../component/storage/blob/s3-writer.js";
import { startS3rver } from "../harness/s3rver.js";
import { blobStoreContract } from "./blobstore.js";
import { BUCKET, s3Stage } from "./blobstore/s3-stage.js";
import { s3Contract } from "./blobstore/s3.js";

const start = () => startS3rver([BUCKET]);

blobStoreContract(
  "blobs in s3rver",
  { turns: [PART], seesUnfinished: false, resumes: false, follows: false, memory: undefined },
  () => s3Stage(start),
);
s3Contract("s3rver", start);
