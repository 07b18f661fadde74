# SPDX-License-Identifier: LGPL-2.1-or-later
"""Something to look at: two gateways, four targets, some fifteen LUNs (files, null, images of a
real Ceph where there is one), as many initiators, first well and then with faults."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [f"{os.path.dirname(HERE)}/faults", os.path.dirname(HERE)]
from stage import Stage, again_and_again, lab, scene  # noqa: E402
from chap import ChapLogin, chap_toml  # noqa: E402
from peer import Closed, Peer, read10  # noqa: E402

LAB = f"{scene.lib.ROOT}/tests/lab"
VM, BACKUP = (f"iqn.2026-11.io.lungate:{name}" for name in ("vm", "backup"))
HOST = "iqn.2026-11.com.example:"
SECRET = "secret-of-the-initiator"
IMAGES = 2
LOST = 9  # the LUN whose file is missing
CEPH = shutil.which("ceph-mon") and shutil.which("ceph-osd") and shutil.which("ceph-mgr")


def words(iops, kib, reads, depth, *more):
    return ("--iops-max", str(iops), "--block-bytes", str(kib << 10), "--read-percent", str(reads),
            "--depth", str(depth), *more)


CALM = [
    ("a", lab.TARGET, 0, "db1", words(60, 8, 70, 4)),
    ("a", lab.TARGET, 0, "db2", words(15, 8, 70, 2)),
    ("a", lab.TARGET, 1, "db2", words(40, 8, 60, 4)),
    ("a", lab.TARGET, 2, "mail", words(30, 16, 50, 2)),
    ("a", lab.TARGET, 3, "files", words(12, 64, 80, 2, "--sequential")),
    ("a", lab.TARGET, 7, "erp", words(40, 4, 70, 8)),
    ("a", lab.TARGET, 8, "crm", words(25, 4, 40, 4)),
    ("a", VM, 0, "esx1", words(50, 16, 60, 8)),
    ("a", VM, 1, "esx2", words(35, 16, 60, 8)),
    ("b", lab.TARGET, 0, "web1", words(30, 4, 90, 4)),
    ("b", lab.TARGET, 1, "web2", words(20, 4, 90, 4)),
    ("b", lab.TARGET, 2, "archive", words(6, 256, 10, 2, "--sequential")),
]
# Who comes later.
BUSY = [
    ("a", lab.TARGET, 4, "reports", words(45, 32, 95, 8)),
    ("a", VM, 2, "esx3", words(70, 16, 50, 16)),
    ("a", lab.TARGET, 1, "etl", words(50, 16, 30, 8)),
    ("b", lab.TARGET, 1, "web3", words(40, 4, 90, 8)),
]


def section(iqn, luns, more=""):
    parts = [lab.table("[target]", {"iqn": iqn}) + more]
    return "\n".join(parts + [lab.table("[target.lun]", lun) for lun in luns])


class Cluster:
    """Ceph with two images, and ceph-mgr's figures for Prometheus; a disk that can be slow."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="lg.", dir="/tmp")
        self.conf, self.port = f"{self.folder}/ceph.conf", lab.free_port()
        try:
            subprocess.run([f"{LAB}/ceph-up", self.folder], check=True, capture_output=True)
            for number in range(IMAGES):
                self.run("rbd", "create", "--size", "64M", f"rbd/disk{number}")
            for name, value in (("server_port", self.port), ("server_addr", "127.0.0.1"),
                                ("scrape_interval", 2)):
                self.run("ceph", "config", "set", "mgr", f"mgr/prometheus/{name}", str(value),
                         "--force")  # the manager may not have told its options yet
            self.run("ceph", "mgr", "module", "enable", "prometheus", "--force")
        except BaseException:
            self.close()
            raise

    def run(self, program, *arguments):
        subprocess.run([program, "--conf", self.conf, *arguments], check=True, timeout=60,
                       capture_output=True)

    def close(self):
        subprocess.run([f"{LAB}/ceph-down", self.folder], check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextlib.contextmanager
    def slow(self):
        """The OSD stands still most of the time, a few hundredths of a second each."""
        with open(f"{self.folder}/run/osd.0.pid", encoding="ascii") as text:
            pid = int(text.read())

        def pause():
            os.kill(pid, signal.SIGSTOP)
            try:
                time.sleep(0.06)
            finally:
                os.kill(pid, signal.SIGCONT)
        with again_and_again(pause, 0.04):
            yield


class Alive:
    """The scene; everything that it starts ends with it."""

    def __init__(self):
        self.ends, self.loads = contextlib.ExitStack(), []
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self):
        self.ceph = Cluster() if CEPH else None
        if self.ceph:
            self.ends.callback(self.ceph.close)
        disks = [lab.file_lun(number, "64MiB", test_delay_ms=delay_ms)
                 for number, delay_ms in enumerate((2, 3, 5, 1, 4))]
        disks.append(lab.null_lun(6, "64MiB"))
        disks += [lab.rbd_lun(7 + number, f"rbd/disk{number}") if self.ceph
                  else lab.file_lun(7 + number, "64MiB", test_delay_ms=2)
                  for number in range(IMAGES)]
        guarded = chap_toml("host", SECRET)[2:-2].replace(", ", "\n")
        more = "\n" + section(VM, [lab.null_lun(number, "64MiB") for number in range(3)]) + \
            "\n" + section(BACKUP, [lab.null_lun(0, "1GiB")], f"\n[target.chap]\n{guarded}\n")
        ceph = {"ceph": {"conf": self.ceph.conf, "user": "admin"}} if self.ceph else {}
        self.scene = Stage(disks, gateway={"name": "gw-a"}, more=more, **ceph)
        self.ends.callback(self.scene.close)
        other = [lab.file_lun(number, "64MiB", test_delay_ms=1 + number) for number in range(3)]
        self.other = lab.Gateway(luns=other, gateway={"name": "gw-b"})
        self.ends.callback(self.other.close)
        self.other.exporter()
        self.ends.callback(self.end_loads)
        self.scrape_all()

    def scrape_all(self):
        """The second gateway and ceph-mgr too."""
        path, mine = f"{self.scene.folder}/prometheus.yml", self.scene.gateway.metrics_port
        with open(path, "r+", encoding="utf-8") as text:
            config = text.read().replace(
                f'"127.0.0.1:{mine}"',
                f'"127.0.0.1:{mine}", "127.0.0.1:{self.other.metrics_port}"')
            if self.ceph:
                config += ("  - job_name: ceph\n    static_configs:\n"
                           f'      - targets: ["127.0.0.1:{self.ceph.port}"]\n')
            text.seek(0)
            text.write(config)
        self.scene.prometheus.process.send_signal(signal.SIGHUP)  # reads it anew
        lab.wait_until("both gateways are scraped", 60,
                       lambda: self.scene.value("sum(lungate_shm_up)") == 2)

    def close(self):
        self.ends.close()

    # --- acts ---

    def come(self, who):
        """Initiators, all of them."""
        for name, target, lun, host, options in who:
            gateway = self.scene.gateway if name == "a" else self.other
            url = gateway.url(lun).replace(lab.TARGET, target)
            command = [f"{lab.programs()}/initiator-load", url, "--until-stopped", "--initiator",
                       HOST + host, *options]
            self.loads.append(subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                               stdout=subprocess.DEVNULL,
                                               stderr=subprocess.DEVNULL))

    def wait_ceph(self):
        """Until ceph-mgr has told Prometheus of its cluster."""
        if self.ceph:
            lab.wait_until("ceph-mgr is scraped", 300,
                           lambda: self.scene.query("ceph_osd_commit_latency_ms"))

    def go_on(self, scrapes):
        """Some at a time: each part has its own patience."""
        for _ in range(0, scrapes, 10):
            self.scene.wait_scrapes(10)

    def end_loads(self):
        for load in self.loads:
            load.kill()
            load.wait()

    def guess(self):
        """Somebody does not know the secret."""
        with Peer(self.scene.gateway.portal, initiator=HOST + "unknown") as peer:
            login = ChapLogin(peer, BACKUP).ask()
            if login.status == 0:
                login.prove("host", SECRET + "x")

    @contextlib.contextmanager
    def faults(self):
        """A slow disk of Ceph, a LUN without its file that a host goes on asking for, guesses."""
        gateway = self.scene.gateway
        gateway.luns.append({"id": LOST, "file": f"{gateway.folder}/lost.img"})
        gateway.reload()
        with contextlib.ExitStack() as over:
            peer = Peer(gateway.portal, initiator=HOST + "stale")
            over.enter_context(peer)
            peer.login(lab.TARGET)
            peer.lun = LOST
            over.enter_context(again_and_again(lambda: peer.execute(read10(0, 8), read=4096), 0.1))
            over.enter_context(again_and_again(self.guess, 0.3))
            if self.ceph:
                over.enter_context(self.ceph.slow())
            yield

    def wait_alerts(self, wanted, seconds=120):
        lab.wait_until(f"{wanted} fire", seconds, lambda: wanted <= self.scene.firing())
