/*
 * A program on gloox, as its own examples (ft_send, ft_recv) are written: Restante's driver, on gloox's public classes alone.
 *
 *   gloox-driver JID PASSWORD HOST PORT FOLDER PROXY-JID PROXY-PORT HOW
 *
 * Orders come on standard input, one a line, words parted by tabs (backslash escapes as in C):
 *   subscribe JID | say JID TEXT | send JID PATH NAME METHODS | hosts WHICH | take HOW | freeze
 * and it logs out when that is closed. METHODS and WHICH are words parted by commas, of "socks5", "in-band" and of "own", "proxy"; HOW is
 * "socks5", "in-band" or "no". After "freeze" it stands still for ever when the next bytes of a file have moved. What happens is printed:
 * ONLINE, PRESENCE jid state, MESSAGE from text, RECEIPT from, OFFER from name size, RECEIVED path, SENT name, FAILED name why, FROZEN name,
 * ERROR.
 */
#include <gloox/bytestreamdatahandler.h>
#include <gloox/client.h>
#include <gloox/connectionlistener.h>
#include <gloox/connectiontcpclient.h>
#include <gloox/disco.h>
#include <gloox/error.h>
#include <gloox/iq.h>
#include <gloox/message.h>
#include <gloox/messagehandler.h>
#include <gloox/receipt.h>
#include <gloox/rosterlistener.h>
#include <gloox/rostermanager.h>
#include <gloox/siprofileft.h>
#include <gloox/siprofilefthandler.h>
#include <gloox/socks5bytestreamserver.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <list>
#include <map>
#include <string>
#include <vector>

using namespace gloox;
using std::string;

static void out(const string &line) {
  for (char c : line) fputs(c == '\n' ? "\\n" : c == '\r' ? " " : string(1, c).c_str(), stdout);
  putchar('\n');
  fflush(stdout);
}

static string why(const IQ &iq) {
  const Error *error = iq.error();
  return error ? std::to_string(error->error()) + " " + error->text() : "no error";
}

static bool freezing = false;

static void moved(const string &name) {
  if (!freezing) return;
  out("FROZEN " + name);
  for (;;) pause();
}

/* One file on its way, as a stream's data handler. */
struct Transfer : BytestreamDataHandler {
  Bytestream *stream = nullptr;
  string name, path;
  std::ifstream source; /* of what goes out */
  std::ofstream target; /* of what comes in */
  long left = 0;
  bool over = false;

  bool sends() const { return source.is_open(); }

  /* One turn of ft_send's loop: what has been read goes at once, whatever is still on its way. */
  void move() {
    if (over || !stream) return;
    if (sends() && stream->isOpen()) {
      char piece[200024];
      source.read(piece, sizeof piece);
      left -= source.gcount();
      if (source.gcount() > 0 && !stream->send(string(piece, source.gcount()))) return end("not sent");
      moved(name);
      if (left == 0) return stream->close();
    }
    stream->recv(1);
  }

  void end(const string &reason) {
    if (over) return;
    over = true;
    target.close();
    if (!reason.empty() || left != 0) out("FAILED " + name + " " + reason);
    else out(sends() ? "SENT " + name : "RECEIVED " + path);
  }

  void handleBytestreamOpen(Bytestream *) override {}
  void handleBytestreamError(Bytestream *, const IQ &iq) override { end(why(iq)); }
  void handleBytestreamClose(Bytestream *) override { end(""); }
  void handleBytestreamData(Bytestream *, const string &data) override {
    target << data;
    left -= data.size();
    moved(name);
  }
};

class Program : ConnectionListener, MessageHandler, RosterListener, SIProfileFTHandler {
public:
  Program(char **words)
      : client(JID(words[1]), words[2], atoi(words[4])), proxy(words[6]), proxyPort(atoi(words[7])), folder(words[5]),
        server(client.logInstance(), 0, "127.0.0.1"), files(&client, this), taking(words[8]) {
    connection = new ConnectionTCPClient(&client, client.logInstance(), words[3], atoi(words[4]));
    client.setConnectionImpl(connection);
    client.setTls(TLSDisabled);
    client.setCompression(false);
    client.disco()->setVersion("gloox-driver", GLOOX_VERSION);
    client.disco()->setIdentity("client", "pc");
    client.registerStanzaExtension(new Receipt(Receipt::Request));
    client.registerConnectionListener(this);
    client.registerMessageHandler(this);
    client.rosterManager()->registerRosterListener(this, true);
    files.registerSOCKS5BytestreamServer(&server);
  }

  int run() {
    if (server.listen() != ConnNoError || !client.connect(false)) return 2;
    hosts("own,proxy");
    while (!ended) {
      bool busy = !transfers.empty();
      struct pollfd all[] = {{STDIN_FILENO, POLLIN, 0}, {connection->socket(), POLLIN, 0}, {server.serverSocket(), POLLIN, 0}};
      poll(all, 3, busy ? 2 : 100);
      if (all[0].revents) readOrders();
      if (client.recv(1) != ConnNoError) break;
      server.recv(1);
      for (auto at = transfers.begin(); at != transfers.end();) {
        Transfer &transfer = at->second;
        transfer.move();
        if (!transfer.over) {
          ++at;
          continue;
        }
        if (transfer.stream) files.dispose(transfer.stream);
        at = transfers.erase(at);
      }
    }
    client.disconnect();
    return 0;
  }

private:
  Client client;
  ConnectionTCPClient *connection; /* the client's own */
  const JID proxy;
  const int proxyPort;
  const string folder;
  SOCKS5BytestreamServer server;
  SIProfileFT files;
  std::map<string, Transfer> transfers; /* by sid */
  string taking, input;
  bool ended = false;

  /* ---- orders ---- */

  void readOrders() {
    char piece[4096];
    ssize_t size = read(STDIN_FILENO, piece, sizeof piece);
    if (size <= 0) ended = true;
    else input.append(piece, size);
    for (size_t end; (end = input.find('\n')) != string::npos; input.erase(0, end + 1)) {
      std::vector<string> words(1);
      for (size_t i = 0; i < end; i++) {
        if (input[i] == '\t') words.emplace_back();
        else if (input[i] != '\\') words.back() += input[i];
        else words.back() += input[++i] == 't' ? '\t' : input[i] == 'n' ? '\n' : input[i];
      }
      obey(words);
    }
  }

  void obey(const std::vector<string> &words) {
    const string &order = words[0];
    if (order == "subscribe" && words.size() == 2) client.rosterManager()->subscribe(JID(words[1]));
    else if (order == "say" && words.size() == 3) say(words[1], words[2]);
    else if (order == "send" && words.size() == 5) send(words[1], words[2], words[3], words[4]);
    else if (order == "hosts" && words.size() == 2) hosts(words[1]);
    else if (order == "take" && words.size() == 2) taking = words[1];
    else if (order == "freeze") freezing = true;
    else out("ERROR no such order: " + order);
  }

  void say(const string &to, const string &text) {
    Message message(Message::Chat, JID(to), text);
    message.setID(client.getID());
    message.addExtension(new Receipt(Receipt::Request));
    client.send(message);
  }

  static bool has(const string &list, const string &word) { return ("," + list + ",").find("," + word + ",") != string::npos; }

  void hosts(const string &which) {
    StreamHostList list;
    if (has(which, "own")) list.push_back({client.jid(), "127.0.0.1", server.localPort()});
    if (has(which, "proxy")) list.push_back({proxy, "127.0.0.1", proxyPort});
    files.setStreamHosts(list);
  }

  /* A file goes to a full JID: that of the contact's client with the highest priority. */
  void send(const string &to, const string &path, const string &name, const string &methods) {
    JID jid(to);
    RosterItem *item = client.rosterManager()->getRosterItem(jid.bareJID());
    if (jid.resource().empty() && item && item->online())
      for (const auto &resource : item->resources()) jid.setResource(resource.first);
    struct stat about;
    if (stat(path.c_str(), &about)) return out("FAILED " + name + " no such file");
    int types = (has(methods, "socks5") ? SIProfileFT::FTTypeS5B : 0) | (has(methods, "in-band") ? SIProfileFT::FTTypeIBB : 0);
    const string sid = files.requestFT(jid, name, about.st_size, EmptyString, EmptyString, EmptyString, EmptyString, types);
    if (sid.empty()) return out("FAILED " + name + " gloox does not send it");
    Transfer &transfer = transfers[sid];
    transfer.name = name;
    transfer.left = about.st_size;
    transfer.source.open(path, std::ios::binary);
  }

  /* ---- files ---- */

  void handleFTRequest(const JID &from, const JID &, const string &sid, const string &name, long size, const string &, const string &,
                       const string &, const string &, int types) override {
    out("OFFER " + from.full() + " " + name + " " + std::to_string(size));
    if (taking == "no") return files.declineFT(from, sid, SIManager::RequestRejected, "No, thank you");
    Transfer &transfer = transfers[sid];
    transfer.name = name;
    transfer.path = folder + "/" + name.substr(name.rfind('/') + 1);
    transfer.left = size;
    transfer.target.open(transfer.path, std::ios::binary);
    bool inBand = taking == "in-band" || !(types & SIProfileFT::FTTypeS5B);
    files.acceptFT(from, sid, inBand ? SIProfileFT::FTTypeIBB : SIProfileFT::FTTypeS5B);
  }

  void handleFTRequestError(const IQ &iq, const string &sid) override {
    auto found = transfers.find(sid);
    if (found != transfers.end()) found->second.end(why(iq));
  }

  void handleFTBytestream(Bytestream *stream) override {
    auto found = transfers.find(stream->sid());
    if (found == transfers.end()) return files.dispose(stream);
    found->second.stream = stream;
    stream->registerBytestreamDataHandler(&found->second);
    if (!stream->connect()) found->second.end("not connected");
  }

  const string handleOOBRequestResult(const JID &, const JID &, const string &) override { return EmptyString; }

  /* ---- people ---- */

  void onConnect() override {
    hosts("own,proxy"); /* by the full JID that the server gave */
    out("ONLINE " + client.jid().full());
  }
  void onDisconnect(ConnectionError error) override {
    if (!ended) out("ERROR disconnected: " + std::to_string(error));
    ended = true;
  }
  bool onTLSConnect(const CertInfo &) override { return true; }

  void handleMessage(const Message &message, MessageSession *) override {
    const Receipt *receipt = message.findExtension<Receipt>(ExtReceipt);
    if (receipt && receipt->rcpt() == Receipt::Received) out("RECEIPT " + message.from().full());
    if (receipt && receipt->rcpt() == Receipt::Request) {
      Message answer(Message::Chat, message.from());
      answer.addExtension(new Receipt(Receipt::Received, message.id()));
      client.send(answer);
    }
    if (!message.body().empty()) out("MESSAGE " + message.from().full() + " " + message.body());
  }

  void handleRosterPresence(const RosterItem &item, const string &resource, Presence::PresenceType type, const string &) override {
    out("PRESENCE " + item.jidJID().bare() + "/" + resource + (type == Presence::Unavailable ? " unavailable" : " available"));
  }
  bool handleSubscriptionRequest(const JID &, const string &) override { return true; }
  bool handleUnsubscriptionRequest(const JID &, const string &) override { return true; }
  void handleItemAdded(const JID &) override {}
  void handleItemSubscribed(const JID &) override {}
  void handleItemRemoved(const JID &) override {}
  void handleItemUpdated(const JID &) override {}
  void handleItemUnsubscribed(const JID &) override {}
  void handleRoster(const Roster &) override {}
  void handleSelfPresence(const RosterItem &, const string &, Presence::PresenceType, const string &) override {}
  void handleNonrosterPresence(const Presence &) override {}
  void handleRosterError(const IQ &) override {}
};

int main(int count, char **words) {
  if (count != 9) {
    fprintf(stderr, "usage: %s JID PASSWORD HOST PORT FOLDER PROXY-JID PROXY-PORT HOW\n", words[0]);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  return Program(words).run();
}
