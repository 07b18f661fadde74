# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hosts with links of their own: a network namespace each, beside the gateway's. The gateway's is
one, too, so that no link, address or port of the machine is touched; see enter()."""

import fcntl
import os
import shutil
import struct
import subprocess
import sys

PORTAL = "192.0.2.10"
WIRE = f"{os.path.dirname(os.path.abspath(__file__))}/wire.py"
TUNSETIFF, IFF_TUN_NO_PI = 0x400454CA, 0x1001
INSIDE = "LUNGATE_WALK_INSIDE"


def enter():
    """Goes on in a network namespace of this process's own; returns why it cannot."""
    if INSIDE in os.environ:
        run("ip", "link", "set", "lo", "up")
        run("ip", "address", "add", f"{PORTAL}/32", "dev", "lo")
        return None
    if not all(shutil.which(program) for program in ("unshare", "nsenter", "ip", "ss")):
        return "no unshare, nsenter, ip or ss on this machine"
    root = os.geteuid() == 0
    words = ["unshare", "--net"] if root else ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode != 0:
        return "no network namespaces for this user"
    os.environ[INSIDE] = "--net" if root else "--user --preserve-credentials --net"
    sys.stdout.flush()
    os.execvp(words[0], [*words, sys.executable, *sys.argv])


def way_in():
    """Words of a command that runs another one in here, from outside."""
    return f"nsenter --target {os.getpid()} {os.environ[INSIDE]}"


def run(*words):
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL)


def open_tun(name):
    """A network device whose other end is the file that this returns."""
    file = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(file, TUNSETIFF, struct.pack("16sH14x", name.encode(), IFF_TUN_NO_PI))
    return file


class Host:
    """An initiator's machine: its name, its address, its link to the gateway; what runs there."""

    def __init__(self, number, name):
        self.name, self.address = f"iqn.2026-11.com.example:{name}", f"192.0.2.{100 + number}"
        self.link, self.processes = name, []
        self.place = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec sleep infinity"],
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.place.stdout.readline()  # it is there
        self.there = ["nsenter", "--net", "--target", str(self.place.pid)]

    def connect(self):
        """A wire that loses nothing."""
        run("ip", "link", "add", self.link, "type", "veth", "peer", "name", "net0",
            "netns", str(self.place.pid))
        self.set_up()

    def connect_badly(self, loss):
        """One that loses this share of the packets, either way."""
        near = open_tun(self.link)
        os.set_inheritable(near, True)
        wire = subprocess.Popen([*self.there, sys.executable, WIRE, str(near), str(loss)],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, pass_fds=[near])
        os.close(near)
        wire.stdout.readline()  # both ends are there
        self.processes.append(wire)
        self.set_up()

    def set_up(self):
        run("ip", "link", "set", self.link, "up")
        run("ip", "route", "add", f"{self.address}/32", "dev", self.link)
        run(*self.there, "ip", "link", "set", "net0", "up")
        run(*self.there, "ip", "address", "add", f"{self.address}/32", "dev", "net0")
        run(*self.there, "ip", "route", "add", f"{PORTAL}/32", "dev", "net0")

    def start(self, *words):
        process = subprocess.Popen([*self.there, *words], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, start_new_session=True)
        self.processes.append(process)
        return process

    def close(self):
        """The namespace and its links end with the last process in it."""
        for process in (*reversed(self.processes), self.place):
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
