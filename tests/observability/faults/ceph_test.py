# SPDX-License-Identifier: LGPL-2.1-or-later
"""Faults of Ceph, in a cluster of this test's own: stopped, fenced, full."""

import os
import shutil
import signal
import subprocess
import tempfile
import unittest

from stage import Faults, lab, raises, scene  # first: it says where the others are
from peer import write10

LAB = f"{scene.lib.ROOT}/tests/lab"
IMAGES, MIB = 6, 1 << 20
MORE_IMAGES = 6  # each of which is an open that is given up
FENCED_S = 30  # so long stands an entry of the blocklist; a new client has another address


class Cluster(Faults):
    @classmethod
    def setUpClass(cls):
        if not all(shutil.which(program) for program in ("ceph-mon", "ceph-osd", "ceph-mgr")):
            raise unittest.SkipTest("no Ceph on this machine")
        cls.folder = tempfile.mkdtemp(prefix="lg.", dir="/tmp")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        subprocess.run([f"{LAB}/ceph-up", "--bluestore", cls.folder], check=True,
                       capture_output=True)
        cls.addClassCleanup(subprocess.run, [f"{LAB}/ceph-down", cls.folder], check=False)
        cls.conf = f"{cls.folder}/ceph.conf"
        for number in range(IMAGES + MORE_IMAGES):
            cls.run_on("rbd", "create", "--size", "64M", f"rbd/disk{number}")
        cls.LUNS = [lab.rbd_lun(number, f"rbd/disk{number}") for number in range(IMAGES)]
        cls.MORE = {"ceph": {"conf": cls.conf, "user": "admin"}}
        super().setUpClass()

    @classmethod
    def run_on(cls, program, *words):
        return subprocess.run([program, "--conf", cls.conf, *words], check=True, timeout=60,
                              capture_output=True, text=True).stdout

    def daemon(self, name):
        with open(f"{self.folder}/run/{name}.pid", encoding="ascii") as pid:
            return int(pid.read())

    def stop(self, name):
        """SIGSTOP; goes on at the end of the test at the latest."""
        pid = self.daemon(name)
        os.kill(pid, signal.SIGSTOP)
        self.addCleanup(os.kill, pid, signal.SIGCONT)
        return pid

    @raises("StuckIO:warning", "StuckIO:critical")
    def test_1_disk_stopped(self):
        with self.load("--depth", "4"):
            pid = self.stop("osd.0")
            self.fires()
            os.kill(pid, signal.SIGCONT)
            self.resolves()

    @raises("CephClientFenced:critical", "LunFlapping:warning")
    def test_2_fenced(self):
        def fence():
            for number in range(IMAGES):
                watchers = self.run_on("rbd", "status", f"rbd/disk{number}").split("watcher=")[1:]
                for one in watchers:
                    self.run_on("ceph", "osd", "blocklist", "add", one.split()[0], str(FENCED_S))
        with self.again_and_again(fence, 2):
            self.fires()
        self.resolves()

    @raises("CephUnreachable:critical")
    def test_3_monitor_stopped(self):
        pid = self.stop("mon.a")
        self.fires(within=180)
        os.kill(pid, signal.SIGCONT)
        self.resolves()

    @raises("PlaceNearlyFull:warning", "PlaceNearlyFull:critical")
    def test_4_full_pool(self):
        """A quota that is nearly reached."""
        peer = self.peer().ready()
        for number in range(32):
            peer.execute(write10(2048 * number, 2048), write=bytes([number + 1]) * MIB)
        self.run_on("ceph", "osd", "pool", "set-quota", "rbd", "max_bytes", str(32 * MIB))
        self.fires(within=180)
        self.run_on("ceph", "osd", "pool", "set-quota", "rbd", "max_bytes", "0")
        self.resolves()

    @raises("CephHealth:info", "CephHealth:critical")
    def test_5_health(self):
        """A flag is a warning, a full cluster an error; ceph-mgr tells Prometheus."""
        port = lab.free_port()
        self.run_on("ceph", "config", "set", "mgr", "mgr/prometheus/server_port", str(port))
        self.run_on("ceph", "config", "set", "mgr", "mgr/prometheus/server_addr", "127.0.0.1")
        self.run_on("ceph", "config", "set", "mgr", "mgr/prometheus/scrape_interval", "1")
        self.run_on("ceph", "mgr", "module", "enable", "prometheus", "--force")
        with open(f"{self.scene.folder}/prometheus.yml", "a", encoding="utf-8") as text:
            text.write("  - job_name: ceph\n    static_configs:\n"
                       f'      - targets: ["127.0.0.1:{port}"]\n')
        self.scene.prometheus.process.send_signal(signal.SIGHUP)
        lab.wait_until("ceph-mgr is scraped", 60, lambda: self.scene.query("ceph_health_status"))
        self.run_on("ceph", "osd", "set", "noout")
        lab.wait_until("a warning", 60, lambda: "CephHealth:info" in self.scene.firing())
        self.run_on("ceph", "osd", "set-nearfull-ratio", "0.00001")
        self.run_on("ceph", "osd", "set-backfillfull-ratio", "0.00002")
        self.run_on("ceph", "osd", "set-full-ratio", "0.00003")
        lab.wait_until("an error", 60, lambda: "CephHealth:critical" in self.scene.firing())
        for name, value in (("full", "0.95"), ("backfillfull", "0.9"), ("nearfull", "0.85")):
            self.run_on("ceph", "osd", f"set-{name}-ratio", value)
        self.run_on("ceph", "osd", "unset", "noout")
        self.resolves()

    @raises("CephTimeouts:warning")
    def test_6_disk_stopped_while_opening(self):
        """Opens are given up, each after half a minute; then again, with less patience."""
        pid = self.stop("osd.0")
        self.gateway.luns += [lab.rbd_lun(number, f"rbd/disk{number}")
                              for number in range(IMAGES, IMAGES + MORE_IMAGES)]
        self.gateway.reload()
        self.fires(within=180)
        os.kill(pid, signal.SIGCONT)
        self.resolves()


if __name__ == "__main__":
    unittest.main(verbosity=2)
