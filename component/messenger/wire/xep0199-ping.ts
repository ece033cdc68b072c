/** XEP-0199 (XMPP Ping, 2.0): the answer is an empty result. */
export const NS_PING = "urn:xmpp:ping";
