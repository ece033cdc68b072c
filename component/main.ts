/** The only file that names every concrete part: builds them, starts them, stops them. */
import { readFileSync } from "node:fs";
import { bare, type BareJid } from "./lib/jid.js";
import { systemClock, type Clock } from "./lib/clock.js";
import type { Log } from "./lib/log.js";
import type { Config } from "./config.js";
import { watchHealth } from "./health.js";
import { createMetrics } from "./metrics.js";
import { formUrl, linkUrl, pageUrl } from "./lib/link-url.js";
import { Pace } from "./control/people/access.js";
import type { Services } from "./control/services.js";
import { Blocks } from "./control/people/blocks.js";
import { Complaints } from "./control/people/complaints.js";
import { Claims } from "./control/intake/claims.js";
import { Conversations } from "./control/people/conversations.js";
import { Delivery } from "./control/delivery/delivery.js";
import { HeldFiles } from "./control/intake/held-files.js";
import { Housekeeping } from "./control/housekeeping.js";
import { Intakes } from "./control/intake/intake.js";
import { Invitations } from "./control/people/invitations.js";
import { Keeper } from "./control/intake/keeper.js";
import { Ladder } from "./control/delivery/ladder.js";
import { Links } from "./control/delivery/links.js";
import { Notices } from "./control/notices/notices.js";
import { Counter } from "./control/office.js";
import type { BlobStore, Office } from "./control/ports.js";
import { Pages } from "./control/delivery/pages.js";
import { Pictures } from "./control/intake/pictures.js";
import { Receptions } from "./control/intake/receptions.js";
import { Rules } from "./control/people/rules.js";
import { Uploads } from "./control/intake/uploads.js";
import { Tongues } from "./control/people/tongues.js";
import { VirusCheck } from "./control/intake/virus-check.js";
import { ClamdScanner } from "./inspect/clamd.js";
import { PictureStudio } from "./inspect/pictures.js";
import { selfOf } from "./messenger/about.js";
import { Bits } from "./messenger/methods/bits.js";
import { Blocking, BLOCKING_FEATURES } from "./messenger/blocking.js";
import { Chat } from "./messenger/chat.js";
import { BotContact } from "./messenger/contact.js";
import { CHAT_FEATURES } from "./messenger/features.js";
import { Gateway } from "./messenger/gateway.js";
import { InBandStreams } from "./messenger/in-band.js";
import { Fates } from "./messenger/methods/fates.js";
import { JINGLE_FEATURES, JingleSessions } from "./messenger/methods/jingle-sessions.js";
import { JingleMethod } from "./messenger/methods/jingle.js";
import { LinkMethod } from "./messenger/methods/link.js";
import { SI_FEATURES, SiIntake } from "./messenger/methods/si-intake.js";
import { SiMethod } from "./messenger/methods/si.js";
import { PresenceDirectory } from "./messenger/presence.js";
import { Privilege } from "./messenger/privilege.js";
import { ProxyFinder } from "./messenger/proxies.js";
import { StanzaRouter } from "./messenger/router.js";
import { StreamSpeaker } from "./messenger/speaker.js";
import { ComponentStream } from "./messenger/stream.js";
import { UploadService } from "./messenger/upload-service.js";
import { openBlobStore } from "./storage/blob/open.js";
import { openIndex } from "./storage/index/open.js";
import { HttpFetcher } from "./transfer/fetch.js";
import { Guard } from "./transfer/guard.js";
import { SocksHosts } from "./transfer/socks5/hosts.js";
import { WebServer } from "./web/server.js";

/** The whole program, running or not. */
export interface Service {
  /** Resolves when the component is connected and the web server listens. */
  start(): Promise<void>;
  /** Ends what can be ended cleanly; what cannot goes on after the next start. */
  stop(): Promise<void>;
}

export const VERSION = (
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }
).version;

/** Builds everything; nothing is opened before `start`. */
export function createService(config: Config, log: Log): Service {
  const clock = systemClock;
  const domain = config.xmpp.domain;
  const contact: BareJid = bare(`${config.xmpp.contact}@${domain}`);
  const url = (token: string, name: string): string => linkUrl(config.web.url, token, name);

  // storage and transfer
  const index = openIndex(config.database.url, { log, clock, role: "server" });
  const blobs = openBlobStore(config.storage, log);
  const guard = new Guard({ allowPrivate: config.streams.allow_private, ports: config.streams.ports });
  const fetcher = new HttpFetcher({
    guard,
    clock,
    log,
    agent: `Restante/${VERSION}`,
    headerTime: 30_000,
    wholeTime: config.limits.fetch_time,
  });
  const hosts = new SocksHosts({ listen: config.streams.listen, host: config.streams.host, guard, clock, log });

  // messenger; what comes in is for the counter, which is built last
  const office: Office = {
    text: (...said) => counter.text(...said),
    links: (...sent) => counter.links(...sent),
    report: (...complaint) => counter.report(...complaint),
    receive: (from, to, file, method) => counter.receive(from, to, file, method),
    encrypted: (from, to, scheme) => counter.encrypted(from, to, scheme),
    available: (resource) => counter.available(resource),
    standing: (jid, change) => counter.standing(jid, change),
    standIn: (...a) => counter.standIn(...a),
    connected: () => counter.connected(),
    disconnected: () => counter.disconnected(),
  };
  const stream = new ComponentStream({ domain, server: config.xmpp.server, secret: config.xmpp.secret, log, clock });
  const rules = new Rules({ domain, ...config.access });
  const tongues = new Tongues();
  const router = new StanzaRouter(stream, log, tongues, (from) => rules.isRefused(from));
  const fates = new Fates(clock);
  const directory = new PresenceDirectory({ router, stream, index, office, contact, tongues, log, clock });
  const privilege = new Privilege({ router, stream, directory, hosts: config.access.domains, log });
  const me = new BotContact({
    router, stream, index, office, directory, contact, tongues, log, clock,
    name: config.xmpp.name, url: config.web.url, abuse: config.xmpp.abuse, version: VERSION,
    features: [...new Set([...CHAT_FEATURES, ...BLOCKING_FEATURES, ...JINGLE_FEATURES, ...SI_FEATURES])],
    personBehind: (address, asker) => rules.personBehind(address, asker),
  }); // prettier-ignore
  const gateway = new Gateway({ router, stream, rules, tongues });
  const speaker = new StreamSpeaker({ stream, whereabouts: directory, fates, contact, tongues, clock });
  const chat = new Chat({ router, stream, office, fates, tongues, log, clock });

  const inBand = new InBandStreams({ router, stream, clock });
  const proxies = new ProxyFinder({ stream, self: selfOf(contact), clock, log });
  const jingle = new JingleSessions({ router, stream, office, hosts, inBand, proxies, tongues, clock, log });
  const siIntake = new SiIntake({ router, office, streamHosts: hosts, inBand, clock, log });
  const bits = new Bits({ router });
  const siMethod = new SiMethod({
    stream,
    bits,
    self: selfOf(contact),
    streamHosts: hosts,
    inBand,
    proxies,
    clock,
    log,
  });

  // control
  const notices = new Notices({ index, tongues, speaker, contact, whereabouts: directory, clock, log });
  const methods = [
    new JingleMethod({ sessions: jingle, bits, self: selfOf(contact) }),
    siMethod,
    new LinkMethod({ stream, contact, tongues, fates }),
  ];
  const ladder = new Ladder({ methods, speaker, whereabouts: directory, clock });
  const studio = new PictureStudio({ clock, log });
  const pictures = new Pictures({ index, blobs, painter: studio, clock, log });
  const delivery = new Delivery({
    index,
    rules,
    tongues,
    blobs,
    pictures,
    whereabouts: directory,
    ladder,
    notices,
    url,
    clock,
    log,
  });
  const limits = { ...config.limits, domains: config.access.domains, sealed: config.check.sealed };
  const services: Services = {
    index,
    delivery,
    pictures,
    whereabouts: directory,
    speaker,
    tongues,
    rules,
    invitations: new Invitations(config.limits, clock),
    complaints: new Complaints({ index, notices, admins: config.access.admins, clock, log }),
    notices,
    clock,
    url,
    pageUrl: (token) => pageUrl(config.web.url, token),
    formUrl: (token) => formUrl(config.web.url, token),
    quota: limits.quota,
    term: limits,
    domain,
  };
  const check = openCheck(config.check, blobs, clock, log);
  const keeper = new Keeper({ services, blobs, limits, check, log });
  const intakes = new Intakes(keeper, fetcher, new Claims(keeper, config.web.url));
  const receptions = new Receptions(keeper);
  const pace = new Pace(config.limits.commands, clock);
  const conversations = new Conversations({ services, contact, log });
  const blocking = new Blocking({ router, stream, contact, office, desk: new Blocks({ services, pace }) });
  const counter = new Counter({ services, intakes, receptions, conversations, pace, contact, domains: limits.domains, log }); // prettier-ignore
  const held = new HeldFiles({ services, check, log });
  const housekeeping = new Housekeeping({ services, intakes, receptions, held, blobs, log });
  const desk = new Links({ index, blobs, delivery, clock, log });
  const uploads = new Uploads({
    keeper,
    receptions,
    pace: new Pace(config.limits.commands, clock),
    base: config.web.url,
    ...config.upload,
  });

  const uploadService =
    config.upload.domain === ""
      ? undefined
      : new UploadService({
          domain: config.upload.domain, server: config.upload.server || config.xmpp.server, secret: config.upload.secret || config.xmpp.secret,
          desk: uploads, name: config.xmpp.name, version: VERSION, tongues, isRefused: (from) => rules.isRefused(from), log, clock,
        }); // prettier-ignore

  // web
  const health = watchHealth({ stream, index, blobs });
  const metrics = createMetrics({ index, stream, directory });
  const web = new WebServer({
    desk,
    pages: new Pages({ index, delivery, pictures, clock }),
    uploads,
    listen: config.web.listen,
    url: config.web.url,
    health,
    metrics,
    log,
    clock,
  });

  stream.onOnline(() => {
    me.connected();
    directory.connected();
    office.connected();
  });
  stream.onOffline(() => {
    inBand.disconnected();
    me.disconnected();
    directory.disconnected();
    privilege.disconnected();
    office.disconnected();
  });

  const open = async (): Promise<void> => {
    await index.start();
    await blobs.start();
    index.onNudge((what, whom) => {
      if (what === "notices") notices.flush(whom);
      else if (directory.resources(whom).length > 0) delivery.consider(whom);
    });
    inBand.start(); // before those who keep to themselves what they know
    jingle.start();
    siIntake.start();
    bits.start();
    blocking.start();
    chat.start();
    me.start();
    gateway.start();
    directory.start();
    privilege.start();
    await housekeeping.start();
    await hosts.start();
    await web.start();
    await Promise.all([stream.start(), uploadService?.start()]);
  };
  let opening: Promise<void> | undefined;

  return {
    start: () => (opening ??= open()),
    async stop() {
      if (!stream.online) await stream.stop(); // else a start that waits for the server would go on doing so
      await uploadService?.stop();
      await opening?.catch(() => undefined);
      jingle.stop();
      await Promise.all([siIntake.stop(), siMethod.stop()]);
      delivery.stop();
      await housekeeping.stop();
      receptions.stop();
      await keeper.stop();
      pictures.stop();
      studio.stop();
      await uploads.stop();
      await chat.stop();
      await web.stop();
      await me.stop();
      directory.stop();
      inBand.stop();
      await hosts.stop();
      await stream.stop();
      await blobs.stop();
      await index.stop();
    },
  };
}

/** The virus check, where one is configured. */
function openCheck(check: Config["check"], blobs: BlobStore, clock: Clock, log: Log): VirusCheck | undefined {
  if (check.clamd === "") return undefined;
  const scanner = new ClamdScanner({ address: check.clamd, clock });
  return new VirusCheck({ scanner, blobs, absent: check.absent, file: check.file, log });
}
