import type { words as english } from "../en/words.js";
import type { Texts } from "../text.js";

export const words = {
  kept: "{name} ({size}) 파일을 {number}번으로 {until}까지 보관합니다. 다른 분에게 보내려면 “send {number} to 주소”, 다시 받으려면 “get {number}”, 더 알고 싶으면 “help”라고 말씀해 주세요.",
  fetching: "{name}{ofSize} 가져오는 중 …",
  "fetching-at": "{name} 가져오는 중: {percent} ({size} 중 {got}) …",
  "fetching-some": "{name} 가져오는 중: 지금까지 {got} …",
  fetched: "{name} 파일을 가져왔습니다: {size}, {time} 걸렸습니다.",
  "fetch-ended": "{name} 가져오기가 끝났습니다.",
  receiving: "{name}{ofSize} 받는 중 …",
  "receiving-at": "{name} 받는 중: {percent} ({size} 중 {got}) …",
  received: "{name} 파일을 받았습니다: {size}, {time} 걸렸습니다.",
  "receiving-ended": "{name} 받기가 끝났습니다.",
  "of-size": " ({size})",
  "kept-in-part":
    "{name} 전송이 중간에 끊어졌습니다. {size} 중 {got} 받았습니다. {until}까지 다시 보내 주시면, 사용하시는 프로그램이 지원하는 경우 그 지점부터 이어집니다. “del {name}”라고 하시면 지우겠습니다.",
  "passed-on": "{lines}",
  "storage-awaited":
    "지금 제 저장소가 응답하지 않습니다. 응답하는 대로 {name} 파일을 이어서 처리하고 알려 드리겠습니다.",
  "not-kept": "{name} 파일을 보관하지 못했습니다. {why}",
  "mark/held":
    "지금 바이러스 검사가 응답하지 않아 아직 아무에게도 전하지 않습니다. 검사가 끝나는 대로 자동으로 계속됩니다.",
  "mark/unchecked": "바이러스 검사를 하지 않은 파일입니다.",
  "mark/sealed": "봉인된 파일입니다. 저는 읽을 수 없으며, 열쇠와 함께 받은 그대로 전해 드립니다.",
  "listed/held": "바이러스 검사 대기 중",
  "listed/unchecked": "바이러스 검사 안 함",
  "listed/sealed": "봉인됨",
  "link/as-it-came":
    "봉인된 파일의 제 사본은 https 주소에서만 드릴 수 있는데, 저에게는 그런 주소가 없습니다. 그래서 받은 링크를 그대로 드립니다.",
  "waiting-checked":
    "{who} 님에게 보낼 {name} ({number}번) 파일이 바이러스 검사를 기다리고 있습니다. 지금 검사가 응답하지 않습니다.",
  checked: "{name} ({number}번) 파일의 바이러스 검사가 끝났고, 발견된 것이 없습니다.",
  "not-checked": "{name} ({number}번) 파일은 더 이상 바이러스 검사를 기다리지 않고 그대로 계속 전합니다.",
  "infected-removed":
    "바이러스 검사를 기다리던 {name} ({number}번) 파일이 감염되어 있었습니다 ({virus}). 삭제했습니다.",
  "was-infected": "감염된 파일이었습니다.",
  "infected-for-you": "{who} 님이 {name} ({size}) 파일을 보냈지만, 감염되어 있어 ({virus}) 보관하지 않았습니다.",
  "offer-sealed":
    "본인만 읽을 수 있도록 봉인된 파일이며, 다음 메시지의 링크에 열쇠가 들어 있습니다. 링크가 열리지 않거나 더 이상 연결되지 않으면 “accept {number}”라고 말씀해 주세요. 제가 가진 사본을 드리겠습니다.",
  waiting: "{name} ({number}번) 파일이 {who} 님을 기다리고 있습니다. {who} 님이 접속하는 즉시 전해 드리겠습니다.",
  "waiting-invited":
    "{name} ({number}번) 파일이 {who} 님을 기다리고 있습니다. 파일이 여기 있다고 {who} 님에게 알렸습니다.",
  offered: "{name} ({number}번) 파일을 {who} 님에게 제안했습니다.",
  delivered: "{who} 님이 {name} ({number}번) 파일을 받았습니다.",
  declined: "{who} 님이 {name} ({number}번) 파일을 거절했습니다.",
  expired: "{who} 님이 {name} ({number}번) 파일을 기한 안에 받지 않아, 더 이상 전달용으로 보관하지 않습니다.",
  failed: "{name} ({number}번) 파일을 {who} 님에게 전하지 못했습니다. {why}",
  unreachable:
    "{name} ({number}번) 파일 때문에 {who} 님에게 연락하려 했지만 닿지 않았습니다. 파일은 {until}까지 여기에 있습니다. {who} 님이 보이거나 “resend {number}”라고 하시면 다시 시도하겠습니다.",
  summary: "{count}명에게 보내는 {name} ({number}번): {parts}.",
  "summary/delivered": "{who} 받음",
  "summary/moving": "{who} 받는 중",
  "summary/offered": "{who} 제안받음",
  "summary/waiting": "{who} 기다리는 중",
  "summary/declined": "{who} 거절함",
  "summary/expired": "{who} 기한 안에 받지 않음",
  "summary/failed": "{who} 전하지 못함",
  "summary/withdrawn": "{who} 회수됨",
  people: "{count}명",
  "people/all": "{count}명 모두",
  offer:
    "{who} 님이 보낸 파일이 있습니다: {name} ({size}). 여기서 받으시거나, 원하지 않으시면 “decline {number}”라고 말씀해 주세요. {until}까지 보관합니다.",
  coming:
    "{who} 님이 파일을 보내고 있습니다: {name} ({size}). 여기서 받으세요. {who} 님이 보내는 동안 바로 전해집니다.",
  invitation:
    "{who} 님이 보낸 파일이 있습니다: {name} ({size}). {until}까지 보관합니다. 받으시려면 “accept {number}”, 원하지 않으시면 “decline {number}”, {who} 님의 소식을 더 받고 싶지 않으시면 “block {who}”라고 말씀해 주세요. 저를 연락처에 추가하시면, 접속하실 때마다 도착한 파일을 전해 드리겠습니다.",
  "taken-back": "{who} 님이 {name} ({number}번) 파일을 되가져갔습니다.",
  reminder:
    "{name}(번호 {number})은(는) {until}까지만 보관되고 그 뒤에는 사라집니다. “keep {number}”라고 하시면 더 오래 보관합니다.",
  "reminder/unfetched":
    "{who} 님이 {name}(번호 {number})을(를) 아직 받지 않았습니다. {until}까지만 보관되고 그 뒤에는 사라집니다. “keep {number}”라고 하시면 더 오래 보관합니다.",
  "reminder/many":
    "파일 {count}개가 곧 사라집니다. 첫 번째는 {name}(번호 {number}), {until}입니다. “list”라고 하시면 목록이 나옵니다. “keep”이라고 하시면 모두 더 오래 보관하고, “keep N”이라고 하시면 하나만 보관합니다.",
  "reminder/for-you":
    "{who} 님이 보낸 {name} ({size})이(가) {until}까지 기다립니다. 받으시려면 “get {number}”, 더 오래 보관하려면 “keep {number}”라고 하십시오.",
  "reminder/many-for-you":
    "파일 {count}개가 아직 기다립니다. 먼저 사라지는 것은 {name}(번호 {number}), {until}입니다. “list”라고 하시면 목록이 나옵니다. “keep”이라고 하시면 모두 더 오래 보관하고, “keep N”이라고 하시면 하나만 보관합니다.",
  "kept-longer":
    "{who} 님이 {name}(번호 {number})을(를) 더 오래 보관해 달라고 하셨습니다. 이제 {until}까지 보관합니다. “del {number}”라고 하시면 그래도 삭제됩니다.",
  "let-go": "{name}(번호 {number})을(를) 보내신 분이 모두 받았으므로, 원하신 대로 삭제했습니다.",
  "kept-for": "{name} ({size}) 파일을 {number}번으로 {until}까지 보관합니다.",
  introduction:
    "{who} 님이 저를 통해 메시지를 보내십니다. 여기에 답하시면 {who} 님에게 전해집니다. {who} 님의 메시지를 더 받고 싶지 않으시면 {contact} 주소로 “block {who}”라고 보내 주세요.",
  "not-passed-on": "{who} 님에게 연결할 수 없어 메시지를 전하지 못했습니다: “{text}”",
  "passed-words": "{text}",
  "gateway/desc": "연락하려는 분의 XMPP 주소를 입력해 주세요. 예: juliet@example.org",
  "gateway/prompt": "주소",
  "reported-spam": "{who} 님이 {about} 주소를 스팸으로 신고했습니다. {text}",
  "reported-abuse": "{who} 님이 {about} 주소를 악용으로 신고했습니다. {text}",
  "status/contact": "저에게 파일을 보내고, 누구에게 전할지 말씀해 주세요. 더 알고 싶으면 “help”라고 하세요.",
  "status/stand-in": "여기로 보내시는 파일과 메시지는 {who} 님에게 전해집니다.",
  "status/domain": "파일을 보내려면 {contact} 주소를 연락처에 추가하세요",
  "state/waiting": "대기 중",
  "state/offered": "제안함",
  "state/moving": "전송 중",
  "state/delivered": "전달됨",
  "state/declined": "거절됨",
  "state/expired": "기한 지남",
  "state/withdrawn": "되가져감",
  "state/failed": "실패",
  bytes: "{count}바이트",
  seconds: "{count}초",
  minutes: "{count}분",
  hours: "{count}시간",
  days: "{count}일",
  weeks: "{count}주",
  percent: "{count}%",
} as const satisfies Texts<typeof english>;
