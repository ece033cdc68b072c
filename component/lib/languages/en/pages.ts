/** What the web pages say. */
export const pages = {
  "page/front":
    "This is a file keeper for people on XMPP. It keeps what is sent to somebody who is away, and hands it over when they come online. You get here by a link that it sent you: open that one. There is nothing else to see, and nobody is counted.",
} as const;
