#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""CHAP as libiscsi does it: one way, mutual, and what must not get in."""

import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "faults"))

# pylint: disable=wrong-import-position
from gateway import TARGET, Gateway, file_lun  # noqa: E402

SECRET, OTHER = "a-secret-of-some-length", "another-secret-of-some-length"


def secret_file(folder, name, secret):
    path = os.path.join(folder, name)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
        file.write(secret + "\n")
    return path


class Chap(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # pylint: disable=consider-using-with
        cls.folder = tempfile.TemporaryDirectory(prefix="lg-")
        mine = secret_file(cls.folder.name, "mine", SECRET)
        ours = secret_file(cls.folder.name, "ours", OTHER)
        cls.gateway = Gateway(luns=[file_lun(0, "16MiB")], more=f"""
[target.chap]
user = "host"
secret_file = "{mine}"
mutual_user = "gateway"
mutual_secret_file = "{ours}"
""")

    @classmethod
    def tearDownClass(cls):
        cls.gateway.close()
        cls.folder.cleanup()

    def log_in(self, who, more=""):
        """The exit status of an INQUIRY as `who` (USER%SECRET@)."""
        url = f"iscsi://{who}127.0.0.1:{self.gateway.port}/{TARGET}/0{more}"
        return subprocess.run(["iscsi-inq", url], capture_output=True, check=False, timeout=30)

    def assert_refused(self, run):
        self.assertNotEqual(run.returncode, 0)
        self.assertIn(b"uthentication", run.stdout + run.stderr)
        self.assertTrue(self.gateway.server.alive())

    def test_who_has_the_secret_gets_in(self):
        run = self.log_in(f"host%{SECRET}@")
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_mutual(self):
        run = self.log_in(f"host%{SECRET}@", f"?target_user=gateway&target_password={OTHER}")
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_an_initiator_notices_a_gateway_that_is_another(self):
        run = self.log_in(f"host%{SECRET}@", f"?target_user=gateway&target_password={SECRET}x")
        self.assertNotEqual(run.returncode, 0)

    def test_who_has_another_secret_does_not(self):
        self.assert_refused(self.log_in(f"host%{OTHER}@"))

    def test_nobody_else_does(self):
        self.assert_refused(self.log_in(f"guest%{SECRET}@"))

    def test_nor_who_proves_nothing(self):
        self.assert_refused(self.log_in(""))

    def test_secrets_are_not_in_the_log(self):
        self.log_in(f"host%{OTHER}@")
        log = self.gateway.server.log_text()
        self.assertIn(b"login_refused", log)
        self.assertNotIn(SECRET.encode(), log)
        self.assertNotIn(OTHER.encode(), log)


if __name__ == "__main__":
    unittest.main(verbosity=2)
