/** What is said in chat, apart from errors and commands. Gaps named `who` and `name` come from outside, made harmless by `label`. */
export const words = {
  // to the sender, about a file
  kept: "I keep {name} ({size}) as number {number}, until {until}. Say “send {number} to ADDRESS” to pass it on, “get {number}” to have it back, “help” for more.",
  fetching: "Fetching {name}{ofSize} …",
  "fetching-at": "Fetching {name}: {percent} ({got} of {size}) …",
  "fetching-some": "Fetching {name}: {got} so far …",
  fetched: "Fetched {name}: {size} in {time}.",
  "fetch-ended": "Fetching {name} has ended.",
  receiving: "Receiving {name}{ofSize} …",
  "receiving-at": "Receiving {name}: {percent} ({got} of {size}) …",
  received: "Received {name}: {size} in {time}.",
  "receiving-ended": "Receiving {name} has ended.",
  "of-size": " ({size})",
  "kept-in-part":
    "The transfer of {name} was cut: I have {got} of {size}. Send it again until {until}, and it goes on from there if your client can; “del {name}” forgets it.",
  "passed-on": "{lines}",
  "storage-awaited": "My storage does not answer just now. I go on with {name} as soon as it does, and tell you then.",
  "not-kept": "{name} was not kept. {why}",
  // about what is in a file
  "mark/held":
    "The virus check does not answer just now, so nobody is given it yet. As soon as it has been looked through, it goes on by itself.",
  "mark/unchecked": "It has not been checked for viruses.",
  "mark/sealed": "It is sealed: I cannot read it, and pass it on as it came, with its key.",
  "listed/held": "waits for the virus check",
  "listed/unchecked": "not checked for viruses",
  "listed/sealed": "sealed",
  "link/as-it-came":
    "I can hand out my own copy of what is sealed only from an https address, which I do not have. So here is the link as it came.",
  "waiting-checked": "{name} (number {number}) for {who} waits for the virus check, which does not answer just now.",
  checked: "{name} (number {number}) has been checked for viruses now, and none was found.",
  "not-checked": "{name} (number {number}) waits for the virus check no longer, and goes on without.",
  "infected-removed":
    "{name} (number {number}), which waited for the virus check, is infected ({virus}). I have removed it.",
  "was-infected": "It was infected.",
  "infected-for-you": "{who} has sent you {name} ({size}). It was infected ({virus}), so I did not keep it.",
  "offer-sealed":
    "It is sealed, so that only you can read it, and the link in the next message has its key. If that cannot be opened, or leads nowhere any more, say “accept {number}” for my own copy.",
  // to the sender, about a parcel: his receipts
  waiting: "{name} (number {number}) waits for {who}. I offer it the moment that {who} is there.",
  offered: "{name} (number {number}) has been offered to {who}.",
  delivered: "{who} has {name} (number {number}).",
  declined: "{who} does not want {name} (number {number}).",
  expired: "{name} (number {number}) was not fetched by {who} in time, and is no longer kept for that.",
  failed: "{name} (number {number}) could not be handed to {who}. {why}",
  unreachable:
    "I could not reach {who} about {name} (number {number}). It stays here until {until}; I try again when I see {who}, or when you say “resend {number}”.",
  // about several parcels at once: one line that is replaced whenever something has changed
  summary: {
    one: "{name} (number {number}) for {count} person: {parts}.",
    other: "{name} (number {number}) for {count} people: {parts}.",
  },
  "summary/delivered": { one: "{who} has it", other: "{who} have it" },
  "summary/moving": { one: "{who} is taking it", other: "{who} are taking it" },
  "summary/offered": { one: "{who} is being asked", other: "{who} are being asked" },
  "summary/waiting": "it waits for {who}",
  "summary/declined": { one: "{who} does not want it", other: "{who} do not want it" },
  "summary/expired": "{who} did not fetch it in time",
  "summary/failed": "it could not be handed to {who}",
  "summary/withdrawn": "it was taken back from {who}",
  people: "{count}",
  "people/all": "all {count}",
  // to the recipient
  offer:
    "{who} has a file for you: {name} ({size}). Take it here, or say “decline {number}”. It is here until {until}.",
  coming: "{who} is sending you a file: {name} ({size}). Take it here: it comes while {who} still sends.",
  invitation:
    "{who} has a file for you: {name} ({size}). I keep it until {until}. Say “accept {number}” to have it, “decline {number}” if you do not want it, or “block {who}” to hear no more of {who}. Add me to your contacts, and I offer what comes for you whenever you are online.",
  "taken-back": "{who} has taken back {name} (number {number}).",
  // about ends
  reminder:
    "{name} (number {number}) is here until {until}, and then it goes. Say “keep {number}”, and I keep it longer.",
  "reminder/unfetched": {
    one: "{who} has not fetched {name} (number {number}) yet. It is here until {until}, and then it goes. Say “keep {number}”, and I keep it longer.",
    other:
      "{who} have not fetched {name} (number {number}) yet. It is here until {until}, and then it goes. Say “keep {number}”, and I keep it longer.",
  },
  "reminder/many":
    "{count} files of yours go soon, the first of them, {name} (number {number}), on {until}. “list” shows them. Say “keep”, and I keep all of them longer; or “keep N” for one.",
  "reminder/for-you":
    "{name} ({size}) from {who} still waits for you, until {until}. Say “get {number}” to have it, or “keep {number}”, and I keep it longer.",
  "reminder/many-for-you":
    "{count} files still wait for you; the first of them, {name} (number {number}), goes on {until}. “list” shows them. Say “keep”, and I keep all of them longer; or “keep N” for one.",
  "kept-longer":
    "{who} would like to have {name} (number {number}) for longer: I keep it until {until} now. “del {number}” ends it all the same.",
  "let-go": "Everybody to whom you sent {name} (number {number}) has it, so it is gone, as you wanted.",
  // at the addresses that stand in for people
  "kept-for": "I keep {name} ({size}) as number {number}, until {until}.",
  "commands-there": "Say that to {contact}: what you write here goes to {who}.",
  introduction:
    "{who} writes to you through me. What you answer here goes to {who}. To hear no more of {who}, say “block {who}” to {contact}.",
  "not-passed-on": "{who} could not be reached, and did not get your message: “{text}”",
  "passed-words": "{text}",
  "gateway/desc": "The XMPP address of the person whom you want to reach, like juliet@example.org.",
  "gateway/prompt": "Address",
  // to those who run the place
  "reported-spam": "{who} reports {about} for spam. {text}",
  "reported-abuse": "{who} reports {about} for abuse. {text}",
  // the presence's line
  "status/contact": "Send me a file, and say whom it is for. Say “help” for more.",
  "status/stand-in": "What is sent here, files and words, goes to {who}.",
  "status/domain": "To send files, add {contact}",
  // how a parcel's state reads in lists
  "state/waiting": "waiting",
  "state/offered": "offered",
  "state/moving": "on its way",
  "state/delivered": "delivered",
  "state/declined": "declined",
  "state/expired": "expired",
  "state/withdrawn": "withdrawn",
  "state/failed": "failed",
  // the steps of a parcel, in its history
  "event/create": "made",
  "event/offer": "offered",
  "event/linked": "link sent too",
  "event/unreached": "nobody answered",
  "event/bounce": "came back",
  "event/begin": "first byte",
  "event/cut": "cut",
  "event/broken": "broken off",
  "event/last": "last byte",
  "event/complete": "delivered",
  "event/decline": "declined",
  "event/accept": "asked for",
  "event/resend": "sent again",
  "event/expire": "time is up",
  "event/withdraw": "taken back",
  "event/recover": "taken over by another process",
  "event/fail": "failed",
  // measures
  bytes: { one: "{count} byte", other: "{count} bytes" },
  seconds: { one: "{count} second", other: "{count} seconds" },
  minutes: { one: "{count} minute", other: "{count} minutes" },
  hours: { one: "{count} hour", other: "{count} hours" },
  days: { one: "{count} day", other: "{count} days" },
  weeks: { one: "{count} week", other: "{count} weeks" },
  percent: "{count} %",
} as const;
