# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program on a terminal of its own (pty), and what stands on its screen.

    with Terminal([program, "top"], columns=80, lines=24) as terminal:
        terminal.wait_screen("the table", lambda lines: "TARGET" in lines[1])
        terminal.type("q")
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios

from gateway import wait_until

HOME, BELOW = "\x1b[H", "\x1b[J"
ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
SECONDS = 60  # sanitizers and a busy machine


class Terminal:
    def __init__(self, command, *, columns, lines, env=None):
        self.master, slave = pty.openpty()
        self.slave = slave
        self.resize(columns, lines)
        self.cooked = termios.tcgetattr(slave)
        self.raw = ""
        environment = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", **(env or {})}
        if "NO_COLOR" not in (env or {}):
            environment.pop("NO_COLOR", None)
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave,
                                        env=environment, preexec_fn=self.take_terminal)

    def take_terminal(self):
        """Ctrl-C and a new size are signals to whose terminal it is."""
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    def resize(self, columns, lines):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, keys):
        os.write(self.master, keys.encode())

    def text(self):
        """All that it has written so far."""
        while select.select([self.master], [], [], 0)[0]:
            self.raw += os.read(self.master, 1 << 16).decode()
        return self.raw

    def painted(self):
        """The last whole page with its colours."""
        pages = [page.split(BELOW)[0] for page in self.text().split(HOME)[1:] if BELOW in page]
        return pages[-1] if pages else ""

    def screen(self):
        """Its lines."""
        return COLOUR.sub("", self.painted()).replace("\x1b[K", "").split("\r\n")

    def wait_screen(self, what, condition):
        try:
            return wait_until(what, SECONDS, lambda: condition(self.screen()) and self.screen())
        except AssertionError as error:
            screen = "\n".join(self.screen())
            raise AssertionError(f"{error}; on the screen is:\n{screen}") from None

    def end(self):
        """Its exit status; the terminal must be as it was."""
        status = wait_until("it ends", SECONDS, lambda: self.text() and self.ended())[0]
        assert self.text().rstrip().endswith(LEAVE), repr(self.text()[-200:])
        assert termios.tcgetattr(self.slave) == self.cooked, "the terminal is not as it was"
        return status

    def ended(self):
        status = self.process.poll()
        return None if status is None else (status,)

    def stopped(self):
        """Whether Ctrl-Z has stopped it."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "T"

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)
