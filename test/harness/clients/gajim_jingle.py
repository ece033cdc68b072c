"""Gajim's Jingle file transfer, for gajim_driver.py: files go out by FileTransfersWindow.send_file(), which is what the "Send file" page
calls once the user has chosen Jingle and a device, so that the session is Gajim's own. Receiving by Jingle is broken in 1.4.2 to 1.9."""
import socket

from gi.repository import GLib
from nbxmpp.namespaces import Namespace
from nbxmpp.protocol import JID


class JingleSender:
    def __init__(self, account, out):
        self.account, self.out = account, out
        self.hide_socks5 = self.ipv4 = False
        self.hash = None

    def prepare(self):
        """Before the account goes online: proxies are looked for at the log-in only, and the port for SOCKS5 is one for all of the machine."""
        from gajim.common import app, ged
        app.settings.set('file_transfers_port', free_port())
        app.settings.set_account_setting(self.account, 'use_ft_proxies', True)
        self.bend()
        for name in ('file-error', 'file-hash-error', 'file-send-error', 'file-request-error', 'jingle-error-received',
                     'jingle-ft-cancelled-received'):
            app.ged.register_event_handler(name, ged.POSTGUI, self.on_error)
        app.ged.register_event_handler('file-completed', ged.POSTGUI, self.on_completed)

    def bend(self):
        """Gajim chooses the transport and the hash by what the recipient's client says of itself, and has no settings for them."""
        from gajim.common import socks5
        from gajim.common.modules.contacts import CommonContact
        from gajim.common.modules.jingle import Jingle
        supports, hash_support = CommonContact._supports, Jingle._Jingle__hash_support
        CommonContact._supports = staticmethod(
            lambda jid, feature: not (self.hide_socks5 and feature == Namespace.JINGLE_BYTESTREAM) and supports(jid, feature))
        Jingle._Jingle__hash_support = staticmethod(lambda contact: self.hash or hash_support(contact))
        listen = socks5.Socks5Listener.__init__

        def listen_as_told(listener, *args):
            listen(listener, *args)
            listener.ais.sort(reverse=not self.ipv4)
        socks5.Socks5Listener.__init__ = listen_as_told

    def send(self, address, path, way, tries=300):
        """`way`: transport (auto, s5b, proxy, ibb), addHost (one more address to offer), hash (name of XEP-0300), ipv4 (listens as on a
        machine without IPv6: where it listens on [::], it refuses whoever comes by IPv4)."""
        from gajim.common import app
        to = JID.from_string(address)
        contact = app.get_client(self.account).get_module('Contacts').get_contact(to.new_as_bare())
        device = next((one for one in contact.iter_resources()
                       if to.resource in (None, one.jid.resource) and one.supports(Namespace.JINGLE_FILE_TRANSFER_5)), None)
        if device is None or not contact.is_jingle_available:  # what he can do is still being asked
            if tries:
                GLib.timeout_add(100, lambda: self.send(address, path, way, tries - 1))
            else:
                self.out('ERROR', path, 'Gajim has no button for sending to', address)
            return False
        transport = way.get('transport', 'auto')
        app.settings.set('ft_add_hosts_to_send', way.get('addHost', '') if transport != 'proxy' else '')
        app.settings.set_account_setting(self.account, 'ft_send_local_ips', transport != 'proxy')
        app.settings.set_account_setting(self.account, 'use_ft_proxies', transport in ('auto', 'proxy'))
        self.hide_socks5, self.hash, self.ipv4 = transport == 'ibb', way.get('hash'), way.get('ipv4', False)
        self.out('OFFERING', path, 'to', device.jid)
        app.interface.instances['file_transfers'].send_file(self.account, contact, device.jid, path)
        return False

    def on_completed(self, event):
        if event.file_props.type_ == 's':
            self.out('SENT', event.file_props.file_name)

    def on_error(self, event):
        if getattr(event, 'reason', '') == 'success':  # raised for <reason><success/> too
            return
        props = getattr(event, 'file_props', None)
        self.out('ERROR', getattr(props, 'file_name', ''), event.name, getattr(event, 'reason', ''), getattr(event, 'error_msg', ''))


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]
