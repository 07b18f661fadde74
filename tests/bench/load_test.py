#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The bench's own instruments: iscsi-load loads, and its verification sees a changed byte."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
import rivals  # noqa: E402
from gateway import Gateway, file_lun, programs  # noqa: E402

SHORT = ["--seconds", "0.5", "--warmup", "0.1"]


def load(url, *words):
    done = subprocess.run([f"{programs()}/iscsi-load", url, *words], capture_output=True,
                          timeout=120, check=False)
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


class Load(unittest.TestCase):
    def test_ceiling(self):
        with tempfile.TemporaryDirectory(prefix="lg-", dir="/tmp") as folder:
            with rivals.canned(rivals.Bench(folder, 0.5, 0.1, 0), "null") as server:
                for words in (("--depth", "1"), ("--depth", "32", "--sessions", "4"),
                              ("--rw", "randwrite", "--depth", "32"),
                              ("--rw", "read", "--block", "131072", "--depth", "32"),
                              ("--rw", "write", "--block", "131072", "--depth", "32")):
                    code, figures, said = load(server.url, *words, *SHORT)
                    self.assertEqual((code, figures.get("errors")), (0, 0), said)
                    self.assertGreater(figures["iops"], 100)
                    self.assertLessEqual(figures["p50_us"], figures["p99_us"])

    def test_verification(self):
        with Gateway(luns=[file_lun(0, "64MiB")]) as gateway:
            url = gateway.url()
            everything = ("--block", "131072", "--depth", "8", "--once", "--verify")
            self.assertEqual(load(url, "--rw", "write", *everything)[0], 0)
            self.assertEqual(load(url, "--rw", "randwrite", "--sessions", "4", "--depth", "16",
                                  "--verify", *SHORT)[0], 0)
            code, figures, said = load(url, "--rw", "read", *everything)
            self.assertEqual((code, figures.get("mismatches")), (0, 0), said)
            with open(f"{gateway.folder}/lun0.img", "r+b") as disk:
                disk.seek(12345)
                byte = disk.read(1)
                disk.seek(12345)
                disk.write(bytes((byte[0] ^ 1,)))
            code, figures, said = load(url, "--rw", "read", *everything)
            self.assertEqual((code, figures.get("mismatches")), (1, 1), said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
