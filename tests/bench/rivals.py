# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who is compared: each is started for its turn, measured, and stopped.

A rival is a context manager that yields something with `measure(workload) -> dict`, the figures of
iscsi-load's JSON. All see the same disk: the same sparse file, the same prefilled RBD image, or
nothing at all (null), with rbd_cache off.
"""

import contextlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "faults"))

# pylint: disable=wrong-import-position
from gateway import (Gateway, Server, file_lun, free_port, null_lun, programs,  # noqa: E402
                     rbd_lun, wait_until)

TGT_TARGET = "iqn.2026-11.io.lungate:tgt"
# What lungate declares by itself; tgt's own default of 8 KiB would be compared with that.
TGT_KEYS = {"MaxRecvDataSegmentLength": 262144, "FirstBurstLength": 262144,
            "MaxBurstLength": 1048576}


@dataclass(frozen=True)
class Workload:
    rw: str
    block: int
    depth: int
    sessions: int = 1

    @property
    def name(self):
        size = f"{self.block // 1024}k"
        depth = f"{self.sessions}x{self.depth}" if self.sessions > 1 else f"qd{self.depth}"
        return f"{self.rw}-{size}-{depth}"


@dataclass(frozen=True)
class Bench:
    """What a comparison runs with."""

    folder: str
    seconds: float
    warmup: float
    size_bytes: int
    ceph_conf: str = ""
    image: str = ""

    @property
    def file(self):
        return f"{self.folder}/disk.img"


def run_load(bench, url, workload, pid):
    command = [f"{programs()}/iscsi-load", url, "--rw", workload.rw, "--block", workload.block,
               "--depth", workload.depth, "--sessions", workload.sessions,
               "--seconds", bench.seconds, "--warmup", bench.warmup, "--server-pid", pid]
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, check=False,
                          timeout=bench.seconds + bench.warmup + 90)
    if not done.stdout:
        raise RuntimeError(f"iscsi-load failed on {url}")
    return json.loads(done.stdout)


class Loaded:
    """An iSCSI server that is up."""

    def __init__(self, bench, url, pid):
        self.bench, self.url, self.pid = bench, url, pid

    def measure(self, workload):
        return run_load(self.bench, self.url, workload, self.pid)


@contextlib.contextmanager
def lungate(bench, backend):
    size = bench.size_bytes
    lun = {"null": lambda: null_lun(0, size),
           "file": lambda: {**file_lun(0, size), "file": bench.file},
           "rbd": lambda: rbd_lun(0, bench.image)}[backend]()
    ceph = {"conf": bench.ceph_conf, "user": "admin"} if backend == "rbd" else None
    with Gateway(luns=[lun], ceph=ceph, gateway={"drain_timeout_ms": 1000}) as gateway:
        yield Loaded(bench, gateway.url(), gateway.server.pid)


def tgt_admin(control, *words):
    command = ["tgtadm", "-C", control, "--lld", "iscsi", *words]
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False)


def tgt_store(bench, backend):
    if backend == "rbd":
        return ["--bstype", "rbd", "--backing-store", bench.image,
                "--bsopts", f"conf={bench.ceph_conf};id=admin"]
    if backend == "null":
        # Its size is that of a path; a sparse file is as good as any.
        return ["--bstype", "null", "--backing-store", bench.file]
    return ["--bstype", "rdwr", "--backing-store", bench.file]


@contextlib.contextmanager
def tgt(bench, backend):
    port, control = free_port(), 1000 + os.getpid() % 30000
    server = Server(["tgtd", "-f", "-C", str(control), "--iscsi", f"portal=127.0.0.1:{port}"],
                    f"{bench.folder}/tgtd.log")
    try:
        server.wait_ready("answers", lambda: tgt_admin(control, "--op", "show", "--mode", "system")
                          .returncode == 0)
        target = ["--mode", "target", "--tid", "1"]
        steps = [["--op", "new", *target, "-T", TGT_TARGET],
                 *(["--op", "update", *target, "-n", key, "-v", value]
                   for key, value in TGT_KEYS.items()),
                 ["--op", "new", "--mode", "logicalunit", "--tid", "1", "--lun", "1",
                  *tgt_store(bench, backend)],
                 ["--op", "bind", *target, "-I", "ALL"]]
        for step in steps:
            done = tgt_admin(control, *step)
            if done.returncode != 0:
                raise RuntimeError(f"tgtadm {' '.join(map(str, step))}: {done.stderr}")
        yield Loaded(bench, f"iscsi://127.0.0.1:{port}/{TGT_TARGET}/1", server.pid)
    finally:
        # tgtd ends in order only when told by its own command; its pid is ours to end otherwise.
        tgt_admin(control, "--op", "delete", "--force", "--mode", "target", "--tid", "1")
        tgt_admin(control, "--op", "delete", "--mode", "system")
        with contextlib.suppress(AssertionError):
            wait_until("tgtd has ended", 5, lambda: not server.alive())
        if server.alive():
            server.kill()


@contextlib.contextmanager
def canned(bench, _):
    log = f"{bench.folder}/canned.log"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(log)
    server = Server([f"{programs()}/canned-target"], log)
    try:
        server.wait_ready("says where it listens", lambda: b"\n" in server.log_text())
        yield Loaded(bench, server.log_text().decode().strip(), server.pid)
    finally:
        server.kill()


class Fio:
    """librbd without any iSCSI: fio's rbd engine. Its CPU time is that of the whole process, for
    its own figures leave librbd's threads out. Several sessions become one job of that depth: as
    several clients they would fight for the image's lock."""

    def __init__(self, bench):
        self.bench = bench

    def measure(self, workload):
        pool, image = self.bench.image.split("/")
        command = ["fio", "--name=bench", "--thread", "--ioengine=rbd", "--clientname=admin",
                   f"--pool={pool}", f"--rbdname={image}", f"--rw={workload.rw}",
                   f"--bs={workload.block}", f"--iodepth={workload.depth * workload.sessions}",
                   "--time_based", f"--runtime={self.bench.seconds}",
                   f"--ramp_time={self.bench.warmup}", "--output-format=json"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, capture_output=True, check=False,
                              env={**os.environ, "CEPH_CONF": self.bench.ceph_conf})
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        text = done.stdout.decode()
        job = json.loads(text[text.index("{"):])["jobs"][0]
        side = job["write" if workload.rw.endswith("write") else "read"]
        share = self.bench.seconds / (self.bench.seconds + self.bench.warmup)
        cpu = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e6 * share
        nanoseconds = side["clat_ns"]["percentile"]
        return {"iops": side["iops"], "ios": side["total_ios"], "errors": job["error"],
                "p50_us": nanoseconds["50.000000"] / 1e3, "p99_us": nanoseconds["99.000000"] / 1e3,
                "server_cpu_us_per_io": cpu / max(1, side["total_ios"]),
                "client_cpu_us_per_io": 0}


@contextlib.contextmanager
def fio(bench, _):
    yield Fio(bench)


def cluster_answers(conf):
    """Else every command would wait for five minutes."""
    done = subprocess.run(["ceph", "--conf", conf, "--connect-timeout", "10", "health"],
                          capture_output=True, check=False)
    return done.returncode == 0


def prefill(bench, backend):
    """Objects and blocks that were never written would be read for nothing."""
    if backend == "rbd":
        subprocess.run(["fio", "--name=fill", "--thread", "--ioengine=rbd", "--clientname=admin",
                        f"--pool={bench.image.split('/')[0]}",
                        f"--rbdname={bench.image.split('/')[1]}", "--rw=write", "--bs=4M",
                        "--iodepth=4"], env={**os.environ, "CEPH_CONF": bench.ceph_conf},
                       stdout=subprocess.DEVNULL, check=True)
        return
    with open(bench.file, "wb") as disk:
        for _ in range(bench.size_bytes >> 20):
            disk.write(os.urandom(1 << 20))


@contextlib.contextmanager
def prepared(seconds, warmup, size_bytes, backends, ceph_conf):
    """A folder with a disk; with rbd among the backends also an image."""
    folder = tempfile.mkdtemp(prefix="lg-bench-", dir="/tmp")
    image = f"rbd/bench{os.getpid()}"
    conf = f"{folder}/ceph.conf"
    bench = Bench(folder, seconds, warmup, size_bytes, conf, image)
    rbd = ["rbd", "--conf", conf]
    try:
        prefill(bench, "file")
        if "rbd" in backends:
            with open(ceph_conf, encoding="utf-8") as given, open(conf, "w", encoding="utf-8") as o:
                o.write(given.read() + "\n[client]\nrbd cache = false\n")
            subprocess.run([*rbd, "create", "--size", f"{size_bytes >> 20}M", image], check=True)
            prefill(bench, "rbd")
        yield bench
    finally:
        if "rbd" in backends:
            subprocess.run([*rbd, "rm", "--no-progress", image], check=False)
        shutil.rmtree(folder, ignore_errors=True)
