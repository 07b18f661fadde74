# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who is put to the test. Each is a context manager that yields a Served: a disk behind two
portals, made for one run and gone after it.

The disks are slow ones on purpose. The suite looks three seconds after it has begun a SANITIZE for
the SANITIZE, and 256 MiB on a fast disk have long been overwritten by then. So the image gets a
limit as an operator sets one, and the file a speed of its own; a SANITIZE then takes ten seconds.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
ROOM = os.path.dirname(HERE)
sys.path += [os.path.join(ROOM, "faults"), os.path.join(ROOM, "bench")]

# pylint: disable=wrong-import-position
from gateway import (TARGET, Gateway, Server, file_lun, free_port, rbd_lun,  # noqa: E402
                     wait_until)
from rivals import TGT_TARGET, tgt_admin  # noqa: E402

MIB = 1 << 20
SIZE_BYTES, BYTES_PER_S = 256 * MIB, 24 * MIB
# Between its tests the suite sleeps, and of two paths it attends to the one in use: it would not
# answer in time, and take the lost session for a failure.
NO_PINGS = {"nop_interval_ms": 0}
SECRET, OTHER = "a-secret-of-some-length", "another-secret-of-some-length"


@dataclass(frozen=True)
class Variant:
    """By which ways the disk is reached, and how an initiator must log in."""

    chap: str = ""  # "one-way", "mutual"
    header_digest: bool = False
    paths: int = 2

    @property
    def name(self):
        words = {"one-way": ["CHAP"], "mutual": ["mutual CHAP"]}.get(self.chap, [])
        portals = "two portals" if self.paths == 2 else "one portal"
        return ", ".join([portals] + words + ["header digests"] * self.header_digest)

    def settings(self):
        """[iscsi]. libiscsi 1.19 offers "None,CRC32C" whatever the URL says, and would be given
        the first: only a target that takes nothing but CRC32C has digests on every connection."""
        return {**NO_PINGS, **({"header_digest": ["CRC32C"]} if self.header_digest else {})}

    def more(self):
        """What ends the configuration: the demand."""
        chap = f'[target.chap]\nuser = "host"\nsecret = "{SECRET}"\n' if self.chap else ""
        if self.chap == "mutual":
            chap += f'mutual_user = "gateway"\nmutual_secret = "{OTHER}"\n'
        return "\n" + chap

    def url(self, address, secret=SECRET, other=OTHER):
        who = f"host%{secret}@" if self.chap else ""
        asks = []
        if self.chap == "mutual":
            asks.append(f"target_user=gateway&target_password={other}")
        if self.header_digest:
            asks.append("header_digest=crc32c")
        return f"iscsi://{who}{address}/{TARGET}/0" + ("?" + "&".join(asks) if asks else "")

    def wrong_urls(self, address):
        """Whoever runs by one of these runs without what the variant is about."""
        wrong = {"one-way": [{"secret": OTHER}], "mutual": [{"secret": OTHER}, {"other": SECRET}]}
        return [self.url(address, **one) for one in wrong.get(self.chap, [])]


@dataclass
class Served:
    name: str
    version: str
    urls: list
    gateway: object = None  # of lungate
    wrong_urls: list = field(default_factory=list)

    def stop(self):
        """None, or what is wrong with how it ended."""
        if self.gateway is None:
            return None
        if not self.gateway.server.alive():
            return f"the target did not survive\n{self.gateway.server.log_end()}"
        status = self.gateway.stop()
        return f"exit status {status}\n{self.gateway.server.log_end()}" if status else None


class TwoPortals(Gateway):
    def write_config(self):
        super().write_config()
        with open(self.config, encoding="utf-8") as file:
            text = file.read()
        one = f'portals = ["127.0.0.1:{self.port}"]'
        assert one in text
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text.replace(one, f'{one[:-1]}, "127.0.0.1:{free_port()}"]'))


def cluster():
    """The configuration of the cluster to test with, or None."""
    conf = os.environ.get("LUNGATE_TEST_CEPH_CONF", "")
    return conf if os.path.exists(conf) else None


@contextlib.contextmanager
def image():
    """A LUN on an RBD image with a limit."""
    name = f"rbd/conformance{os.getpid()}"
    rbd = ["rbd", "--conf", cluster()]
    subprocess.run([*rbd, "create", "--size", f"{SIZE_BYTES // MIB}M", name], check=True)
    try:
        subprocess.run([*rbd, "config", "image", "set", name, "rbd_qos_write_bps_limit",
                        str(BYTES_PER_S)], check=True)
        yield rbd_lun(0, name)
    finally:
        subprocess.run([*rbd, "rm", "--no-progress", name], check=False)


@contextlib.contextmanager
def lungate(backend, variant=Variant()):
    disk = contextlib.nullcontext(file_lun(0, f"{SIZE_BYTES // MIB}MiB",
                                           test_bytes_per_s=f"{BYTES_PER_S // MIB}MiB"))
    ceph = None
    if backend == "rbd":
        disk, ceph = image(), {"conf": cluster(), "user": "admin"}
    with disk as lun, TwoPortals(luns=[lun], ceph=ceph, iscsi=variant.settings(),
                                 more=variant.more()) as gateway:
        status = gateway.control("status")
        addresses = [portal["address"] for portal in status["portals"]]
        yield Served(f"lungate, {backend}", f"lungate {status['version']}",
                     [variant.url(address) for address in addresses[:variant.paths]], gateway,
                     variant.wrong_urls(addresses[0]))


@contextlib.contextmanager
def tgt():
    """Debian's tgtd as it comes: no pings, the disk a file."""
    ports, control = (free_port(), free_port()), 1000 + os.getpid() % 30000
    portals = [f"portal=127.0.0.1:{port}" for port in ports]
    with tempfile.TemporaryDirectory(prefix="lg-tgt-", dir="/tmp") as folder:
        with open(f"{folder}/disk.img", "wb") as disk:
            disk.truncate(SIZE_BYTES)
        server = Server(["tgtd", "-f", "-C", str(control), "--iscsi", ",".join(portals)],
                        f"{folder}/tgtd.log")
        try:
            server.wait_ready("answers", lambda: tgt_admin(
                control, "--op", "show", "--mode", "system").returncode == 0)
            set_up_tgt(control, f"{folder}/disk.img")
            yield Served("tgt, file", f"tgt {version_of('tgtd', '--version')}",
                         [f"iscsi://127.0.0.1:{port}/{TGT_TARGET}/1" for port in ports])
        finally:
            end_tgt(server, control)


def set_up_tgt(control, path):
    target = ["--mode", "target", "--tid", 1]
    for step in (["--op", "new", *target, "-T", TGT_TARGET],
                 ["--op", "new", "--mode", "logicalunit", "--tid", 1, "--lun", 1,
                  "--bstype", "rdwr", "--backing-store", path],
                 ["--op", "bind", *target, "-I", "ALL"]):
        done = tgt_admin(control, *step)
        if done.returncode != 0:
            raise RuntimeError(f"tgtadm {' '.join(map(str, step))}: {done.stderr}")


def end_tgt(server, control):
    tgt_admin(control, "--op", "delete", "--force", "--mode", "target", "--tid", 1)
    tgt_admin(control, "--op", "delete", "--mode", "system")
    with contextlib.suppress(AssertionError):
        wait_until("tgtd has ended", 5, lambda: not server.alive())
    if server.alive():
        server.kill()


def version_of(*command):
    """The first words that a program says of itself."""
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    return (said.stdout + said.stderr).strip().split("\n")[0]
