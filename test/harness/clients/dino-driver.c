/*
 * Drives the real Dino 0.4 from inside its own process: a plug-in, loaded by Dino from DINO_PLUGIN_DIR, that calls what Dino's buttons call.
 *
 *   RESTANTE_DINO="JID<tab>PASSWORD<tab>PORT<tab>CERTIFICATES"   (PORT: TLS from the first byte, on 127.0.0.1)
 *
 * Orders come on standard input, one a line, words parted by tabs (backslash escapes as in C):
 *   subscribe JID | open JID | say JID TEXT | send JID PATH | download NAME
 * and it logs out when that is closed. What happens is printed: ONLINE, PRESENCE, MESSAGE, OFFER, RECEIVED, SENT, FAILED.
 *
 * Debian has no headers for Dino's libraries: what is needed of them is declared here, as valac 0.56 wrote it for 0.4.2.
 */
#include <gio/gio.h>
#include <gmodule.h>
#include <string.h>

/* ---- Dino's own ---- */

typedef struct _XmppJid XmppJid;
typedef struct {
  GTypeInterface parent;
  void (*registered)(gpointer self, GApplication *app);
  void (*shutdown)(gpointer self);
} RootInterface;
enum { STATE_COMPLETE, STATE_IN_PROGRESS, STATE_NOT_STARTED, STATE_FAILED };

extern gpointer dino_file_manager_IDENTITY, dino_presence_manager_IDENTITY, dino_roster_manager_IDENTITY, dino_conversation_manager_IDENTITY,
    dino_message_processor_IDENTITY;
GType dino_plugins_root_interface_get_type(void);
gpointer dino_application_get_stream_interactor(GApplication *app);
gpointer dino_application_get_db(GApplication *app);
gpointer dino_stream_interactor_get_module(gpointer interactor, GType type, GBoxedCopyFunc copy, GDestroyNotify destroy, gpointer identity);
gpointer dino_entities_account_new(XmppJid *bare, const char *resource, const char *password, const char *alias);
void dino_entities_account_set_enabled(gpointer account, gboolean enabled);
void dino_entities_account_persist(gpointer account, gpointer db);
XmppJid *xmpp_jid_new(const char *address, GError **error);
char *xmpp_jid_to_string(XmppJid *jid);
void dino_roster_manager_add_jid(gpointer roster, gpointer account, XmppJid *jid, const char *alias);
void dino_presence_manager_request_subscription(gpointer presence, gpointer account, XmppJid *jid);
void dino_presence_manager_approve_subscription(gpointer presence, gpointer account, XmppJid *jid);
gpointer dino_conversation_manager_create_conversation(gpointer conversations, XmppJid *jid, gpointer account, const int *type);
void dino_conversation_manager_start_conversation(gpointer conversations, gpointer conversation);
gpointer dino_message_processor_send_text(gpointer processor, const char *text, gpointer conversation);
const char *dino_entities_message_get_body(gpointer message);
XmppJid *dino_entities_message_get_from(gpointer message);
void dino_file_manager_send_file(gpointer files, GFile *file, gpointer conversation, GAsyncReadyCallback done, gpointer data);
void dino_file_manager_send_file_finish(gpointer files, GAsyncResult *result);
void dino_file_manager_download_file(gpointer files, gpointer transfer, GAsyncReadyCallback done, gpointer data);
gboolean dino_entities_file_transfer_get_direction(gpointer transfer); /* TRUE: sent */
XmppJid *dino_entities_file_transfer_get_counterpart(gpointer transfer);
const char *dino_entities_file_transfer_get_file_name(gpointer transfer);
int dino_entities_file_transfer_get_size(gpointer transfer);
int dino_entities_file_transfer_get_state(gpointer transfer);
GFile *dino_entities_file_transfer_get_file(gpointer transfer);

/* ---- ours ---- */

static GApplication *app;
static gpointer account; /* Dino's, once its stream stands */
static char **login;
static GPtrArray *offered; /* transfers that came in */

static void out(const char *format, ...) {
  va_list values;
  va_start(values, format);
  char *line = g_strdup_vprintf(format, values);
  va_end(values);
  char **parts = g_strsplit(line, "\n", -1);
  char *joined = g_strjoinv("\\n", parts);
  g_print("%s\n", joined);
  g_free(line);
  g_free(joined);
  g_strfreev(parts);
}

static gpointer module(gpointer identity) {
  return dino_stream_interactor_get_module(dino_application_get_stream_interactor(app), G_TYPE_OBJECT, (GBoxedCopyFunc)g_object_ref,
                                           g_object_unref, identity);
}

/* ---- a name server that knows one service, and no name: nothing leaves the machine ---- */

static void find_service(GResolver *resolver, const char *name, GCancellable *cancellable, GAsyncReadyCallback done, gpointer data) {
  GTask *task = g_task_new(resolver, cancellable, done, data);
  if (g_str_has_prefix(name, "_xmpps-client._tcp."))
    g_task_return_pointer(task, g_list_append(NULL, g_srv_target_new("127.0.0.1", atoi(login[2]), 0, 0)), NULL);
  else
    g_task_return_new_error(task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "%s is not known to the test", name);
  g_object_unref(task);
}

static void find_name(GResolver *resolver, const char *name, GResolverNameLookupFlags flags, GCancellable *cancellable,
                      GAsyncReadyCallback done, gpointer data) {
  g_task_report_new_error(resolver, done, data, find_name, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "%s is not known to the test", name);
}

static void find_plain_name(GResolver *resolver, const char *name, GCancellable *cancellable, GAsyncReadyCallback done, gpointer data) {
  find_name(resolver, name, 0, cancellable, done, data);
}

static GList *found(GResolver *resolver, GAsyncResult *result, GError **error) { return g_task_propagate_pointer(G_TASK(result), error); }

static void make_resolver_class(gpointer class, gpointer data) {
  GResolverClass *resolver = class;
  resolver->lookup_service_async = find_service;
  resolver->lookup_by_name_async = find_plain_name;
  resolver->lookup_by_name_with_flags_async = find_name;
  resolver->lookup_service_finish = resolver->lookup_by_name_finish = resolver->lookup_by_name_with_flags_finish = found;
}

static void replace_resolver(void) {
  GTypeQuery parent;
  g_type_query(G_OBJECT_TYPE(g_resolver_get_default()), &parent);
  GType type = g_type_register_static_simple(parent.type, "RestanteResolver", parent.class_size, make_resolver_class, parent.instance_size,
                                             NULL, 0);
  g_resolver_set_default(g_object_new(type, NULL));
}

/* ---- what happens ---- */

static void on_negotiated(gpointer interactor, gpointer whose, gpointer stream, gpointer data) {
  account = whose;
  out("ONLINE %s", login[0]);
}
static void on_show(gpointer presence, XmppJid *jid, gpointer whose, gpointer data) { out("PRESENCE %s available", xmpp_jid_to_string(jid)); }
static void on_offline(gpointer presence, XmppJid *jid, gpointer whose, gpointer data) { out("PRESENCE %s unavailable", xmpp_jid_to_string(jid)); }
static void on_request(gpointer presence, XmppJid *jid, gpointer whose, gpointer data) {
  dino_presence_manager_approve_subscription(presence, whose, jid);
}
static void on_message(gpointer processor, gpointer message, gpointer conversation, gpointer data) {
  out("MESSAGE %s %s", xmpp_jid_to_string(dino_entities_message_get_from(message)), dino_entities_message_get_body(message));
}

static void on_state(gpointer transfer, GParamSpec *property, gpointer data) {
  int state = dino_entities_file_transfer_get_state(transfer);
  if (state == STATE_COMPLETE) out("RECEIVED %s", g_file_peek_path(dino_entities_file_transfer_get_file(transfer)));
  if (state == STATE_FAILED) out("FAILED %s", dino_entities_file_transfer_get_file_name(transfer));
}
static void on_file(gpointer files, gpointer transfer, gpointer conversation, gpointer data) {
  if (dino_entities_file_transfer_get_direction(transfer)) {
    g_object_set_data(conversation, "sending", transfer);
    return;
  }
  out("OFFER %s %s %d", xmpp_jid_to_string(dino_entities_file_transfer_get_counterpart(transfer)),
      dino_entities_file_transfer_get_file_name(transfer), dino_entities_file_transfer_get_size(transfer));
  g_ptr_array_add(offered, g_object_ref(transfer));
  g_signal_connect(transfer, "notify::state", G_CALLBACK(on_state), NULL);
  if (dino_entities_file_transfer_get_state(transfer) != STATE_NOT_STARTED) on_state(transfer, NULL, NULL);
}
static void on_sent(GObject *files, GAsyncResult *result, gpointer transfer_of) {
  dino_file_manager_send_file_finish(files, result);
  gpointer transfer = g_object_get_data(transfer_of, "sending");
  out("%s %s", transfer && dino_entities_file_transfer_get_state(transfer) == STATE_COMPLETE ? "SENT" : "FAILED",
      transfer ? dino_entities_file_transfer_get_file_name(transfer) : "unreadable");
}

/* ---- orders ---- */

static void obey(char **words) {
  const char *order = words[0], *target = words[1];
  if (!strcmp(order, "download")) {
    for (guint i = offered->len; i--;)
      if (!strcmp(dino_entities_file_transfer_get_file_name(offered->pdata[i]), target))
        return dino_file_manager_download_file(module(dino_file_manager_IDENTITY), offered->pdata[i], NULL, NULL);
    return out("FAILED %s", target);
  }
  XmppJid *jid = xmpp_jid_new(target, NULL);
  if (!strcmp(order, "subscribe")) { /* as "Add Contact" */
    dino_roster_manager_add_jid(module(dino_roster_manager_IDENTITY), account, jid, NULL);
    dino_presence_manager_request_subscription(module(dino_presence_manager_IDENTITY), account, jid);
    return;
  }
  gpointer conversations = module(dino_conversation_manager_IDENTITY);
  gpointer conversation = dino_conversation_manager_create_conversation(conversations, jid, account, &(int){0 /* one person */});
  dino_conversation_manager_start_conversation(conversations, conversation);
  if (!strcmp(order, "say")) dino_message_processor_send_text(module(dino_message_processor_IDENTITY), words[2], conversation);
  if (!strcmp(order, "send"))
    dino_file_manager_send_file(module(dino_file_manager_IDENTITY), g_file_new_for_path(words[2]), conversation, on_sent, conversation);
}

static gboolean on_order(GIOChannel *input, GIOCondition condition, gpointer data) {
  char *line = NULL;
  if (g_io_channel_read_line(input, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL) {
    g_application_quit(app);
    return FALSE;
  }
  char **words = g_strsplit(g_strchomp(line), "\t", -1);
  for (char **word = words; *word; word++) {
    char *escaped = *word;
    *word = g_strcompress(escaped);
    g_free(escaped);
  }
  obey(words);
  g_strfreev(words);
  g_free(line);
  return TRUE;
}

/* ---- the plug-in ---- */

static void registered(gpointer self, GApplication *application) {
  app = application;
  login = g_strsplit(g_getenv("RESTANTE_DINO"), "\t", 4);
  offered = g_ptr_array_new();
  replace_resolver();
  GError *error = NULL;
  GTlsDatabase *trusted = g_tls_file_database_new(login[3], &error);
  if (!trusted) g_error("%s", error->message);
  g_tls_backend_set_default_database(g_tls_backend_get_default(), trusted);

  gpointer fresh = dino_entities_account_new(xmpp_jid_new(login[0], NULL), "dino", login[1], NULL);
  dino_entities_account_set_enabled(fresh, TRUE);
  dino_entities_account_persist(fresh, dino_application_get_db(app)); /* Dino logs in when it has started */

  g_signal_connect(dino_application_get_stream_interactor(app), "stream-negotiated", G_CALLBACK(on_negotiated), NULL);
  gpointer presence = module(dino_presence_manager_IDENTITY);
  g_signal_connect(presence, "show-received", G_CALLBACK(on_show), NULL);
  g_signal_connect(presence, "received-offline-presence", G_CALLBACK(on_offline), NULL);
  g_signal_connect(presence, "received-subscription-request", G_CALLBACK(on_request), NULL);
  g_signal_connect(module(dino_message_processor_IDENTITY), "message-received", G_CALLBACK(on_message), NULL);
  g_signal_connect(module(dino_file_manager_IDENTITY), "received-file", G_CALLBACK(on_file), NULL);
  g_io_add_watch(g_io_channel_unix_new(0), G_IO_IN | G_IO_HUP, on_order, NULL);
}

static void shut_down(gpointer self) {}

static void make_root(gpointer interface, gpointer data) {
  ((RootInterface *)interface)->registered = registered;
  ((RootInterface *)interface)->shutdown = shut_down;
}

GType register_plugin(GModule *self) {
  GType type = g_type_register_static_simple(G_TYPE_OBJECT, "RestanteDriver", sizeof(GObjectClass), NULL, sizeof(GObject), NULL, 0);
  g_type_add_interface_static(type, dino_plugins_root_interface_get_type(), &(GInterfaceInfo){make_root, NULL, NULL});
  g_module_make_resident(self);
  return type;
}
