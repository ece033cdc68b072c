/**
 * GET /p/TOKEN: the page about what /g/TOKEN/NAME gives, safe to be fetched by whatever looks into links: it moves nothing. POST: the
 * recipient of a parcel declines it; whoever can ask for that has the token, so there is nobody else's form to fear (CSRF).
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { PageDesk } from "../control/ports.js";
import { linkUrl, PAGE_PATH } from "../lib/link-url.js";
import { declinedPage, filePage } from "./pages/file.js";
import { FORM_HEADERS, HTML_TYPE, languageOf } from "./pages/layout.js";

type Request = FastifyRequest<{ Params: { token: string } }>;

export function serveFilePages(app: FastifyInstance, desk: PageDesk): void {
  const url = `${PAGE_PATH}:token`;
  app.route({
    method: ["GET", "HEAD"],
    url,
    async handler(request: Request, reply) {
      const { token } = request.params;
      const file = await desk.look(token);
      const body = filePage(languageOf(request.headers["accept-language"]), file, linkUrl("..", token, file.name));
      return reply.headers(FORM_HEADERS).type(HTML_TYPE).send(body);
    },
  });
  void app.register(async (buttons) => {
    // There is nothing in it: which button it was, the address says.
    buttons.addContentTypeParser(
      "application/x-www-form-urlencoded",
      { parseAs: "string", bodyLimit: 1024 },
      (_request, _body, done) => done(null),
    );
    buttons.post(url, async (request: Request, reply) => {
      const { token } = request.params;
      const file = await desk.look(token);
      await desk.decline(token);
      const body = declinedPage(languageOf(request.headers["accept-language"]), file);
      return reply.headers(FORM_HEADERS).type(HTML_TYPE).send(body);
    });
  });
}
