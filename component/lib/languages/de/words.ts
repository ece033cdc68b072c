import type { words as english } from "../en/words.js";
import type { Texts } from "../text.js";

export const words = {
  kept: "Ich bewahre {name} ({size}) als Nummer {number} auf, bis {until}. Mit „send {number} to ADRESSE“ geben Sie die Datei weiter, mit „get {number}“ bekommen Sie sie zurück; „help“ zeigt mehr.",
  fetching: "Ich hole {name}{ofSize} …",
  "fetching-at": "Ich hole {name}: {percent} ({got} von {size}) …",
  "fetching-some": "Ich hole {name}: bisher {got} …",
  fetched: "{name} geholt: {size}, Dauer {time}.",
  "fetch-ended": "Das Holen von {name} ist beendet.",
  receiving: "Ich empfange {name}{ofSize} …",
  "receiving-at": "Ich empfange {name}: {percent} ({got} von {size}) …",
  received: "{name} empfangen: {size}, Dauer {time}.",
  "receiving-ended": "Der Empfang von {name} ist beendet.",
  "of-size": " ({size})",
  "kept-in-part":
    "Die Übertragung von {name} wurde unterbrochen: Ich habe {got} von {size}. Schicken Sie die Datei bis {until} noch einmal, dann geht es dort weiter, wenn Ihr Programm das kann; mit „del {name}“ vergesse ich sie.",
  "passed-on": "{lines}",
  "storage-awaited":
    "Mein Speicher antwortet gerade nicht. Ich mache mit {name} weiter, sobald er es tut, und sage Ihnen dann Bescheid.",
  "not-kept": "{name} wurde nicht aufbewahrt. {why}",
  "mark/held":
    "Die Virenprüfung antwortet gerade nicht, deshalb bekommt die Datei noch niemand. Sobald sie geprüft ist, geht es von selbst weiter.",
  "mark/unchecked": "Die Datei ist nicht auf Viren geprüft worden.",
  "mark/sealed":
    "Die Datei ist versiegelt: Ich kann sie nicht lesen und gebe sie weiter, wie sie kam, mit ihrem Schlüssel.",
  "listed/held": "wartet auf die Virenprüfung",
  "listed/unchecked": "nicht auf Viren geprüft",
  "listed/sealed": "versiegelt",
  "link/as-it-came":
    "Meine eigene Kopie von Versiegeltem kann ich nur von einer https-Adresse ausgeben, und die habe ich nicht. Deshalb hier der Link, wie er kam.",
  "waiting-checked": "{name} (Nummer {number}) für {who} wartet auf die Virenprüfung, die gerade nicht antwortet.",
  checked: "{name} (Nummer {number}) ist jetzt auf Viren geprüft worden; gefunden wurde nichts.",
  "not-checked": "{name} (Nummer {number}) wartet nicht länger auf die Virenprüfung und geht ohne sie weiter.",
  "infected-removed":
    "Die Datei {name} (Nummer {number}), die auf die Virenprüfung wartete, ist infiziert ({virus}). Ich habe sie gelöscht.",
  "was-infected": "Sie war infiziert.",
  "infected-for-you":
    "{who} hat Ihnen {name} ({size}) geschickt. Die Datei war infiziert ({virus}), deshalb habe ich sie nicht behalten.",
  "offer-sealed":
    "Sie ist versiegelt, damit nur Sie sie lesen können; der Link in der nächsten Nachricht enthält den Schlüssel. Lässt er sich nicht öffnen oder führt er ins Leere, sagen Sie „accept {number}“, dann bekommen Sie meine eigene Kopie.",
  waiting: "{name} (Nummer {number}) wartet auf {who}. Ich biete die Datei an, sobald {who} da ist.",
  offered: "{name} (Nummer {number}) wurde {who} angeboten.",
  delivered: "{who} hat {name} (Nummer {number}).",
  declined: "{who} möchte {name} (Nummer {number}) nicht haben.",
  expired:
    "{name} (Nummer {number}) wurde von {who} nicht rechtzeitig abgeholt und wird dafür nicht länger aufbewahrt.",
  failed: "{name} (Nummer {number}) ließ sich {who} nicht übergeben. {why}",
  unreachable:
    "Ich konnte {who} wegen {name} (Nummer {number}) nicht erreichen. Die Datei bleibt bis {until} hier; ich versuche es wieder, wenn ich {who} sehe, oder wenn Sie „resend {number}“ sagen.",
  summary: {
    one: "{name} (Nummer {number}) für {count} Person: {parts}.",
    other: "{name} (Nummer {number}) für {count} Leute: {parts}.",
  },
  "summary/delivered": { one: "{who} hat sie", other: "{who} haben sie" },
  "summary/moving": { one: "{who} holt sie gerade", other: "{who} holen sie gerade" },
  "summary/offered": { one: "{who} ist gefragt worden", other: "{who} sind gefragt worden" },
  "summary/waiting": "auf {who} wartet sie",
  "summary/declined": { one: "{who} möchte sie nicht haben", other: "{who} möchten sie nicht haben" },
  "summary/expired": {
    one: "{who} hat sie nicht rechtzeitig abgeholt",
    other: "{who} haben sie nicht rechtzeitig abgeholt",
  },
  "summary/failed": "nicht übergeben ließ sie sich an {who}",
  "summary/withdrawn": "zurückgenommen ist sie von {who}",
  people: "{count}",
  "people/all": "alle {count}",
  offer:
    "{who} hat eine Datei für Sie: {name} ({size}). Nehmen Sie sie hier an, oder sagen Sie „decline {number}“. Sie liegt bis {until} hier.",
  coming:
    "{who} schickt Ihnen gerade eine Datei: {name} ({size}). Nehmen Sie sie hier an: Sie kommt, während {who} noch sendet.",
  invitation:
    "{who} hat eine Datei für Sie: {name} ({size}). Ich bewahre sie bis {until} auf. Sagen Sie „accept {number}“, um sie zu bekommen, „decline {number}“, wenn Sie sie nicht möchten, oder „block {who}“, um nichts mehr von {who} zu hören. Nehmen Sie mich in Ihre Kontakte auf, dann biete ich Ihnen an, was für Sie kommt, sobald Sie online sind.",
  "taken-back": "{who} hat {name} (Nummer {number}) zurückgenommen.",
  reminder:
    "{name} (Nummer {number}) liegt bis {until} hier, danach nicht mehr. Sagen Sie „keep {number}“, dann bewahre ich die Datei länger auf.",
  "reminder/unfetched": {
    one: "{who} hat {name} (Nummer {number}) noch nicht abgeholt. Die Datei liegt bis {until} hier, danach nicht mehr. Sagen Sie „keep {number}“, dann bewahre ich sie länger auf.",
    other:
      "{who} haben {name} (Nummer {number}) noch nicht abgeholt. Die Datei liegt bis {until} hier, danach nicht mehr. Sagen Sie „keep {number}“, dann bewahre ich sie länger auf.",
  },
  "reminder/many":
    "Die Zeit von {count} Ihrer Dateien ist bald um; {name} (Nummer {number}) liegt noch bis {until} hier. „list“ zeigt alle. Sagen Sie „keep“, dann bewahre ich sie alle länger auf, oder „keep N“ für eine einzelne.",
  "reminder/for-you":
    "{name} ({size}) von {who} wartet noch bis {until} auf Sie. Sagen Sie „get {number}“, um die Datei zu bekommen, oder „keep {number}“, dann bewahre ich sie länger auf.",
  "reminder/many-for-you":
    "{count} Dateien warten noch auf Sie; {name} (Nummer {number}) liegt noch bis {until} hier. „list“ zeigt alle. Sagen Sie „keep“, dann bewahre ich sie alle länger auf, oder „keep N“ für eine einzelne.",
  "kept-longer":
    "{who} möchte, dass {name} (Nummer {number}) länger hier liegt: Ich bewahre die Datei jetzt bis {until} auf. Mit „del {number}“ löschen Sie sie trotzdem.",
  "let-go":
    "Alle, denen Sie {name} (Nummer {number}) geschickt haben, haben die Datei; ich habe sie gelöscht, wie Sie es wollten.",
  "kept-for": "Ich bewahre {name} ({size}) als Nummer {number} auf, bis {until}.",
  "commands-there": "Sagen Sie das bitte {contact}: Was Sie hier schreiben, geht an {who}.",
  introduction:
    "{who} schreibt Ihnen über mich. Was Sie hier antworten, geht an {who}. Wenn Sie von {who} nichts mehr hören möchten, schreiben Sie „block {who}“ an {contact}.",
  "not-passed-on": "{who} war nicht zu erreichen und hat Ihre Nachricht nicht bekommen: „{text}“",
  "passed-words": "{text}",
  "gateway/desc": "Die XMPP-Adresse des Menschen, den Sie erreichen möchten, etwa juliet@example.org.",
  "gateway/prompt": "Adresse",
  "reported-spam": "{who} meldet {about} wegen Spam. {text}",
  "reported-abuse": "{who} meldet {about} wegen Missbrauch. {text}",
  "status/contact": "Schicken Sie mir eine Datei, und sagen Sie, für wen sie ist. „help“ zeigt mehr.",
  "status/stand-in": "Was hierher geschickt wird, Dateien und Worte, geht an {who}.",
  "status/domain": "Um Dateien zu senden, nehmen Sie {contact} in Ihre Kontakte auf",
  "state/waiting": "wartet",
  "state/offered": "angeboten",
  "state/moving": "unterwegs",
  "state/delivered": "zugestellt",
  "state/declined": "abgelehnt",
  "state/expired": "abgelaufen",
  "state/withdrawn": "zurückgenommen",
  "state/failed": "gescheitert",
  "event/create": "angelegt",
  "event/offer": "angeboten",
  "event/linked": "auch der Link ging hinaus",
  "event/unreached": "niemand hat geantwortet",
  "event/bounce": "kam zurück",
  "event/begin": "erstes Byte",
  "event/cut": "unterbrochen",
  "event/broken": "abgebrochen",
  "event/last": "letztes Byte",
  "event/complete": "zugestellt",
  "event/decline": "abgelehnt",
  "event/accept": "angefordert",
  "event/resend": "noch einmal geschickt",
  "event/expire": "Zeit abgelaufen",
  "event/withdraw": "zurückgenommen",
  "event/recover": "von einem anderen Prozess übernommen",
  "event/fail": "gescheitert",
  bytes: { one: "{count} Byte", other: "{count} Byte" },
  seconds: { one: "{count} Sekunde", other: "{count} Sekunden" },
  minutes: { one: "{count} Minute", other: "{count} Minuten" },
  hours: { one: "{count} Stunde", other: "{count} Stunden" },
  days: { one: "{count} Tag", other: "{count} Tage" },
  weeks: { one: "{count} Woche", other: "{count} Wochen" },
  percent: "{count} %",
} as const satisfies Texts<typeof english>;
