#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a group of gateways shares stands in a text of its own: a file, and, when
LUNGATE_TEST_CEPH_CONF names a cluster, an object in RADOS."""

import os
import subprocess
import unittest
import uuid

from fault_test import main
from gateway import Gateway, null_lun, programs

CONF = os.environ.get("LUNGATE_TEST_CEPH_CONF", "")


class Member(Gateway):
    """A gateway whose file names `group`; `put` stores the group's text there."""

    def __init__(self, group, put, **more):
        self.put = put
        super().__init__(luns=[null_lun(0, "1GiB")], gateway={"group": group}, **more)

    def write_config(self, port=None):
        super().write_config(port)
        with open(self.config, "w", encoding="utf-8") as text:
            text.write(self.own_tables())
        self.put(self.shared_tables())

    def served(self):
        return [lun["id"] for lun in self.ready_status()["targets"][0]["luns"]]


class Shared:
    """Of a text that is somewhere."""

    def test_it_is_served_and_reloaded(self):
        """Guards: control::read_config, at a start and at a reload."""
        with self.member() as member:
            self.assertEqual(member.served(), [0])
            member.luns.append(null_lun(7, "1GiB"))
            member.reload()
            self.assertEqual(member.served(), [0, 7])

    def test_who_needs_it_not_does_not_read_it(self):
        """Guards: parse_own_file: the exporter, and the command, may not be able to."""
        with self.member() as member:
            self.put("what = is [this")
            self.assertIn("lungate_build_info", {name for name, _, _ in member.metrics()})
            done = subprocess.run([f"{programs()}/lungate", "--config", member.config, "status"],
                                  capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_text_that_is_wrong_changes_nothing(self):
        """Guards: parse_texts at a reload: the error names the text that it is in."""
        with self.member() as member:
            self.put(member.shared_tables() + "\nnonsense = 1\n")
            reply = member.control("reload")
            self.assertEqual(reply["code"], "bad_config", reply)
            self.assertIn(f"{self.group}:", reply["details"][0])
            self.assertIn("unknown key 'nonsense'", reply["details"][0])
            self.assertEqual(member.served(), [0])

    def start(self, config):
        return subprocess.run([f"{programs()}/lungate-target", "--check", config],
                              capture_output=True, text=True, check=False)


class File(Shared, unittest.TestCase):
    def setUp(self):
        self.group = f"/tmp/lg-group-{uuid.uuid4()}"
        self.addCleanup(lambda: os.path.exists(self.group) and os.unlink(self.group))

    def put(self, text):
        with open(self.group, "w", encoding="utf-8") as file:
            file.write(text)

    def member(self):
        return Member(self.group, self.put)


@unittest.skipUnless(CONF, "LUNGATE_TEST_CEPH_CONF names no cluster")
class Rados(Shared, unittest.TestCase):
    """As TextStore writes it; its compare and swap has tests of its own."""

    def setUp(self):
        self.object = f"group.{uuid.uuid4()}"
        self.group = f"rados:rbd/{self.object}"
        self.version = 0
        self.addCleanup(self.rados, "rm", self.object, check=False)

    def rados(self, *words, check=True, **more):
        subprocess.run(["rados", "--conf", CONF, "--pool", "rbd", *words], check=check,
                       capture_output=True, timeout=60, **more)

    def put(self, text):
        self.version += 1
        value = f"time 1790000000\nauthor a test\n\n{text}".encode()
        self.rados("setomapval", self.object, f"v{self.version:020}", input=value)
        self.rados("setomapval", self.object, "current", str(self.version))

    def member(self):
        return Member(self.group, self.put, ceph={"conf": CONF, "user": "admin"})

    def test_a_group_without_a_text_is_an_error(self):
        """Guards: read_object: nothing is served by no text."""
        with self.member() as member:
            self.rados("rm", self.object)
            done = self.start(member.config)
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"\n{self.group}: error: there is no text in it yet "
                          f"('group' of {member.config})\n", done.stderr)


if __name__ == "__main__":
    main()
