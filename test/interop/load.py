#!/usr/bin/env python3
"""load.py ADDRESS PORT RATE SECONDS [LENGTH]: sends UDP datagrams at RATE bit/s to an echo server, as iperf3 -u -b does, and counts what
comes back: 'N sent, N back, N lost, N out of order'. Standard library only."""
import socket, struct, sys, time
address, port, rate, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
length = int(sys.argv[5]) if len(sys.argv) > 5 else 1448
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20); s.connect((address, port)); s.setblocking(False)
total = int(rate * seconds / 8 / length); gap = seconds / total; sent = back = late = 0; last = -1
def collect():
    global back, late, last
    while True:
        try: n = struct.unpack(">I", s.recv(65535)[:4])[0]
        except BlockingIOError: return
        back += 1; late += n < last; last = max(last, n)
s.send(b"\xff" * 4); time.sleep(0.5); s.setblocking(False)      # the first one resolves addresses
try: s.recv(65535)
except BlockingIOError: pass
start = time.monotonic()
while sent < total:
    while sent < total and time.monotonic() - start >= sent * gap: s.send(struct.pack(">I", sent) + bytes(length - 4)); sent += 1
    collect(); time.sleep(0.0005)
end = time.monotonic() + 2
while back < sent and time.monotonic() < end: collect(); time.sleep(0.01)
print("%d sent, %d back, %d lost, %d out of order" % (sent, back, sent - back, late)); sys.exit(back != sent)
