# SPDX-License-Identifier: LGPL-2.1-or-later
"""A Ceph of three OSDs in a folder of its own, one of which can be made slow."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid

LAB = f"{os.path.dirname(os.path.abspath(__file__))}/../../lab"
sys.path.insert(0, f"{LAB}/../faults")
import gateway as lab  # noqa: E402

OSDS = 3
POOL, GROUPS, DISK = "vms", 32, "64M"


def installed():
    return all(shutil.which(program) for program in ("ceph-mon", "ceph-osd", "ceph-mgr", "rbd"))


class Cluster:
    def __init__(self, disks):
        self.folder = tempfile.mkdtemp(prefix="lg.", dir="/tmp")
        self.conf, self.more = f"{self.folder}/ceph.conf", []
        try:
            self.start()
            for number in range(1, OSDS):
                self.add_osd(number)
            self.make_pool()
            for disk in disks:
                self.run("rbd", "create", "--size", DISK, disk)
        except BaseException:
            self.close()
            raise

    def start(self):
        """In a session of its own: Ctrl-C is for the walk, which ends it in order."""
        up = subprocess.Popen([f"{LAB}/ceph-up", self.folder], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, start_new_session=True)
        try:
            assert up.wait() == 0, "Ceph does not start"
        finally:
            up.terminate()
            up.wait()

    def run(self, program, *words):
        return subprocess.run([program, "--conf", self.conf, *words], check=True, timeout=120,
                              capture_output=True, text=True).stdout

    def make_pool(self):
        """Made when all OSDs are there: nothing has to move."""
        lab.wait_until("all OSDs are up", 60, lambda: json.loads(
            self.run("ceph", "osd", "stat", "--format", "json"))["num_up_osds"] == OSDS)
        self.run("ceph", "osd", "pool", "create", POOL, str(GROUPS), str(GROUPS))
        self.run("rbd", "pool", "init", POOL)

    def add_osd(self, number):
        os.mkdir(data := f"{self.folder}/osd{number}")
        name = str(uuid.uuid4())
        given = int(self.run("ceph", "osd", "new", name))
        assert given == number, f"osd.{given} instead of osd.{number}"
        words = ("-i", str(number), "--osd-data", data)
        self.run("ceph-osd", *words, "--mkfs", "--osd-uuid", name)
        self.more.append(number)
        self.run("ceph-osd", *words)

    def pid(self, number):
        with open(f"{self.folder}/run/osd.{number}.pid", encoding="ascii") as pid:
            return int(pid.read())

    def primary(self, disk, byte):
        """The OSD that has this byte of an image; by the commands of the README."""
        pool, name = disk.split("/")
        info = json.loads(self.run("rbd", "info", disk, "--format", "json"))
        where = self.run("ceph", "osd", "map", pool, "--format", "json",
                         f"{info['block_name_prefix']}.{byte >> info['order']:016x}")
        return json.loads(where)["acting_primary"]

    def slow(self, number, delay_s, share):
        """Requests of that OSD wait before it looks at them, as behind a dying disk."""
        for option, value in (("duration", delay_s), ("probability", share)):
            self.run("ceph", "tell", f"osd.{number}", "config", "set",
                     f"osd_debug_inject_dispatch_delay_{option}", str(value))

    def limit(self, disk, bytes_per_s):
        """As clouds sell disks."""
        self.run("rbd", "config", "image", "set", disk, "rbd_qos_bps_limit", str(bytes_per_s))

    def close(self):
        for number in self.more:
            if os.path.exists(f"{self.folder}/run/osd.{number}.pid"):
                os.kill(self.pid(number), signal.SIGKILL)
        if os.path.exists(self.conf):
            subprocess.run([f"{LAB}/ceph-down", self.folder], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
