"""Runs a program in a terminal, as a user at a keyboard would, and prints as JSON the exit code, the standard output,
the terminal's output, and true if the terminal's settings were restored. Python's standard library is enough.

    terminal.py [--size 80x24] [--when FILE] [--press KEYS] [--signal NAME] -- PROGRAM ARGUMENT...

Once FILE is there, the keys are pressed (\\x03 is Ctrl-C) or the signal is sent.
"""

import argparse
import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time

# Time limit of a program, in seconds.
PATIENCE = 300


def run(command, size=(80, 24), then=lambda master, process: True):
    """Runs a command whose standard input and error are a terminal. `then` is called until it is true."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    before = termios.tcgetattr(slave)
    terminal, done, begun = b"", False, time.monotonic()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            command, stdin=slave, stdout=out, stderr=slave, start_new_session=True,
            # The terminal becomes the controlling one, for Ctrl-C and /dev/tty.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        ended = False
        while not ended:
            # The rest of the output is read after the end.
            ended = process.poll() is not None
            done = done or then(master, process)
            while select.select([master], [], [], 0.01)[0]:
                terminal += os.read(master, 65536)
            if time.monotonic() - begun > PATIENCE:
                process.kill()
        out.seek(0)
        return {
            "code": process.returncode,
            "out": out.read().decode(),
            "terminal": terminal.decode(),
            "restored": termios.tcgetattr(slave) == before,
        }


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--size", default="80x24")
    arguments.add_argument("--when")
    arguments.add_argument("--press", default="")
    arguments.add_argument("--signal")
    arguments.add_argument("command", nargs="+")
    given = arguments.parse_args()

    def then(master, process):
        if given.when and not os.path.exists(given.when):
            return False
        if given.signal:
            process.send_signal(signal.Signals["SIG" + given.signal])
        os.write(master, given.press.encode().decode("unicode_escape").encode())
        return True

    size = tuple(map(int, given.size.split("x")))
    print(json.dumps(run(given.command, size, then)))


if __name__ == "__main__":
    main()
