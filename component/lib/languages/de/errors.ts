import type { errors as english } from "../en/errors.js";
import type { Texts } from "../text.js";

export const errors = {
  "error/unknown-command": "„{word}“ kenne ich nicht.{hint} „help“ zeigt, was ich kann.",
  "error/bad-argument": "{why} So geht es: {usage}",
  "error/bad-address": "„{address}“ ist keine Adresse, an die ich senden kann.",
  "error/no-such-file": "Sie haben keine Datei {which}. „list“ zeigt, was Sie haben.",
  "error/ambiguous-name":
    "Sie haben mehrere Dateien namens „{which}“: Nennen Sie bitte stattdessen die Nummer ({numbers}).",
  "error/no-such-parcel": "Unter {which} wartet nichts auf Sie. „list“ zeigt, was wartet.",
  "error/wrong-state": "Das ist vorbei. {which}: {state}.",
  "error/not-found": "Hier ist nichts.",
  "error/not-understood": "Daraus bin ich nicht klug geworden.",
  "error/no-such-service": "Das biete ich nicht an.",
  "error/stanza-too-large": "Das war zu groß, um es zu lesen.",
  "error/read-only": "Das lässt sich von außen nicht ändern.",
  "error/not-a-member":
    "Ich bin nur für die Leute von {domains} da. Sie können annehmen, was man Ihnen schickt, aber von hier nichts senden.",
  "error/not-allowed": "Das dürfen Sie nicht.",
  "error/blocked": "{who} nimmt von Ihnen keine Dateien an.",
  "error/too-many-requests":
    "Das war etwas viel auf einmal. Bitte warten Sie {wait}, und versuchen Sie es dann noch einmal.",
  "error/too-large": "{name} ist zu groß: {size}, und ich nehme Dateien bis {limit}.",
  "error/larger-than-said":
    "{name} hatte mehr Bytes als angekündigt ({size}), deshalb habe ich die Datei nicht behalten.",
  "error/shorter-than-said": "{name} endete nach {got} von {size}, deshalb habe ich die Datei nicht behalten.",
  "error/over-quota":
    "Ihr Platz ist voll: {used} von {quota} sind belegt, und {name} braucht {size}. Löschen Sie mit „del“, was Sie entbehren können.",
  "error/empty-file": "{name} ist leer, da gibt es nichts aufzubewahren.",
  "error/wrong-hash":
    "{name} kam beschädigt an (die Prüfsumme ist nicht die angekündigte), deshalb habe ich die Datei nicht behalten. Bitte schicken Sie sie noch einmal.",
  "error/other-file":
    "Was ich von {name} hatte, gehört zu einer anderen Datei, deshalb habe ich es nicht behalten. Bitte schicken Sie die Datei noch einmal: Dann kommt sie ganz von vorn.",
  "error/too-many-transfers": {
    one: "Bei Ihnen läuft {count} Übertragung. Bitte warten Sie, bis sie zu Ende ist.",
    other: "Bei Ihnen laufen {count} Übertragungen. Bitte warten Sie, bis eine davon zu Ende ist.",
  },
  "error/link-not-allowed": "Von dieser Adresse darf ich nichts holen.",
  "error/link-bad": "Diesen Link kann ich nicht holen: {why}.",
  "error/link-unreachable":
    "Ich konnte {host} nicht erreichen, wo {name} liegt. Bitte versuchen Sie es später noch einmal.",
  "error/link-refused": "{host} wollte mir {name} nicht geben (die Antwort war: {status}).",
  "error/link-too-slow": "{host} war mit {name} zu langsam, deshalb habe ich aufgegeben.",
  "error/link-changed":
    "{name} hat sich auf {host} geändert, während ich die Datei holte. Bitte schicken Sie sie noch einmal.",
  "error/stream-cut":
    "Ich habe {name} nicht ganz bekommen, die Übertragung wurde unterbrochen. Bitte schicken Sie die Datei noch einmal.",
  "error/stream-unreachable":
    "Ich konnte für {name} keine Verbindung zu Ihrem Programm aufbauen. Senden Sie es noch einmal: Dann kommt es über den Server, wenn Ihr Programm das kann.",
  "error/no-method": "Ihr Programm und ich haben keinen gemeinsamen Weg, um {name} zu übertragen.",
  "error/link-ended": "Dieser Link ist abgelaufen.",
  "error/no-token": "Sagen Sie in einer Kopfzeile, welche Datei: Authorization: Bearer TOKEN.",
  "error/range-not-satisfiable": "Diesen Teil der Datei gibt es nicht.",
  "error/precondition-failed": "Das ist eine andere Datei als die, nach der gefragt wurde.",
  "error/length-required": "Sagen Sie, wie lang es ist: Ohne Content-Length nehme ich hier nichts an.",
  "error/called-off": "Sie haben es abgebrochen.",
  "error/wrong-checksum": "Diese Bytes sind beschädigt angekommen. Bitte schicken Sie sie noch einmal.",
  "error/method-not-allowed": "Hier gehen nur {methods}.",
  "error/encrypted":
    "Diese Nachricht war verschlüsselt ({scheme}), und ich habe keinen Schlüssel dazu. Bitte schalten Sie die Verschlüsselung für dieses Gespräch aus, und schicken Sie sie noch einmal.",
  "error/sealed":
    "{name} ist versiegelt, sodass keine Virenprüfung hineinsehen kann. Solche Dateien nehme ich hier nicht an.",
  "error/infected": "{name} ist infiziert ({virus}), deshalb habe ich die Datei nicht behalten.",
  "error/scanner-down": "Die Virenprüfung antwortet gerade nicht. Bitte versuchen Sie es in einem Moment noch einmal.",
  "error/too-large-to-scan": "{name} ist zu groß für die Virenprüfung.",
  "error/too-many-invitations":
    "Das sind zu viele Leute auf einmal, die mich nicht kennen. Bitte versuchen Sie es mit {who} morgen noch einmal.",
  "error/recipient-not-served": "An Leute von {domain} sende ich nichts.",
  "error/no-such-group": "Sie haben keine Gruppe „{group}“.{hint} „grouplist“ zeigt, welche Sie haben.",
  "error/offline": "Ich bin gerade nicht mit dem Server verbunden. Bitte versuchen Sie es in einem Moment noch einmal.",
  "error/stopping": "Ich werde gerade neu gestartet. Bitte versuchen Sie es in einem Moment noch einmal.",
  "error/storage-down":
    "Mein Speicher antwortet gerade nicht, deshalb ging das nicht. Bitte versuchen Sie es in einem Moment noch einmal; nichts von dem, was ich aufbewahre, ist verloren.",
  "error/disk-full":
    "Mein Speicher ist voll, deshalb konnte ich {name} nicht aufbewahren. Der Betreiber weiß Bescheid. Was ich schon habe, ist sicher.",
  "error/index-down":
    "Meine Aufzeichnungen antworten gerade nicht. Bitte versuchen Sie es in einem Moment noch einmal; nichts von dem, was ich aufbewahre, ist verloren.",
  "error/internal": "Bei mir ist etwas schiefgegangen. Es ist vermerkt. Bitte versuchen Sie es noch einmal.",
  hint: " Meinten Sie „{word}“?",
  "hint/link": " Einen Link hole ich, wenn er allein in einer Nachricht steht.",
  "by-number": "Nummer {number}",
  "by-name": "„{name}“",
  "that-number": "dieser Nummer",
  "that-file": "diese Datei",
  "that-record": "das",
  "the-file": "Die Datei",
  "one-file": "Bitte nur eine Datei je Sitzung.",
  "of-that-kind": "dieser Art",
  "a-moment": "einen Moment",
  more: "mehr",
  "more-than": "mehr als {size}",
  "given-up": "aufgegeben",
  "end-to-end": "Ende zu Ende",
  "encrypted-file": "verschlüsselte Datei",
  "not-http": "etwas anderes als HTTP",
  "link/endless": "er führt immer weiter",
  "link/downgrade": "er führt von einer verschlüsselten Adresse zu einer unverschlüsselten",
  "link/key": "der Schlüssel ist keiner: Auf das # müssen 88 oder 96 Hexadezimalziffern folgen",
  "link/long": "er ist zu lang",
  "link/no-address": "er ist keine Web-Adresse",
  "link/scheme": "er beginnt weder mit http: noch mit https:",
  "link/password": "er enthält einen Namen oder ein Passwort",
  "link/no-host": "er nennt keinen Rechner",
  "link/encoding": "der Server schickt die Datei als {encoding}, und darum wurde nicht gebeten",
} as const satisfies Texts<typeof english>;
