#!/usr/bin/python3
"""Drives the real Psi 1.5 from outside, by keys into its windows (xdotool) and by its own remote control (psi --remote). Its connection goes
through a relay in this process, which reads along: so it can be told what Psi was sent, without asking Psi's windows.

    psi_driver.py JID PASSWORD HOST PORT FOLDER IBB-ONLY(yes|no)

Orders come on standard input, one JSON list a line:
    ["subscribe", JID]  ["say", JID, TEXT]  ["send", JID, PATH]
and it logs out when that is closed. Files that are offered are taken into FOLDER/files. What happens is printed: ONLINE, PRESENCE, MESSAGE,
OFFER, RECEIVED, OFFERING, ACCEPTED, ERROR."""
import asyncio
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote
from xml.etree.ElementTree import XMLPullParser
from xml.sax.saxutils import escape

jid, password, host, port, folder, ibb_only = sys.argv[1:]
FILES = Path(folder) / 'files'
PSI = ['psi', '--profile=default']
CLIENT = '{jabber:client}'
SI = '{http://jabber.org/protocol/si}si'
PROFILE = '{http://jabber.org/protocol/si/profile/file-transfer}file'


def out(*words):
    print(*(str(word).replace('\r', '').replace('\n', '\\n') for word in words), flush=True)


# ---- Psi's settings ----

def option(name, value):
    kind = {bool: 'bool', int: 'int', str: 'QString'}[type(value)]
    return f'<{name} type="{kind}">{escape(str(value).lower() if kind == "bool" else str(value))}</{name}>'


def options(**values):
    return ''.join(option(name.replace('_', '-'), value) for name, value in values.items())


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def write_profile(relay_port):
    hidden = ''.join(f'{ord(c) ^ ord(jid[i % len(jid)]):04x}' for i, c in enumerate(password))
    profile = Path(os.environ['XDG_CONFIG_HOME'], 'psi', 'profiles', 'default')
    profile.mkdir(parents=True)
    Path(os.environ['XDG_DATA_HOME'], 'psi', 'profiles', 'default').mkdir(parents=True)  # it does not make it in time
    FILES.mkdir()
    account = options(enabled=True, auto=True, name='test', jid=jid, password=hidden, use_host=True, host='127.0.0.1', port=relay_port, ssl='no',
                      allow_plain='always', resource='psi', automatic_resource=False, priority=5, enable_sm=False, ibb_only=ibb_only == 'yes')
    (profile / 'accounts.xml').write_text(
        f'<accounts xmlns="http://psi-im.org/options" version="1.5"><accounts><a0>{account}</a0></accounts></accounts>')
    (profile / 'options.xml').write_text(
        '<psi xmlns="http://psi-im.org/options" version="1.5"><options>'
        f'<ui><file-transfer>{option("auto-popup", True)}</file-transfer><tip>{option("show", False)}</tip>{options(last_used_save_path=str(FILES))}'
        f'<notifications><sounds>{option("enable", False)}</sounds></notifications></ui>'
        f'<subscriptions>{option("automatically-allow-authorization", True)}</subscriptions>'
        f'<vcard>{option("query-own-vcard-on-login", False)}</vcard>'
        f'<p2p><bytestreams>{option("listen-port", free_port())}</bytestreams></p2p>'
        '</options></psi>')


# ---- what goes over the wire ----

OFFERED = {}  # iq id → name, of what Psi offers
SENT = {'messages': 0, 'offers': 0}  # by Psi
TAKEN = asyncio.Queue()  # names, of what Psi is offered


def on_received(stanza):
    sender = stanza.get('from')
    if stanza.tag == CLIENT + 'presence':
        if stanza.get('type') in (None, 'unavailable'):
            out('ONLINE' if sender == f'{jid}/psi' else 'PRESENCE', sender, stanza.get('type') or 'available')
    if stanza.tag == CLIENT + 'message' and (body := stanza.findtext(CLIENT + 'body')):
        out('MESSAGE', sender, body)
    if stanza.tag == CLIENT + 'iq' and (file := stanza.find(f'{SI}/{PROFILE}')) is not None and stanza.get('type') == 'set':
        out('OFFER', sender, file.get('name'), file.get('size'))
        TAKEN.put_nowait(file.get('name'))
    if stanza.tag == CLIENT + 'iq' and stanza.get('id') in OFFERED and stanza.get('type') in ('result', 'error'):
        out('ACCEPTED' if stanza.get('type') == 'result' else 'DECLINED', OFFERED.pop(stanza.get('id')))


def on_sent(stanza):
    if stanza.tag == CLIENT + 'message' and stanza.find(CLIENT + 'body') is not None:
        SENT['messages'] += 1
    if stanza.tag == CLIENT + 'iq' and (file := stanza.find(f'{SI}/{PROFILE}')) is not None and stanza.get('type') == 'set':
        OFFERED[stanza.get('id')] = file.get('name')
        SENT['offers'] += 1
        out('OFFERING', file.get('name'), 'to', stanza.get('to'))


async def pass_on(reader, writer, on_stanza):
    """Passes bytes on, and shows each whole stanza. A new stream header (after the log-in) begins a new document."""
    parser, depth = XMLPullParser(('start', 'end')), 0
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
        if data.startswith(b'<?xml') and depth:
            parser, depth = XMLPullParser(('start', 'end')), 0
        parser.feed(data)
        for event, element in parser.read_events():
            depth += 1 if event == 'start' else -1
            if event == 'end' and depth == 1:
                on_stanza(element)
    writer.close()


async def relay(reader, writer):
    server_reader, server_writer = await asyncio.open_connection(host, int(port))
    await asyncio.gather(pass_on(reader, server_writer, on_sent), pass_on(server_reader, writer, on_received))


# ---- Psi's windows ----

KEYBOARD = asyncio.Lock()  # there is only one


async def xdotool(*words):
    process = await asyncio.create_subprocess_exec('xdotool', *words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return (await process.communicate())[0].decode().split()


async def window(*how, tries=200):
    """The newest visible window with a title or class, when it is there."""
    for _ in range(tries):
        if found := await xdotool('search', '--onlyvisible', *how):
            return found[-1]
        await asyncio.sleep(0.05)
    raise RuntimeError(f'Psi shows no window {how}')


async def press(shown, *keys):
    await xdotool('windowfocus', shown, 'key', '--clearmodifiers', *keys)


async def copy(text):
    """Into the clipboard, which xclip holds a moment after it has returned. xdotool does not type all of Unicode reliably."""
    holder = await asyncio.create_subprocess_exec('xclip', '-selection', 'clipboard', stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    await holder.communicate(text.encode())
    for _ in range(200):
        look = await asyncio.create_subprocess_exec('xclip', '-selection', 'clipboard', '-o', stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if (await look.communicate())[0] == text.encode():
            return
    raise RuntimeError('the clipboard does not take it')


async def until(act, seen):
    """A window takes no keys in its first moments. Repeats `act` until `seen` answers something, and answers that."""
    for _ in range(10):
        await act()
        for _ in range(20):
            if answer := await seen():
                return answer
            await asyncio.sleep(0.05)
    raise RuntimeError('Psi does not take the keys')


def shows(title):
    return lambda: xdotool('search', '--onlyvisible', '--name', title)


def hides(title):
    async def look():
        return not await shows(title)()
    return look


async def remote(address, query):
    process = await asyncio.create_subprocess_exec(*PSI, '--remote', f'--uri=xmpp:{quote(address, safe="@/")}?{query}', stderr=subprocess.DEVNULL)
    await process.wait()


async def take_files():
    """Accepts each file in its dialog. Psi would save it beside the last that it sent."""
    while True:
        name = await TAKEN.get()
        async with KEYBOARD:
            await copy(str(FILES / os.path.basename(name)))
            dialog = await window('--name', '^Receive File$')
            save_as, *_ = await until(lambda: press(dialog, 'Return'), shows('^Save As$'))
            await until(lambda: press(save_as, 'ctrl+a', 'ctrl+v', 'Return'), hides('^Save As$'))


ERRORS = '^(Transfer )?Error$'


async def close_errors():
    """What goes wrong is told in a dialog, which would have the keyboard."""
    while True:
        dialog = await window('--name', ERRORS, tries=sys.maxsize)
        out('ERROR', *await xdotool('getwindowname', dialog))
        await until(lambda: press(dialog, 'Return'), hides(ERRORS))


async def watch_files():
    """A file has another ending until it is whole."""
    seen = set()
    while True:
        for path in FILES.iterdir():
            if path.suffix != '.part' and path not in seen:
                seen.add(path)
                out('RECEIVED', path)
        await asyncio.sleep(0.05)


# ---- orders ----

async def hides_chat():
    """An Escape that is heard late would close the chat of the next order."""
    return not await xdotool('search', '--onlyvisible', '--classname', '^chat$')


async def subscribe(address):
    await remote(address, 'roster')
    dialog = await window('--name', 'Add Contact$')
    success, *_ = await until(lambda: press(dialog, 'Return'), shows('^Add User: Success$'))
    await until(lambda: press(success, 'Return'), hides('^Add User: Success$'))


async def say(address, text):
    await remote(address, f'message;type=chat;body={quote(text, safe="")}')
    chat, before = await window('--classname', '^chat$'), SENT['messages']

    async def sent():
        return SENT['messages'] > before
    await until(lambda: press(chat, 'Return'), sent)
    await until(lambda: press(chat, 'Escape'), hides_chat)


async def send(address, path):
    await remote(address, 'message;type=chat')
    chat = await window('--classname', '^chat$')
    width = next(word for word in await xdotool('getwindowgeometry', '--shell', chat) if word.startswith('WIDTH=')).split('=')[1]

    async def choose_from_menu():
        await xdotool('mousemove', '--window', chat, str(int(width) - 16), '16', 'click', '1')
        await press(chat, 'Down', 'Down', 'Down', 'Down', 'Return')  # Compact, Clear, Icon, Send File
    await copy(path)
    chooser, *_ = await until(choose_from_menu, shows('^Choose a file$'))
    await until(lambda: press(chooser, 'ctrl+a', 'ctrl+v', 'Return'), hides('^Choose a file$'))
    dialog, before = await window('--name', '^Send File$'), SENT['offers']

    async def offered():
        return SENT['offers'] > before
    await until(lambda: press(dialog, 'ctrl+Return'), offered)
    await until(lambda: press(chat, 'Escape'), hides_chat)


ORDERS = {'subscribe': subscribe, 'say': say, 'send': send}


async def obey():
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        name, *words = json.loads(line)
        try:
            async with KEYBOARD:
                await ORDERS[name](*words)
        except Exception as error:  # the test reads it and fails
            out('ERROR', name, repr(error))


async def ending(task):
    """A driver that can no longer do its work ends, so that no test waits for it."""
    try:
        await task
    except Exception as error:
        out('ERROR', repr(error))
        os._exit(1)


async def stay(psi, log):
    raise RuntimeError(f'Psi ended with {await psi.wait()}: {log.read_text()[-2000:]}')


async def main():
    server = await asyncio.start_server(relay, '127.0.0.1', 0)
    write_profile(server.sockets[0].getsockname()[1])
    log = Path(folder) / 'psi.log'
    with open(log, 'wb') as file:
        psi = await asyncio.create_subprocess_exec(*PSI, stdout=file, stderr=file)
    background = [asyncio.create_task(ending(task)) for task in (take_files(), watch_files(), close_errors(), stay(psi, log))]
    await obey()
    for task in background:
        task.cancel()
    psi.terminate()
    await psi.wait()
    os._exit(0)


asyncio.run(main())
