/**
 * GET /f/TOKEN: the page by which files come in; POST: its form, which any browser sends by itself. With a script, the page brings them by tus
 * (see `tus.ts`) instead. The token is the only right, so there is nobody else's form to fear (CSRF).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { OpenUpload, UploadDesk } from "../control/ports.js";
import type { Clock } from "../lib/clock.js";
import { asRefusal, Refusal } from "../lib/errors.js";
import { hashToken } from "../lib/ids.js";
import { FORM_PATH, TUS_PATH } from "../lib/link-url.js";
import type { Log } from "../lib/log.js";
import { goOn } from "./expect.js";
import { eachFile, type FormFile } from "./form-parts.js";
import { formPage, takenPage, type Taken } from "./pages/form.js";
import { FORM_HEADERS, HTML_TYPE, languageOf, SCRIPT_HEADERS } from "./pages/layout.js";
import { SCRIPTS } from "./scripts.js";

export interface FormParts {
  readonly uploads: UploadDesk;
  readonly clock: Clock;
  readonly log: Log;
  /** Work that the end of the server waits for. */
  readonly underWay: Set<Promise<void>>;
}

type Request = FastifyRequest<{ Params: { token: string } }>;

export function serveForms(app: FastifyInstance, parts: FormParts): void {
  void app.register(async (forms) => {
    // The body is read where it is known what for.
    forms.addContentTypeParser("multipart/form-data", (_request, _payload, done) => done(null));
    forms.route({
      method: ["GET", "HEAD"],
      url: `${FORM_PATH}:token`,
      async handler(request: Request, reply) {
        const { token } = request.params;
        const open = await openPage(parts.uploads, token);
        const paths = { scripts: SCRIPTS.map((path) => `..${path}`), tus: `..${TUS_PATH}${token}` };
        const body = formPage(languageOf(request.headers["accept-language"]), open, paths);
        return reply.headers(SCRIPT_HEADERS).type(HTML_TYPE).send(body);
      },
    });
    forms.post(`${FORM_PATH}:token`, (request: Request, reply) => {
      const work = receive(parts, request, reply);
      const settled = work.then(() => undefined, () => undefined); // prettier-ignore
      parts.underWay.add(settled);
      void settled.then(() => parts.underWay.delete(settled));
      return work;
    });
  });
}

/** Slots have no page. */
async function openPage(uploads: UploadDesk, token: string): Promise<OpenUpload> {
  const open = await uploads.open(token);
  if (open.kind !== "page") throw new Refusal("not-found");
  return open;
}

async function receive(
  { uploads, clock, log }: FormParts,
  request: Request,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { token } = request.params;
  const open = await openPage(uploads, token);
  if (request.headers["content-type"] === undefined) throw new Refusal("not-understood");
  goOn(request.raw, reply.raw);
  const taken: Taken[] = [];
  const noes: Refusal[] = [];
  await eachFile(request.raw, clock, async (file) => {
    try {
      taken.push({ name: file.name, kept: await keep(open, file) });
    } catch (e) {
      const no = asRefusal(e);
      if (no.code === "stream-cut" || no.code === "stopping") throw no;
      if (no.code === "internal") log.error({ err: e, upload: hashToken(token).slice(0, 8) }, "a form's file failed");
      noes.push(no);
      taken.push({ name: file.name, why: no.said });
    }
  });
  const isKept = taken.some((one) => "kept" in one);
  const body = takenPage(languageOf(request.headers["accept-language"]), open, taken);
  return reply
    .code(isKept ? 200 : (noes[0]?.row.http ?? 400))
    .headers(FORM_HEADERS)
    .type(HTML_TYPE)
    .send(body);
}

async function keep(open: OpenUpload, { name, bytes }: FormFile) {
  const reception = await open.receive({ name, size: undefined }, "form");
  try {
    await reception.begin(0);
    for await (const chunk of bytes) await reception.write(chunk);
    return await reception.complete();
  } catch (e) {
    await reception.fail(asRefusal(e));
    throw e;
  }
}
