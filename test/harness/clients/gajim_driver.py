#!/usr/bin/python3
"""Drives the real Gajim 1.7 from inside its own process, by its own objects: files go out by its HTTPUpload module, the one
behind its "Send file" button, or by Jingle (gajim_jingle.py), so that everything on the wire is Gajim's.

    gajim_driver.py JID PASSWORD HOST PORT FOLDER CERTIFICATES

Orders come on standard input, one JSON list a line:
    ["subscribe", JID, NAME]  ["say", JID, TEXT]  ["send", JID, PATH]  ["open", JID]  ["download", URL]  ["shot", PNG]
    ["rows"]  ["jingle", JID, PATH, {"transport"?: "auto" | "s5b" | "proxy" | "ibb", "addHost"?: IP, "hash"?: NAME, "ipv4"?: true}]
and it logs out when that is closed. What happens is printed: ONLINE, PRESENCE, SUBSCRIBED, MESSAGE, OFFERING, SENT, SAVED, AVATAR, CAPS, ROWS, SHOWN, ERROR."""
import json
import os
import sys
from pathlib import Path

jid, password, host, port, folder, certificates = sys.argv[1:]
user, domain = jid.split('@')
ACCOUNT = 'test'

os.geteuid = lambda: 1000  # Gajim refuses to start as root; it asks this for nothing else
sys.argv = ['gajim', '-c', os.path.join(folder, 'profile'), '-s']
from gajim import gajim as gajim_main
import gi
gi.require_version('Gtk', '3.0')
gi.require_version('Gdk', '3.0')
from gi.repository import Gdk, Gio, GLib
from nbxmpp import http
from nbxmpp.protocol import JID
from gajim_jingle import JingleSender


def out(*words):
    print(*(str(word).replace('\r', '').replace('\n', '\\n') for word in words), flush=True)


def trust_test_certificate():
    """The upload service of the tests signs its certificate itself."""
    make = http.HTTPSession.__init__

    def make_trusting(self, *args, **kwargs):
        make(self, *args, **kwargs)
        self._session.set_property('tls-database', Gio.TlsFileDatabase.new(certificates))
    http.HTTPSession.__init__ = make_trusting


def print_crashes():
    """Gajim shows what went wrong inside it in a dialog, which nobody would see here."""
    from gajim.gtk import exception
    exception._hook = sys.__excepthook__


def boot():
    """Waits until Gajim has its window, then makes the account and goes online."""
    from gajim.common import app, ged
    from nbxmpp.const import ConnectionProtocol, ConnectionType
    if getattr(app, 'interface', None) is None or getattr(app, 'window', None) is None or app.app is None:
        return True
    for name, value in dict(use_keyring=False, check_for_update=False, ask_online_status=False, autoaway=False, autoxa=False,
                            preview_verify_https=False).items():
        app.settings.set(name, value)
    app.app.create_account(ACCOUNT, user, domain, password, None,
                           (f'{host}:{port}', ConnectionProtocol.TCP, ConnectionType.PLAIN))
    for name, value in dict(confirm_unencrypted_connection=False, autoauth=True, savepass=True, resource='gajim').items():
        app.settings.set_account_setting(ACCOUNT, name, value)
    JINGLE.prepare()
    watch_downloads(app.preview_manager)
    watch_avatars()
    watch_caps(app.storage.cache)
    for name, handler in {
        'account-connected': lambda event: GLib.timeout_add(500, online),
        'presence-received': lambda event: out('PRESENCE', event.fjid, event.new_show),
        'subscribed-presence-received': lambda event: out('SUBSCRIBED', event.jid),
        'message-received': on_message,
        'http-upload-started': lambda event: event.transfer.connect('state-changed', UPLOADS.on_state),
        'http-upload-error': lambda event: out('ERROR', event.error_msg),
    }.items():
        app.ged.register_event_handler(name, ged.POSTGUI, handler)
    app.app.enable_account(ACCOUNT)
    return False


def online():
    out('ONLINE', client().get_own_jid())
    return False


def client():
    from gajim.common import app
    return app.get_client(ACCOUNT)


def contact(address):
    return client().get_module('Contacts').get_contact(JID.from_string(address))


def on_message(event):
    properties = event.properties
    if properties.body or properties.is_oob:
        out('MESSAGE', properties.jid, properties.body or '', *(['OOB', properties.oob.url] if properties.is_oob else []))


class Uploads:  # Gajim holds on to bound methods only
    def on_state(self, transfer, _signal, state):
        if state.name == 'FINISHED':
            out('SENT', transfer.path, transfer.get_uri)
        if state.name == 'ERROR':
            out('ERROR', transfer.path, transfer.error_text)


UPLOADS = Uploads()


def watch_downloads(manager):
    """What is shown in a chat, or fetched by its "Download" button, is written to a file."""
    before = manager._on_orig_write_finished

    def on_written(result, error, preview):
        before(result, error, preview)
        out('SAVED' if error is None else 'ERROR', preview.orig_path, preview.uri)
    manager._on_orig_write_finished = on_written


def watch_avatars():
    from gajim.common.modules.contacts import BareContact
    update = BareContact.update_avatar

    def on_update(self, sha):
        update(self, sha)
        out('AVATAR', self.jid)
    BareContact.update_avatar = on_update


def watch_caps(cache):
    """What somebody's client can do is kept when the hash of his capabilities has proved right (XEP-0115)."""
    keep = cache.add_caps_entry

    def on_caps(jid, method, caps_hash, info):
        keep(jid, method, caps_hash, info)
        out('CAPS', jid, *info.features)
    cache.add_caps_entry = on_caps


def subscribe(address, name):
    client().get_module('Presence').subscribe(address, name=name, auto_auth=True)


def say(address, text):
    from gajim.common.structs import OutgoingMessage
    open_chat(address)
    client().send_message(OutgoingMessage(account=ACCOUNT, contact=contact(address), message=text, type_='chat'))


def send(address, path, tries=100):
    upload = client().get_module('HTTPUpload')
    if upload.available:
        open_chat(address)
        upload.send_file(contact(address), Path(path))
    elif tries:  # the server is still being asked what it can do
        GLib.timeout_add(100, lambda: send(address, path, tries - 1))
    else:
        out('ERROR no upload service found')
    return False


def open_chat(address):
    from gajim.common import app
    app.window.add_chat(ACCOUNT, JID.from_string(address), 'contact', select=True)
    app.window.resize(1000, 900)
    app.window.present()


def download(url, tries=100):
    """The "Download" button of a file that is shown in a chat: it is there when Gajim has looked at the file and left it alone."""
    from gajim.common import app
    preview = next((preview for preview in app.preview_manager._previews.values() if preview.uri == url), None)
    if preview and preview.mime_type and not preview.download_in_progress:
        app.window.activate_action('preview-download', GLib.Variant('s', preview.id))
    elif tries:
        GLib.timeout_add(100, lambda: download(url, tries - 1))
    else:
        out('ERROR no button for', url)
    return False


def rows():
    """What stands in the open chat, as it reads now: a message that was corrected is one row."""
    from gajim.common import app
    view = app.window.get_control()._scrolled_view
    texts = [row.get_text() for row in view.iter_rows() if row.type == 'chat']
    out('ROWS', json.dumps(texts))


def shot(path):
    from gajim.common import app
    # Away from the window, where it would raise a tooltip.
    display = app.window.get_display()
    display.get_default_seat().get_pointer().warp(display.get_default_screen(), 1279, 1023)

    def take():
        window = app.window.get_window()
        picture = Gdk.pixbuf_get_from_window(window, 0, 0, window.get_width(), window.get_height())
        picture.savev(path, 'png', [], [])
        out('SHOWN', path)
        return False
    GLib.timeout_add(1500, take)  # what has just come must be drawn first; GTK does not say when it is


def end():
    try:
        client().disconnect(gracefully=True, reconnect=False)
    finally:
        GLib.timeout_add(300, lambda: os._exit(0))


JINGLE = JingleSender(ACCOUNT, out)
ORDERS = {'subscribe': subscribe, 'say': say, 'send': send, 'jingle': JINGLE.send, 'open': open_chat, 'download': download, 'rows': rows,
          'shot': shot}


PENDING = bytearray()


def on_orders(source, condition):
    received = os.read(source, 65536)  # not sys.stdin: what that has read ahead, GLib would not see
    if not received:
        end()
        return False
    PENDING.extend(received)
    *lines, rest = PENDING.split(b'\n')
    PENDING[:] = rest
    for line in lines:
        try:
            name, *words = json.loads(line)
            ORDERS[name](*words)
        except Exception as error:  # the test reads it and fails
            out('ERROR', line.decode(), repr(error))
    return True


trust_test_certificate()
print_crashes()
GLib.timeout_add(100, boot)
GLib.io_add_watch(sys.stdin.fileno(), GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, on_orders)
gajim_main.main()
