"""
The other end of a stream, as plain as can be, and the fastest way into a file that there is (splice: no byte passes through the program).

    plain-peer.py send PORT ADDRESS BYTES       connects by SOCKS5 (no ADDRESS: "-", plain TCP), sends, waits until the other side has closed
    plain-peer.py take PORT ADDRESS BYTES       connects, takes so many bytes, closes
    plain-peer.py flood PORT ADDRESS[,ADDRESS]  sends over all at once, as fast as each is taken, until the other side closes
    plain-peer.py splice FILE                   prints a port, takes one connection into the file
"""
import os
import socket
import sys
import threading

MIB = 1 << 20


def connect(port, address):
    peer = socket.create_connection(("127.0.0.1", port))
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if address != "-":
        peer.sendall(b"\x05\x01\x00")
        exactly(peer, 2)
        peer.sendall(b"\x05\x01\x00\x03\x28" + address.encode() + b"\x00\x00")
        exactly(peer, 47)
    return peer


def exactly(peer, count):
    while count > 0:
        count -= len(peer.recv(count)) or sys.exit("the other side has closed")


def send(port, address, size):
    peer = connect(port, address)
    body = memoryview(os.urandom(MIB))
    while size > 0:
        size -= peer.send(body[: min(MIB, size)])
    peer.shutdown(socket.SHUT_WR)
    peer.recv(1)


def take(port, address, size):
    peer = connect(port, address)
    memory = bytearray(MIB)
    while size > 0:
        size -= peer.recv_into(memory) or sys.exit("too few bytes came")
    peer.close()


def flood(port, addresses):
    body = os.urandom(MIB)

    def one(address):
        try:
            peer = connect(port, address)
            while True:
                peer.sendall(body)
        except OSError:
            pass

    threads = [threading.Thread(target=one, args=(a,)) for a in addresses.split(",")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def splice(path):
    server = socket.create_server(("127.0.0.1", 0))
    print(server.getsockname()[1], flush=True)
    peer, _ = server.accept()
    reading, writing = os.pipe()
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    while count := os.splice(peer.fileno(), writing, MIB):
        while count > 0:
            count -= os.splice(reading, file, count)
    os.close(file)
    peer.close()


how, *words = sys.argv[1:]
if how == "splice":
    splice(words[0])
elif how == "flood":
    flood(int(words[0]), words[1])
else:
    {"send": send, "take": take}[how](int(words[0]), words[1], int(words[2]))
