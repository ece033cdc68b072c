import { describe, expect, test } from "@jest/globals";
import { createLog } from "../../component/lib/log.js";
import { DiskBlobStore } from "../../component/storage/blob/disk.js";
import { openBlobStore, placeOf } from "../../component/storage/blob/open.js";
import { atOnce, partSize } from "../../component/storage/blob/s3-writer.js";
import { S3BlobStore } from "../../component/storage/blob/s3.js";

const keys = { access_key: "", secret_key: "" };

describe("[storage] url", () => {
  test("names the store", () => {
    const log = createLog("silent");
    for (const url of ["file:./data/blobs", "file:/srv/blobs", "file:///srv/blobs"])
      expect(openBlobStore({ url, ...keys }, log)).toBeInstanceOf(DiskBlobStore);
    expect(openBlobStore({ url: "s3://bucket", ...keys }, log)).toBeInstanceOf(S3BlobStore);
    expect(() => openBlobStore({ url: "ftp://x", ...keys }, log)).toThrow("file: or s3://");
  });

  test("says everything about an S3 place", () => {
    const url = "s3://my-bucket.1?endpoint=http://127.0.0.1:9000&region=garage&prefix=a/b&checksums=on";
    expect(placeOf({ url, access_key: "AK", secret_key: "SK" })).toEqual({
      bucket: "my-bucket.1",
      endpoint: "http://127.0.0.1:9000",
      region: "garage",
      prefix: "a/b/",
      accessKey: "AK",
      secretKey: "SK",
      checksums: true,
    });
    expect(placeOf({ url: "s3://b", ...keys })).toMatchObject({ endpoint: "", prefix: "", checksums: false });
  });

  test.each([
    ["s3://", "names no bucket"],
    ["s3://b/folder", "has a path"],
    ["s3://b?endpoint=127.0.0.1:9000", "endpoint must begin with"],
    ["s3://b?regoin=x", "does not know “regoin”"],
    ["s3://b?checksums=yes", "checksums is on or off"],
  ])("%s: %s", (url, why) => {
    expect(() => placeOf({ url, ...keys })).toThrow(why);
  });

  test("half a pair of keys is a mistake", () => {
    expect(() => placeOf({ url: "s3://b", access_key: "AK", secret_key: "" })).toThrow("go together");
  });
});

test("10,000 parts suffice for the largest object of S3, and none is larger than S3 allows", () => {
  const sizes = Array.from({ length: 10_000 }, (_, n) => partSize(n));
  expect(sizes[0]).toBe(16 * 2 ** 20);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(5 * 2 ** 40);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(5 * 2 ** 30);
});

test("a transfer of up to 56 GiB gathers at most 64 MiB", () => {
  for (let n = 0, sum = 0; sum < 56 * 2 ** 30; sum += partSize(n++))
    expect(partSize(n) * (atOnce(partSize(n)) + 1)).toBeLessThanOrEqual(64 * 2 ** 20);
});
