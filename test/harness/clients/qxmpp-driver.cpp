/*
 * QXmpp 1.4, the library of Kaidan and others, without a screen: Restante's driver, on QXmpp's public classes alone.
 *
 *   qxmpp-driver JID PASSWORD HOST PORT FOLDER CERTIFICATES METHODS
 *
 * Orders come on standard input, one a line, words parted by tabs (backslash escapes as in C):
 *   subscribe JID | say JID TEXT | send JID PATH [NAME] | upload JID PATH [SERVICE] | abort NAME
 *   methods any|in-band|socks5|none | proxy JID only|beside | offers take|decline
 * and it logs out when that is closed. `send` to a bare address takes a client of his that has shown itself. What happens is printed: ONLINE,
 * SERVICE, PRESENCE, MESSAGE, CARBON, RECEIPT, OFFER, MOVING, HALF, RECEIVED, SENT, FAILED, ERROR.
 */
#include <QXmppCarbonManager.h>
#include <QXmppClient.h>
#include <QXmppConfiguration.h>
#include <QXmppDiscoveryIq.h>
#include <QXmppDiscoveryManager.h>
#include <QXmppHttpUploadIq.h>
#include <QXmppMessage.h>
#include <QXmppMessageReceiptManager.h>
#include <QXmppRosterManager.h>
#include <QXmppTransferManager.h>
#include <QXmppUploadRequestManager.h>
#include <QXmppUtils.h>

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QSocketNotifier>
#include <QSslConfiguration>
#include <cstdio>
#include <memory>
#include <unistd.h>

static void out(QStringList words) {
  const QByteArray line = words.join(' ').remove('\r').replace('\n', "\\n").toUtf8();
  fwrite(line.constData(), 1, line.size(), stdout);
  fputc('\n', stdout);
  fflush(stdout);
}

/* A word of an order: escapes as orderLine makes them. */
static QString plain(const QByteArray &word) {
  QByteArray text;
  for (int i = 0; i < word.size(); i++) {
    const char c = word[i];
    if (c != '\\' || i + 1 == word.size()) text += c;
    else if (const char escaped = word[++i]; escaped == 't') text += '\t';
    else text += escaped == 'n' ? '\n' : escaped;
  }
  return QString::fromUtf8(text);
}

static const char *nameOf(QXmppTransferJob::Method method) {
  return method == QXmppTransferJob::InBandMethod ? "in-band" : method == QXmppTransferJob::SocksMethod ? "socks5" : "none";
}

static const char *nameOf(QXmppTransferJob::Error error) {
  switch (error) {
  case QXmppTransferJob::NoError: return "none";
  case QXmppTransferJob::AbortError: return "aborted";
  case QXmppTransferJob::FileAccessError: return "file-access";
  case QXmppTransferJob::FileCorruptError: return "corrupt";
  case QXmppTransferJob::ProtocolError: return "protocol";
  }
  return "";
}

class Driver {
public:
  explicit Driver(const QStringList &words) : folder(words[5]) {
    for (QXmppClientExtension *extension : QList<QXmppClientExtension *>{transfers, uploads, receipts, carbons}) client.addExtension(extension);
    use(words[7]);
    listen();
    QXmppConfiguration configuration;
    configuration.setJid(words[1]);
    configuration.setPassword(words[2]);
    configuration.setHost(words[3]);
    configuration.setPort(words[4].toInt());
    configuration.setStreamSecurityMode(QXmppConfiguration::TLSDisabled);
    configuration.setAutoAcceptSubscriptions(true);
    configuration.setAutoReconnectionEnabled(false);
    client.connectToServer(configuration);
  }

  void obey(const QList<QByteArray> &line) {
    QStringList words;
    for (const QByteArray &word : line) words << plain(word);
    const QString order = words.takeFirst();
    const int count = words.size();
    if (order == "subscribe" && count == 1) {
      client.findExtension<QXmppRosterManager>()->addItem(words[0]);
      client.findExtension<QXmppRosterManager>()->subscribe(words[0]);
    } else if (order == "say" && count == 2) say(words[0], words[1]);
    else if (order == "send" && (count == 2 || count == 3)) send(words[0], words[1], words.value(2));
    else if (order == "upload" && (count == 2 || count == 3)) upload(words[0], words[1], words.value(2));
    else if (order == "abort" && count == 1) abort(words[0]);
    else if (order == "methods" && count == 1) use(words[0]);
    else if (order == "proxy" && count == 2) {
      transfers->setProxy(words[0]);
      transfers->setProxyOnly(words[1] == "only");
    } else if (order == "offers" && count == 1) declining = words[0] == "decline";
    else out({"ERROR no such order:", order});
  }

  void leave() {
    leaving = true;
    client.disconnectFromServer();
  }

private:
  const QDir folder;
  QXmppClient client;
  /* The client's, once they are added. */
  QXmppTransferManager *const transfers = new QXmppTransferManager;
  QXmppUploadRequestManager *const uploads = new QXmppUploadRequestManager;
  QXmppMessageReceiptManager *const receipts = new QXmppMessageReceiptManager;
  QXmppCarbonManager *const carbons = new QXmppCarbonManager;
  QNetworkAccessManager web;
  QList<QXmppTransferJob *> jobs;
  struct Upload {
    QString to, path;
  };
  QHash<QString, Upload> requests; /* for slots, by their ids */
  bool declining = false, leaving = false;

  void listen() {
    auto *discovery = client.findExtension<QXmppDiscoveryManager>();
    QObject::connect(&client, &QXmppClient::connected, [=] {
      carbons->setCarbonsEnabled(true);
      discovery->requestItems(client.configuration().domain());
    });
    QObject::connect(client.findExtension<QXmppRosterManager>(), &QXmppRosterManager::rosterReceived,
                     [=] { out({"ONLINE", client.configuration().jid()}); });
    QObject::connect(&client, &QXmppClient::error, [=](QXmppClient::Error error) { out({"ERROR", QString::number(error)}); });
    QObject::connect(&client, &QXmppClient::disconnected, [=] { qApp->exit(leaving ? 0 : 1); });
    QObject::connect(&client, &QXmppClient::presenceReceived, [=](const QXmppPresence &presence) {
      if (presence.type() == QXmppPresence::Available) out({"PRESENCE", presence.from(), "available"});
      if (presence.type() == QXmppPresence::Unavailable) out({"PRESENCE", presence.from(), "unavailable"});
    });
    QObject::connect(discovery, &QXmppDiscoveryManager::itemsReceived, [=](const QXmppDiscoveryIq &iq) {
      for (const QXmppDiscoveryIq::Item &item : iq.items()) discovery->requestInfo(item.jid());
    });
    QObject::connect(discovery, &QXmppDiscoveryManager::infoReceived, [=](const QXmppDiscoveryIq &iq) {
      for (const QXmppDiscoveryIq::Identity &identity : iq.identities())
        out({"SERVICE", iq.from(), identity.category() + '/' + identity.type()});
    });
    QObject::connect(&client, &QXmppClient::messageReceived, [=](const QXmppMessage &message) { show("MESSAGE", message); });
    QObject::connect(carbons, &QXmppCarbonManager::messageReceived, [=](const QXmppMessage &message) { show("CARBON", message); });
    QObject::connect(receipts, &QXmppMessageReceiptManager::messageDelivered,
                     [=](const QString &from, const QString &id) { out({"RECEIPT", from, id}); });
    QObject::connect(transfers, &QXmppTransferManager::fileReceived, [=](QXmppTransferJob *job) { offered(job); });
    QObject::connect(uploads, &QXmppUploadRequestManager::slotReceived, [=](const QXmppHttpUploadSlotIq &slot) { put(slot); });
    QObject::connect(uploads, &QXmppUploadRequestManager::requestFailed, [=](const QXmppHttpUploadRequestIq &request) {
      out({"FAILED", requests.take(request.id()).path, "slot", request.error().text()});
    });
  }

  void show(const char *kind, const QXmppMessage &message) {
    if (message.body().isEmpty()) return;
    QStringList words{kind, message.from(), message.body()};
    if (!message.outOfBandUrl().isEmpty()) words << "OOB" << message.outOfBandUrl();
    out(words);
  }

  void say(const QString &to, const QString &text, const QString &link = {}) {
    QXmppMessage message({}, to, text);
    message.setReceiptRequested(true);
    message.setOutOfBandUrl(link);
    client.sendPacket(message);
  }

  /* ---- by stream initiation ---- */

  void use(const QString &methods) {
    transfers->setSupportedMethods(methods == "in-band"  ? QXmppTransferJob::InBandMethod
                                   : methods == "socks5" ? QXmppTransferJob::SocksMethod
                                   : methods == "none"   ? QXmppTransferJob::NoMethod
                                                         : QXmppTransferJob::AnyMethod);
  }

  void send(QString to, const QString &path, const QString &name) {
    if (QXmppUtils::jidToResource(to).isEmpty()) {
      const QStringList resources = client.findExtension<QXmppRosterManager>()->getResources(to);
      if (resources.isEmpty()) return out({"FAILED", path, "absent"});
      to += '/' + resources.first();
    }
    QXmppTransferJob *job;
    if (name.isEmpty()) job = transfers->sendFile(to, path);
    else {
      auto *file = new QFile(path);
      file->open(QIODevice::ReadOnly);
      QXmppTransferFileInfo info;
      info.setName(name);
      info.setSize(file->size());
      job = transfers->sendFile(to, file, info);
      file->setParent(job);
    }
    if (!job) return out({"FAILED", path, "refused"});
    watch(job);
    QObject::connect(job, &QXmppTransferJob::finished, [=] { finish(job, "SENT", path); });
  }

  void offered(QXmppTransferJob *job) {
    out({"OFFER", job->jid(), job->fileName(), QString::number(job->fileSize())});
    watch(job);
    const QString path = folder.filePath(QFileInfo(job->fileName()).fileName());
    auto *file = new QFile(path, job);
    QObject::connect(job, &QXmppTransferJob::finished, [=] {
      file->close();
      finish(job, "RECEIVED", path);
    });
    if (declining || !file->open(QIODevice::WriteOnly)) job->abort();
    else job->accept(file);
  }

  void watch(QXmppTransferJob *job) {
    jobs << job;
    QObject::connect(job, &QXmppTransferJob::stateChanged, [=](QXmppTransferJob::State state) {
      if (state == QXmppTransferJob::TransferState) out({"MOVING", job->fileName(), nameOf(job->method())});
    });
    auto half = std::make_shared<bool>(false);
    QObject::connect(job, &QXmppTransferJob::progress, [=](qint64 done, qint64 total) {
      if (!*half && 2 * done >= total) out({"HALF", job->fileName()});
      *half = 2 * done >= total;
    });
  }

  void finish(QXmppTransferJob *job, const char *kind, const QString &path) {
    if (!jobs.removeOne(job)) return;
    if (job->error() == QXmppTransferJob::NoError) out({kind, path});
    else out({"FAILED", path, nameOf(job->error())});
    job->deleteLater();
  }

  void abort(const QString &name) {
    for (QXmppTransferJob *job : jobs)
      if (job->fileName() == name) return job->abort();
    out({"ERROR no such transfer:", name});
  }

  /* ---- by upload ---- */

  void upload(const QString &to, const QString &path, const QString &service) {
    const QString id = uploads->requestUploadSlot(QFileInfo(path), QFileInfo(path).fileName(), service);
    if (id.isEmpty()) return out({"FAILED", path, "no-service"});
    requests.insert(id, {to, path});
  }

  void put(const QXmppHttpUploadSlotIq &slot) {
    const Upload upload = requests.take(slot.id());
    auto *file = new QFile(upload.path);
    file->open(QIODevice::ReadOnly);
    QNetworkRequest request(slot.putUrl());
    request.setHeader(QNetworkRequest::ContentTypeHeader, "application/octet-stream");
    const auto headers = slot.putHeaders();
    for (auto header = headers.begin(); header != headers.end(); header++) request.setRawHeader(header.key().toUtf8(), header.value().toUtf8());
    QNetworkReply *reply = web.put(request, file);
    file->setParent(reply);
    const QString link = slot.getUrl().toString(QUrl::FullyEncoded);
    QObject::connect(reply, &QNetworkReply::finished, [=] {
      reply->deleteLater();
      if (reply->error()) return out({"FAILED", upload.path, reply->errorString()});
      say(upload.to, link, link);
      out({"SENT", upload.path});
    });
  }
};

int main(int count, char **words) {
  QCoreApplication application(count, words);
  if (count != 8) {
    fprintf(stderr, "usage: %s JID PASSWORD HOST PORT FOLDER CERTIFICATES METHODS\n", words[0]);
    return 2;
  }
  if (*words[6]) {
    QSslConfiguration trusting = QSslConfiguration::defaultConfiguration();
    trusting.addCaCertificates(words[6]);
    QSslConfiguration::setDefaultConfiguration(trusting);
  }
  Driver driver(application.arguments());

  QByteArray coming;
  QSocketNotifier orders(STDIN_FILENO, QSocketNotifier::Read);
  QObject::connect(&orders, &QSocketNotifier::activated, [&] {
    char piece[4096];
    const ssize_t length = read(STDIN_FILENO, piece, sizeof piece);
    if (length <= 0) {
      orders.setEnabled(false);
      return driver.leave();
    }
    coming.append(piece, length);
    for (int end; (end = coming.indexOf('\n')) >= 0; coming.remove(0, end + 1)) driver.obey(coming.left(end).split('\t'));
  });
  return application.exec();
}
