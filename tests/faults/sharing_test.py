#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may only read a disk, or see some of a target, takes nothing from those who share it."""

from fault_test import MIB, TARGET, FaultTest, main
from gateway import file_lun
from peer import (AUTHORIZATION_FAILED, FINAL, FUNCTION_COMPLETE, TARGET_COLD_RESET,
                  TARGET_WARM_RESET, TASK_RESPONSE, TASK_SET_FULL, TEST_UNIT_READY, WRITE, read10,
                  write10)
from reserve_out import REGISTER, RESERVE, parameters, reserve_out

OWNER, READER = "iqn.2026-11.io.lungate:peer", "iqn.2026-11.io.lungate:reader"
SOME = "iqn.2026-11.io.lungate:some"
WRITE_PROTECTED = (7, 0x27, 0)
KEY, EXCLUSIVE = 7, 3
PROTECT = bytes(4) + bytes((0x0A, 0x0A, 0x02, 0x10, 0x08, 0x40)) + bytes(6)


class Sharing(FaultTest):
    LUNS = [file_lun(0, "16MiB"), file_lun(1, "16MiB")]
    MORE = f"""
[[target.initiator]]
iqn = "{OWNER}"

[[target.initiator]]
iqn = "{READER}"
map = [{{ lun = 0, as = 0, read_only = true }}, {{ lun = 1, as = 1 }}]

[[target.initiator]]
iqn = "{SOME}"
luns = [0]
"""

    def visitor(self, name):
        return self.connect(initiator=name).login(TARGET).ready()

    def test_a_reader_changes_nothing_of_what_is_shared(self):
        """Guards: reservations and mode pages are the unit's, not the initiator's."""
        reader, owner = self.visitor(READER), self.session()
        for what, cdb, data in (
                ("REGISTER", reserve_out(REGISTER), parameters(new=KEY)),
                ("RESERVE", reserve_out(RESERVE, EXCLUSIVE), parameters(KEY)),
                ("RESERVE (6)", b"\x16" + bytes(5), b""),
                ("MODE SELECT", bytes((0x15, 0x10, 0, 0, len(PROTECT), 0)), PROTECT)):
            with self.subTest(what):
                self.assertEqual(reader.execute(cdb, write=data).sense_code, WRITE_PROTECTED)
        self.assertTrue(reader.execute(read10(0, 1), read=512).good)
        self.assertTrue(owner.execute(write10(0, 1), write=bytes(512)).good)

    def test_a_target_is_reset_by_those_who_may_write_to_all_of_it(self):
        """Guards: TARGET WARM and COLD RESET are subject to access control (RFC 7143, 11.5.1)."""
        owner = self.session()
        for name in (READER, SOME):
            for function in (TARGET_WARM_RESET, TARGET_COLD_RESET):
                peer = self.visitor(name)
                itt = peer.manage(function)
                got = peer.until(lambda got, itt=itt: got.itt == itt)[-1]
                self.assertEqual((got.opcode, got.header[2]), (TASK_RESPONSE, AUTHORIZATION_FAILED))
        self.assertTrue(owner.execute(TEST_UNIT_READY).good, "it was disturbed")
        itt = owner.manage(TARGET_WARM_RESET)
        self.assertEqual(owner.until(lambda got: got.itt == itt)[-1].header[2], FUNCTION_COMPLETE)

    def test_those_who_ask_for_much_and_send_nothing_stop_nobody(self):
        """Guards: a connection has one command's memory although its lane has none (eight
        sessions with 64 MiB of writes each fill a lane; these fill two)."""
        waiting = [self.visitor(OWNER) for _ in range(18)]
        for peer in waiting:
            for _ in range(64):
                peer.start(write10(0, 2048), edtl=MIB, flags=FINAL | WRITE)
        for peer in waiting:
            peer.ping()
        honest = self.visitor(OWNER)
        large = honest.execute(write10(0, 4096), write=bytes(2 * MIB))
        self.assertEqual(large.status, TASK_SET_FULL, "the lanes are not full")
        self.assertTrue(honest.execute(write10(0, 1024), write=bytes(512 * 1024)).good)
        self.assertTrue(honest.execute(read10(0, 1024), read=512 * 1024).good)


if __name__ == "__main__":
    main()
