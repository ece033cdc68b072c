#!/usr/bin/python3
"""A client on slixmpp, driven by lines of JSON.

    slixmpp_driver.py JID PASSWORD HOST PORT CERTIFICATES [FOLDER]

With a folder, it takes files by stream initiation (XEP-0095, 0096) into it: in-band, which is what slixmpp chooses.
Orders on standard input:
    {"do": "subscribe", "to": JID}           {"do": "say", "to": JID, "text": TEXT, "id"?: ID, "replaces"?: ID, "receipt"?: true}
    {"do": "link", "to": JID, "url": URL}    {"do": "upload", "to": JID, "path": PATH, "service"?: JID}    {"do": "download", "url": URL, "path": PATH}
    {"do": "presence", ...show, status, priority, type, to}
    {"do": "raw", "xml": XML}
    {"do": "ibb_send", "to": JID, "sid": SID, "path": PATH, "block_size": BYTES, "messages"?: true}    {"do": "ibb_expect", "peer": JID, "sid": SID, "path": PATH}
and it logs out when that is closed. What happens, one JSON object a line with "event": online, message, receipt, presence, sent, expecting, saved, error."""
import asyncio
import json
import mimetypes
import os
import ssl
import sys
import urllib.request
import xml.etree.ElementTree as ET

from slixmpp import ClientXMPP
from slixmpp.exceptions import IqError
from slixmpp.xmlstream.handler import CoroutineCallback
from slixmpp.xmlstream.matcher import StanzaPath

UPLOAD = 'urn:xmpp:http:upload:0'


def out(event, **values):
    print(json.dumps({'event': event, **values}), flush=True)


class Client(ClientXMPP):
    def __init__(self, jid, password, certificates, folder=None):
        super().__init__(jid, password)
        self.folder = folder
        self.certificates = certificates
        self.auto_authorize = True
        self.auto_subscribe = True
        # service discovery, in-band bytestreams, OOB, caps, receipts, corrections, carbons
        for number in ('0030', '0047', '0066', '0115', '0184', '0199', '0280', '0308'):
            self.register_plugin(f'xep_{number}')
        if folder:
            self.register_plugin('xep_0096')
            # Debian's slixmpp 1.8.3 registers this coroutine as if it were a function, so that it never runs.
            self.remove_handler('SI Request')
            self.register_handler(CoroutineCallback('SI Request', StanzaPath('iq@type=set/si'), self['xep_0095']._handle_request))
            self.add_event_handler('si_request', self.on_offer)
        self['feature_mechanisms'].unencrypted_plain = True
        self['feature_mechanisms'].unencrypted_scram = True
        self.add_event_handler('session_start', self.on_start)
        self.add_event_handler('message', self.on_message)
        self.add_event_handler('receipt_received', lambda m: out('receipt', **{'from': str(m['from']), 'id': m['receipt']}))
        for name in ('available', 'unavailable', 'error', 'subscribe', 'subscribed', 'unsubscribe', 'unsubscribed'):
            self.add_event_handler(f'presence_{name}', self.on_presence)
        self.add_event_handler('failed_all_auth', lambda _: out('error', text='log-in refused'))
        self.add_event_handler('disconnected', lambda why: out('disconnected', text=str(why)))

    async def on_start(self, _event):
        await self.get_roster()
        await self['xep_0115'].update_caps(broadcast=False)  # slixmpp leaves it to its users
        self.send_presence()
        out('online', jid=str(self.boundjid))

    def on_message(self, message):
        xml = str(message)  # first: slixmpp adds what it is asked for
        out('message', **{'from': str(message['from'])}, type=message['type'], id=message['id'], body=message['body'],
            oob=message['oob']['url'], replaces=message['replace']['id'], xml=xml)

    def on_presence(self, presence):
        out('presence', **{'from': str(presence['from'])}, type=presence['type'], status=presence['status'], xml=str(presence))

    async def on_offer(self, iq):
        path = os.path.join(self.folder, os.path.basename(iq['si']['file']['name']))
        await self['xep_0095'].accept(iq['from'], iq['si']['id'], ifrom=iq['to'], stream_handler=lambda stream: self.save(stream, path))

    def save(self, stream, path):
        """A whole stream into a file."""
        file = open(path, 'wb')

        def more(got):
            if got is stream:
                while not stream.recv_queue.empty():
                    file.write(stream.recv_queue.get_nowait())

        def ended(got):
            if got is stream:
                file.close()
                self.del_event_handler('ibb_stream_data', more)
                self.del_event_handler('ibb_stream_end', ended)
                out('saved', path=path)
        self.add_event_handler('ibb_stream_data', more)
        self.add_event_handler('ibb_stream_end', ended)

    async def do_subscribe(self, to):
        self.send_presence_subscription(pto=to)

    async def do_say(self, to, text, id=None, replaces=None, receipt=False):
        message = self.make_message(mto=to, mbody=text, mtype='chat')
        if id:
            message['id'] = id
        if replaces:
            message['replace']['id'] = replaces
        if receipt:
            message['request_receipt'] = True
        message.send()

    async def do_link(self, to, url):
        message = self.make_message(mto=to, mbody=url, mtype='chat')
        message['oob']['url'] = url
        message.send()

    async def do_upload(self, to, path, service=None):
        kind = mimetypes.guess_type(path)[0] or 'application/octet-stream'
        size = os.path.getsize(path)
        request = self.make_iq_get(ito=service or await self.upload_service())
        request.append(ET.Element(f'{{{UPLOAD}}}request', {'filename': os.path.basename(path), 'size': str(size), 'content-type': kind}))
        slot = (await request.send()).xml.find(f'{{{UPLOAD}}}slot')
        put, get = slot.find(f'{{{UPLOAD}}}put'), slot.find(f'{{{UPLOAD}}}get').get('url')
        headers = {header.get('name'): header.text for header in put} | {'Content-Type': kind, 'Content-Length': str(size)}

        def store():
            context = ssl.create_default_context(cafile=self.certificates) if put.get('url').startswith('https:') else None
            with open(path, 'rb') as file:
                order = urllib.request.Request(put.get('url'), data=file, headers=headers, method='PUT')
                urllib.request.urlopen(order, context=context).close()
        await asyncio.get_running_loop().run_in_executor(None, store)
        await self.do_link(to, get)
        out('sent', path=path, url=get)

    async def do_download(self, url, path):
        await asyncio.get_running_loop().run_in_executor(None, urllib.request.urlretrieve, url, path)
        out('saved', path=path, url=url)

    async def upload_service(self):
        items = await self['xep_0030'].get_items(jid=self.boundjid.domain)
        for address, _node, _name in items['disco_items']['items']:
            try:
                info = await self['xep_0030'].get_info(jid=address)
            except IqError:  # a component that is not connected
                continue
            if UPLOAD in info['disco_info']['features']:
                return address
        raise RuntimeError('no upload service found')

    async def do_presence(self, show=None, status=None, priority=None, type=None, to=None):
        self.send_presence(pshow=show, pstatus=status, ppriority=priority, ptype=type, pto=to)

    async def do_raw(self, xml):
        self.send_raw(xml)

    async def do_ibb_send(self, to, sid, path, block_size, messages=False):
        stream = await self['xep_0047'].open_stream(to, sid=sid, block_size=block_size, use_messages=messages)
        with open(path, 'rb') as file:
            await stream.sendfile(file, timeout=60)
        await stream.close()
        out('sent', path=path)

    async def do_ibb_expect(self, peer, sid, path):
        """One whole stream, from its open to its close, into a file."""
        self.add_event_handler(f'stream:{sid}:{peer}', lambda stream: self.save(stream, path), disposable=True)
        # slixmpp's own list forgets it with the first open, also when that asks for blocks that are too large
        self['xep_0047'].api.register(lambda _me, asked, who, _iq: asked == sid and who == peer, 'authorized_sid', default=True)
        out('expecting', sid=sid)

    async def obey(self):
        """Orders are carried out one after another."""
        reader = asyncio.StreamReader(limit=2 ** 24)
        await self.loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            order = json.loads(line)
            try:
                await getattr(self, 'do_' + order.pop('do'))(**order)
            except Exception as error:  # the test reads it and fails
                out('error', text=repr(error))
        await self.disconnect()
        self.loop.stop()


jid, password, host, port, certificates, *folder = sys.argv[1:]
client = Client(jid, password, certificates, *folder)
client.connect((host, int(port)), use_ssl=False, force_starttls=False, disable_starttls=True)
orders = client.loop.create_task(client.obey())  # held: the loop itself lets go of its tasks
client.loop.run_forever()
