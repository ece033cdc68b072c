/*
 * The engine of Pidgin and Finch, libpurple 2, without a screen: Restante's driver, on libpurple's public functions alone.
 *
 *   purple-ft JID PASSWORD HOST PORT FOLDER
 *
 * Files that are offered are taken into FOLDER. Orders come on standard input, one a line, words parted by tabs (backslash escapes as in C):
 *   subscribe JID | say JID TEXT | send JID PATH
 * and it logs out when that is closed. What happens is printed: ONLINE, PRESENCE, MESSAGE, OFFER, RECEIVED, SENDING, SENT, CANCELLED, DIALOG, NOTIFY, ERROR.
 */
#define PURPLE_DISABLE_DEPRECATED
#include <glib.h>
#include <purple.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static GMainLoop *loop;
static PurpleAccount *account;
static const char *folder;

static void out(const char *format, ...) {
  va_list values;
  va_start(values, format);
  char *line = g_strdup_vprintf(format, values);
  va_end(values);
  g_strdelimit(line, "\r", ' ');
  char **parts = g_strsplit(line, "\n", -1);
  char *joined = g_strjoinv("\\n", parts);
  puts(joined);
  fflush(stdout);
  g_free(line);
  g_strfreev(parts);
  g_free(joined);
}

/* ---- libpurple's event loop on GLib's ---- */

typedef struct {
  PurpleInputFunction call;
  gpointer data;
} Input;

static gboolean on_input(GIOChannel *channel, GIOCondition condition, gpointer data) {
  Input *input = data;
  PurpleInputCondition what = 0;
  if (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR)) what |= PURPLE_INPUT_READ;
  if (condition & (G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL)) what |= PURPLE_INPUT_WRITE;
  input->call(input->data, g_io_channel_unix_get_fd(channel), what);
  return TRUE;
}

static guint add_input(gint fd, PurpleInputCondition what, PurpleInputFunction call, gpointer data) {
  Input *input = g_new0(Input, 1);
  input->call = call;
  input->data = data;
  GIOCondition condition = G_IO_HUP | G_IO_ERR;
  if (what & PURPLE_INPUT_READ) condition |= G_IO_IN;
  if (what & PURPLE_INPUT_WRITE) condition |= G_IO_OUT | G_IO_NVAL;
  GIOChannel *channel = g_io_channel_unix_new(fd);
  guint id = g_io_add_watch_full(channel, G_PRIORITY_DEFAULT, condition, on_input, input, g_free);
  g_io_channel_unref(channel);
  return id;
}

static PurpleEventLoopUiOps loop_ops = {
    .timeout_add = g_timeout_add,
    .timeout_remove = g_source_remove,
    .input_add = add_input,
    .input_remove = g_source_remove,
    .timeout_add_seconds = g_timeout_add_seconds,
};

/* ---- what would be windows: every question is answered with its first button ---- */

static void *on_action(const char *title, const char *primary, const char *secondary, int standard, PurpleAccount *who, const char *name,
                       PurpleConversation *conversation, void *data, size_t count, va_list buttons) {
  out("DIALOG %s | %s", primary ? primary : "", secondary ? secondary : "");
  va_arg(buttons, const char *);
  PurpleRequestActionCb chosen = va_arg(buttons, PurpleRequestActionCb);
  if (chosen) chosen(data, 0);
  return NULL;
}

static void *on_fields(const char *title, const char *primary, const char *secondary, PurpleRequestFields *fields, const char *ok_label,
                       GCallback ok, const char *cancel_label, GCallback cancel, PurpleAccount *who, const char *name,
                       PurpleConversation *conversation, void *data) {
  out("DIALOG %s | %s", primary ? primary : "", secondary ? secondary : "");
  ((PurpleRequestFieldsCb)ok)(data, fields);
  return NULL;
}

static void *on_notice(PurpleNotifyMsgType type, const char *title, const char *primary, const char *secondary) {
  out("NOTIFY %s | %s", primary ? primary : "", secondary ? secondary : "");
  return NULL;
}

static PurpleRequestUiOps request_ops = {.request_action = on_action, .request_fields = on_fields};
static PurpleNotifyUiOps notify_ops = {.notify_message = on_notice};

/* ---- what happens ---- */

static void on_signed_on(PurpleConnection *connection, gpointer data) { out("ONLINE %s", purple_account_get_username(account)); }
static void on_connection_error(PurpleConnection *connection, PurpleConnectionError code, const char *text, gpointer data) {
  out("ERROR %s", text);
  g_main_loop_quit(loop);
}
static int on_authorization(PurpleAccount *who, const char *name, gpointer data) { return 1; /* yes, without a question */ }
static void on_buddy(PurpleBuddy *buddy, gpointer state) { out("PRESENCE %s %s", purple_buddy_get_name(buddy), (char *)state); }
static void on_message(PurpleAccount *who, char *from, char *html, PurpleConversation *conversation, PurpleMessageFlags flags, gpointer data) {
  char *text = purple_markup_strip_html(html);
  out("MESSAGE %s %s", from, text);
  g_free(text);
}

static void on_offer(PurpleXfer *transfer, gpointer data) {
  const char *given = purple_xfer_get_filename(transfer);
  char *name = g_path_get_basename(given ? given : "unnamed"), *path = g_build_filename(folder, name, NULL);
  out("OFFER %s %s %" G_GSIZE_FORMAT, purple_xfer_get_remote_user(transfer), name, purple_xfer_get_size(transfer));
  purple_xfer_request_accepted(transfer, path);
  g_free(name);
  g_free(path);
}
static void on_received(PurpleXfer *transfer, gpointer data) {
  if (transfer->dest_fp) fflush(transfer->dest_fp);
  out("RECEIVED %s", purple_xfer_get_local_filename(transfer));
}
static void on_sending(PurpleXfer *transfer, gpointer data) { out("SENDING %s", purple_xfer_get_local_filename(transfer)); }
static void on_sent(PurpleXfer *transfer, gpointer data) { out("SENT %s", purple_xfer_get_local_filename(transfer)); }
static void on_cancelled(PurpleXfer *transfer, gpointer data) { out("CANCELLED %s", purple_xfer_get_filename(transfer)); }

/* ---- orders ---- */

static void obey(char **words) {
  PurpleConnection *connection = purple_account_get_connection(account);
  guint count = g_strv_length(words);
  if (count == 2 && !strcmp(words[0], "subscribe")) {
    PurpleBuddy *buddy = purple_find_buddy(account, words[1]);
    if (!buddy) {
      buddy = purple_buddy_new(account, words[1], NULL);
      purple_blist_add_buddy(buddy, NULL, NULL, NULL);
    }
    purple_account_add_buddy(account, buddy);
  } else if (count == 3 && !strcmp(words[0], "say")) {
    char *html = g_markup_escape_text(words[2], -1);
    serv_send_im(connection, words[1], html, 0);
    g_free(html);
  } else if (count == 3 && !strcmp(words[0], "send")) {
    serv_send_file(connection, words[1], words[2]);
  } else {
    out("ERROR no such order: %s", words[0]);
  }
}

static gboolean on_order(GIOChannel *channel, GIOCondition condition, gpointer data) {
  char *line = NULL;
  gsize end = 0;
  if (g_io_channel_read_line(channel, &line, NULL, &end, NULL) != G_IO_STATUS_NORMAL) {
    g_main_loop_quit(loop);
    return FALSE;
  }
  line[end] = 0;
  char **words = g_strsplit(line, "\t", -1);
  for (char **word = words; *word; word++) {
    char *plain = g_strcompress(*word);
    g_free(*word);
    *word = plain;
  }
  obey(words);
  g_strfreev(words);
  g_free(line);
  return TRUE;
}

/* ---- start ---- */

static void no_preferences(void) {}
static PurpleCoreUiOps core_ops = {.ui_prefs_init = no_preferences};

static void listen_to_everything(void) {
  static int handle;
  void *connections = purple_connections_get_handle(), *buddies = purple_blist_get_handle(), *transfers = purple_xfers_get_handle();
  purple_signal_connect(connections, "signed-on", &handle, PURPLE_CALLBACK(on_signed_on), NULL);
  purple_signal_connect(connections, "connection-error", &handle, PURPLE_CALLBACK(on_connection_error), NULL);
  purple_signal_connect(purple_accounts_get_handle(), "account-authorization-requested", &handle, PURPLE_CALLBACK(on_authorization), NULL);
  purple_signal_connect(buddies, "buddy-signed-on", &handle, PURPLE_CALLBACK(on_buddy), "available");
  purple_signal_connect(buddies, "buddy-signed-off", &handle, PURPLE_CALLBACK(on_buddy), "unavailable");
  purple_signal_connect(purple_conversations_get_handle(), "received-im-msg", &handle, PURPLE_CALLBACK(on_message), NULL);
  purple_signal_connect(transfers, "file-recv-request", &handle, PURPLE_CALLBACK(on_offer), NULL);
  purple_signal_connect(transfers, "file-recv-complete", &handle, PURPLE_CALLBACK(on_received), NULL);
  purple_signal_connect(transfers, "file-send-start", &handle, PURPLE_CALLBACK(on_sending), NULL);
  purple_signal_connect(transfers, "file-send-complete", &handle, PURPLE_CALLBACK(on_sent), NULL);
  purple_signal_connect(transfers, "file-recv-cancel", &handle, PURPLE_CALLBACK(on_cancelled), NULL);
  purple_signal_connect(transfers, "file-send-cancel", &handle, PURPLE_CALLBACK(on_cancelled), NULL);
}

int main(int count, char **words) {
  if (count != 6) {
    fprintf(stderr, "usage: %s JID PASSWORD HOST PORT FOLDER\n", words[0]);
    return 2;
  }
  folder = words[5];
  signal(SIGPIPE, SIG_IGN);

  char *settings = g_build_filename(folder, ".purple", NULL);
  purple_util_set_user_dir(settings);
  purple_core_set_ui_ops(&core_ops);
  purple_eventloop_set_ui_ops(&loop_ops);
  purple_request_set_ui_ops(&request_ops);
  purple_notify_set_ui_ops(&notify_ops);
  if (!purple_core_init("purple-ft")) return 2;
  purple_set_blist(purple_blist_new());
  purple_prefs_set_bool("/purple/logging/log_ims", FALSE);
  purple_prefs_set_string("/purple/away/idle_reporting", "none");
  purple_prefs_set_bool("/purple/network/auto_ip", FALSE);
  purple_prefs_set_bool("/purple/network/map_ports", FALSE);
  purple_prefs_set_string("/purple/network/public_ip", "127.0.0.1");

  account = purple_account_new(words[1], "prpl-jabber");
  purple_account_set_password(account, words[2]);
  purple_account_set_string(account, "connect_server", words[3]);
  purple_account_set_int(account, "port", atoi(words[4]));
  purple_account_set_string(account, "connection_security", "opportunistic_tls");
  purple_account_set_bool(account, "auth_plain_in_clear", TRUE);
  purple_account_set_bool(account, "custom_smileys", FALSE);
  purple_accounts_add(account);
  listen_to_everything();

  loop = g_main_loop_new(NULL, FALSE);
  GIOChannel *orders = g_io_channel_unix_new(STDIN_FILENO);
  g_io_add_watch(orders, G_IO_IN | G_IO_HUP, on_order, NULL);
  purple_account_set_enabled(account, "purple-ft", TRUE);
  purple_savedstatus_activate(purple_savedstatus_new(NULL, PURPLE_STATUS_AVAILABLE));
  g_main_loop_run(loop);
  purple_account_disconnect(account);
  fflush(stdout);
  _exit(0); /* libpurple's own shutdown waits for what is already gone */
}
