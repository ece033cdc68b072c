/**
 * What the control unit needs from the other blocks, and the values they share. Each interface is small, is owned here,
 * and is implemented in one of messenger/, transfer/, storage/, inspect/ and web/. Nothing in here knows XML, HTTP, SQL or sockets.
 */
export * from "./values.js";
export type * from "./ports/blobs.js";
export type * from "./ports/records.js";
export type * from "./ports/messenger.js";
export type * from "./ports/transfer.js";
export type * from "./ports/desks.js";
export type * from "./ports/inspection.js";
