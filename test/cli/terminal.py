"""Runs a command at a pseudo-terminal: python3 terminal.py STEPS COMMAND…, where STEPS is a JSON list of what to wait
for and what to type then. Prints all that the terminal showed, and exits as the command does."""

import json
import os
import pty
import signal
import sys

steps, command = json.loads(sys.argv[1]), sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    # Wide enough for every line.
    os.environ.update(COLUMNS="200", TERM="xterm")
    os.execvp(command[0], command)

shown = b""
seen = 0


def give_up(*_):
    os.kill(pid, signal.SIGKILL)
    os.write(sys.stdout.fileno(), shown + b"\n(what was awaited has not come)\n")
    os._exit(1)


signal.signal(signal.SIGALRM, give_up)
signal.alarm(20)


def read():
    """Takes what the terminal shows next; False when the command has ended."""
    global shown
    try:
        data = os.read(terminal, 65536)
    except OSError:
        # Linux says EIO when the other side has been closed.
        return False
    shown += data
    return data != b""


for awaited, keys in steps:
    while (at := shown.find(awaited.encode(), seen)) < 0 and read():
        pass
    seen = max(at, seen) + len(awaited)
    os.write(terminal, keys.encode())
while read():
    pass
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(status))
