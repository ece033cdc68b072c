/** The sentences of refusals, by the codes of lib/errors.ts, and the pieces that they are told with. */

export const errors = {
  // what was asked
  "error/unknown-command": "I do not know “{word}”.{hint} Say “help” for what I can do.",
  "error/bad-argument": "{why} It goes like this: {usage}",
  "error/bad-address": "“{address}” is not an address that I can send to.",
  "error/no-such-file": "You have no file {which}. Say “list” for what you have.",
  "error/ambiguous-name": "You have several files named “{which}”: say its number instead ({numbers}).",
  "error/no-such-parcel": "Nothing is waiting for you under {which}. Say “list” for what is.",
  "error/wrong-state": "That is over: {which} is {state}.",
  "error/not-found": "There is nothing here.",
  "error/not-understood": "I could not make sense of that.",
  "error/no-such-service": "I do not offer that.",
  "error/stanza-too-large": "That was too large for me to read.",
  "error/read-only": "That cannot be changed from outside.",
  // who asked
  "error/not-a-member":
    "I serve the people of {domains} only. You can take what they send you, but not send from here.",
  "error/not-allowed": "You may not do that.",
  "error/blocked": "{who} does not take files from you.",
  "error/too-many-requests": "That was a bit much at once. Please try again in {wait}.",
  // limits
  "error/too-large": "{name} is too large: {size}, and I take files of up to {limit}.",
  "error/larger-than-said": "{name} brought more bytes than were announced ({size}), so I did not keep it.",
  "error/shorter-than-said": "{name} ended after {got} of {size}, so I did not keep it.",
  "error/over-quota":
    "Your room is full: {used} of {quota} are taken, and {name} needs {size}. Say “del” with what you can spare.",
  "error/empty-file": "{name} is empty, so there is nothing to keep.",
  "error/wrong-hash":
    "{name} arrived damaged (its checksum is not the one that was announced), so I did not keep it. Please send it again.",
  "error/other-file":
    "What I had of {name} is of another file, so I did not keep it. Please send it again: then all of it comes anew.",
  "error/too-many-transfers": {
    one: "You have {count} transfer under way. Please wait until it ends.",
    other: "You have {count} transfers under way. Please wait until one of them ends.",
  },
  // fetching by a link
  "error/link-not-allowed": "I may not fetch from that address.",
  "error/link-bad": "That link is not one that I can fetch: {why}.",
  "error/link-unreachable": "I could not reach {host}, where {name} is kept. Please try again later.",
  "error/link-refused": "{host} would not give me {name} (it answered {status}).",
  "error/link-too-slow": "{host} was too slow with {name}, so I gave up.",
  "error/link-changed": "{name} changed at {host} while I was fetching it. Please send it again.",
  // byte streams
  "error/stream-cut": "The transfer of {name} was cut. Please send it again.",
  "error/stream-unreachable":
    "I could not connect to your client for {name}. Send it again: then it comes through the server, if your client can do that.",
  "error/no-method": "Your client and I have no way in common to move {name}.",
  // capabilities of our own
  "error/link-ended": "This link has ended.",
  "error/no-token": "Say which file, by a header: Authorization: Bearer TOKEN.",
  "error/range-not-satisfiable": "That part of the file does not exist.",
  "error/precondition-failed": "This is another file than the one that was asked for.",
  "error/length-required": "Say how long it is: without a Content-Length I take nothing here.",
  "error/called-off": "You have called it off.",
  "error/wrong-checksum": "These bytes arrived damaged. Please send them again.",
  "error/method-not-allowed": "Only {methods} work here.",
  // what cannot be read
  "error/encrypted":
    "That message was encrypted ({scheme}), and I have no key to it. Please switch encryption off for this chat and send it again.",
  "error/sealed": "{name} is sealed, so that no virus check can look into it. I do not take such files here.",
  "error/infected": "{name} is infected ({virus}), so I did not keep it.",
  "error/scanner-down": "The virus check does not answer just now. Please try again in a moment.",
  "error/too-large-to-scan": "{name} is too large for the virus check.",
  // other people
  "error/too-many-invitations": "That is too many people at once who do not know me. Please try {who} again tomorrow.",
  "error/recipient-not-served": "I do not send to people of {domain}.",
  "error/no-such-group": "You have no group “{group}”.{hint} Say “grouplist” for those you have.",
  // our own state
  "error/offline": "I am not connected to the server just now. Please try again in a moment.",
  "error/stopping": "I am being restarted. Please try again in a moment.",
  "error/storage-down":
    "My storage does not answer just now, so I could not do that. Please try again in a moment; nothing that I keep is lost.",
  "error/disk-full":
    "My storage is full, so I could not keep {name}. The operator has been told. What I already keep is safe.",
  "error/index-down": "My records do not answer just now. Please try again in a moment; nothing that I keep is lost.",
  "error/internal": "Something went wrong on my side. It has been noted. Please try again.",
  // what fills their gaps
  hint: " Did you mean “{word}”?",
  "hint/link": " I fetch a link when it is a message of its own.",
  "by-number": "number {number}",
  "by-name": "“{name}”",
  "that-number": "that number",
  "that-file": "that file",
  "that-record": "this",
  "the-file": "The file",
  "one-file": "One file in each session, please.",
  "of-that-kind": "of that kind",
  "a-moment": "a moment",
  more: "more",
  "more-than": "more than {size}",
  "given-up": "given up",
  "end-to-end": "end to end",
  "encrypted-file": "encrypted file",
  "not-http": "with something that is not HTTP",
  // why a link is none
  "link/endless": "it leads on and on",
  "link/downgrade": "it leads from an encrypted address to one that is not",
  "link/key": "its key is not one: 88 or 96 hexadecimal digits must follow the #",
  "link/long": "it is too long",
  "link/no-address": "it is not a web address",
  "link/scheme": "it begins with neither http: nor https:",
  "link/password": "it carries a name or a password",
  "link/no-host": "it names no host",
  "link/encoding": "its server sends it as {encoding}, which was not asked for",
} as const;
