import type { pages as english } from "../en/pages.js";
import type { Texts } from "../text.js";

export const pages = {
  "page/front":
    "XMPP 사용자를 위해 파일을 맡아 두는 곳입니다. 자리에 없는 분에게 보낸 파일을 보관했다가, 접속하면 전해 드립니다. 이곳에서 보내 드린 링크로 들어오실 수 있으니, 그 링크를 열어 주세요. 그 밖에는 볼 것이 없으며, 방문자를 세지도 않습니다.",
} as const satisfies Texts<typeof english>;
