#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hazards 26 and 27: commands that read before they write, and copies between units
(SBC-3, 5.2; SPC-4, 6.5)."""

import random
import struct
import threading
import time

from copy_list import copy_list, cscd, extended_copy, naa, segment
from fault_test import TARGET, FaultTest, main
from gateway import file_lun
from peer import (ABORT_TASK, FUNCTION_COMPLETE, LUN_RESET, TASK_RESPONSE, Peer, read10,
                  write10)

ALONE, WRITER = "iqn.2026-11.io.lungate:alone", "iqn.2026-11.io.lungate:peer"
THREADS, ROUNDS = 4, 60
SLOW, DELAY = 2, 0.3
BYTES = 8 * 512
COMPARE_AND_WRITE = 0x89
NOT_REACHABLE, UNREACHABLE_ID = (0xA, 0x0D, 2), (0xA, 0x08, 4)
TOO_MANY_TARGETS, TOO_MANY_SEGMENTS = (5, 0x26, 6), (5, 0x26, 8)
INLINE, UNSUPPORTED_SEGMENT, UNSUPPORTED_TARGET = (5, 0x26, 0x0B), (5, 0x26, 9), (5, 0x26, 7)
INVALID_FIELD_IN_LIST, LENGTH_ERROR = (5, 0x26, 0), (5, 0x1A, 0)
MISCOMPARE = (0xE, 0x1D, 0)


def compare_and_write(lba, blocks):
    return struct.pack(">BBQ3xBBB", COMPARE_AND_WRITE, 0, lba, blocks, 0, 0)


def write_same(lba, blocks, flags=0):
    return struct.pack(">BBQIBB", 0x93, flags, lba, blocks, 0, 0)


class CopyTest(FaultTest):
    LUNS = [file_lun(0, "16MiB"), file_lun(1, "16MiB"),
            file_lun(SLOW, "16MiB", test_delay_ms=int(1000 * DELAY))]
    # The one who is alone sees one unit; the other sees all, one of them under another number as
    # well that it may only read.
    MORE = f"""
[[target.initiator]]
iqn = "{WRITER}"

[[target.initiator]]
iqn = "{ALONE}"
luns = [0]

[[target.initiator]]
iqn = "{ALONE}-reads"
map = [{{ lun = 0, as = 0 }}, {{ lun = 1, as = 1, read_only = true }}]
"""

    def visitor(self, name):
        return self.connect(initiator=name).login(TARGET).ready()

    def copy(self, peer, data, lun=0):
        return peer.execute(extended_copy(data), write=data, lun=lun)

    def read(self, peer, lun, lba, blocks=8):
        return peer.execute(read10(lba, blocks), read=512 * blocks, lun=lun).data


class ReadBeforeWrite(CopyTest):
    def hazard_26_one_winner(self):
        """Guards: COMPARE AND WRITE is one step for all sessions on all loops: of those who add to
        one counter, none loses an addition, writers between them or not."""
        zero = self.session()
        self.assertTrue(zero.execute(write10(500, 1), write=bytes(512)).good)
        wins, failures = [], []

        def add(number):
            try:
                with Peer(self.gateway.portal, timeout=30) as peer:
                    peer.login(TARGET).ready()
                    for _ in range(ROUNDS):
                        while not self.add_one(peer):
                            pass
                        peer.execute(write10(501 + number, 1), write=bytes(512))
                        wins.append(number)
            except BaseException as failure:  # pylint: disable=broad-except
                failures.append(failure)

        threads = [threading.Thread(target=add, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        counter = struct.unpack(">Q", self.read(zero, 0, 500, 1)[:8])[0]
        self.assertEqual((counter, len(wins)), (THREADS * ROUNDS, THREADS * ROUNDS))

    def add_one(self, peer):
        old = self.read(peer, 0, 500, 1)
        new = struct.pack(">Q", struct.unpack(">Q", old[:8])[0] + 1) + old[8:]
        result = peer.execute(compare_and_write(500, 1), write=old + new)
        if not result.good:
            self.assertEqual(result.sense_code, MISCOMPARE)
        return result.good

    def hazard_26_miscompare(self):
        """Guards: the place of the first difference is in the sense data, to the byte, over all
        blocks, and nothing is written (SBC-3, 5.2)."""
        peer = self.session()
        old = random.randbytes(16 * 512)
        self.assertTrue(peer.execute(write10(600, 16), write=old).good)
        for place in (0, 1, 511, 512, 4097, 16 * 512 - 1):
            expected = bytearray(old)
            expected[place] ^= 0x10
            if place < 8000:
                expected[8000] ^= 0x10  # a second one, which is not the first
            result = peer.execute(compare_and_write(600, 16), write=bytes(expected) + bytes(8192))
            self.assert_sense(result, *MISCOMPARE)
            self.assertTrue(result.sense[0] & 0x80)
            self.assertEqual(struct.unpack_from(">I", result.sense, 3)[0], place)
            self.assertEqual(self.read(peer, 0, 600, 16), old)

    def hazard_26_abort_over_the_same_blocks(self):
        """Guards: WRITE SAME and UNMAP that were aborted have ended when the abort is answered:
        what is written after it stays."""
        peer = self.session()
        peer.lun = SLOW
        peer.ready()
        unmap = struct.pack(">HH4xQI4x", 22, 16, 64, 8)
        new = random.randbytes(BYTES)
        for cdb, data in ((write_same(64, 8), b"s" * 512), (write_same(64, 8, 8), bytes(512)),
                          (struct.pack(">B6xHB", 0x42, len(unmap), 0), unmap),
                          (compare_and_write(64, 8), new + bytes(BYTES))):
            begin = time.monotonic()
            itt = peer.start(cdb, write=data)
            peer.ping()
            asked = peer.manage(ABORT_TASK, ref_itt=itt, ref_cmd_sn=peer.cmd_sn - 1)
            done = peer.until(lambda got, asked=asked: got.opcode == TASK_RESPONSE
                              and got.itt == asked)[-1]
            self.assertEqual(done.header[2], FUNCTION_COMPLETE)
            if cdb[0] != COMPARE_AND_WRITE:  # taken back while it waits for its range, it is done
                self.assertGreater(time.monotonic() - begin, 0.9 * DELAY)
            self.assertTrue(peer.execute(write10(64, 8), write=new).good)
            self.assertEqual(self.read(peer, SLOW, 64), new)

    def hazard_26_several_paths(self):
        """Guards: the range that COMPARE AND WRITE holds is given back when its session dies or is
        reset in the middle: the next one gets it."""
        other = self.session()
        other.lun = SLOW
        other.ready()
        for end in (Peer.reset, self.reset_unit):
            peer = self.session()
            peer.lun = SLOW
            peer.ready()
            for _ in range(3):
                peer.start(compare_and_write(64, 8), write=bytes(2 * BYTES))
            peer.ping()
            end(peer)
            other.ready()
            self.assertTrue(other.execute(write10(64, 8), write=bytes(BYTES)).good)
            self.assertTrue(other.execute(compare_and_write(64, 8), write=bytes(2 * BYTES)).good)

    def reset_unit(self, peer):
        asked = peer.manage(LUN_RESET)
        peer.until(lambda got: got.opcode == TASK_RESPONSE and got.itt == asked)


class Copies(CopyTest):
    def setUp(self):
        super().setUp()
        self.peer = self.session()
        self.names = [naa(self.peer, lun) for lun in (0, 1)]
        self.data = random.randbytes(BYTES)
        for lun in (0, 1):
            self.peer.execute(b"\0" * 6, lun=lun)
            self.peer.execute(b"\0" * 6, lun=lun)
        self.assertTrue(self.peer.execute(write10(0, 8), write=self.data, lun=1).good)
        self.assertTrue(self.peer.execute(write10(0, 8), write=bytes(BYTES), lun=0).good)

    def from_one_to_zero(self, blocks=8):
        """A list: from LUN 1 to LUN 0."""
        return copy_list([cscd(self.names[1]), cscd(self.names[0])], [segment(0, 1, blocks, 0, 0)])

    def hazard_27_copies(self):
        """Not a fault: who sees both units may copy."""
        self.assertTrue(self.copy(self.peer, self.from_one_to_zero()).good)
        self.assertEqual(self.read(self.peer, 0, 0), self.data)

    def regression_cve_2020_28374_units_of_others(self):
        """Guards: a copy finds only units that its initiator sees, as source and as destination,
        by whatever name: nobody reads or writes another's disk by it (hazard 27; LIO, also
        CVE-2021-3139)."""
        alone = self.visitor(ALONE)
        both = [cscd(self.names[1]), cscd(self.names[0])]
        for data in (self.from_one_to_zero(), copy_list(both, [segment(1, 0, 8, 0, 0)]),
                     copy_list(both, [segment(0, 0, 8, 0, 8)]),
                     copy_list([cscd(self.names[1])], [segment(0, 0, 8, 0, 8)])):
            self.assert_sense(self.copy(alone, data), *NOT_REACHABLE)
        for name in (bytes(8), b"\xff" * 8, self.names[1][:4], b"/etc/passwd", b"../lun1.img",
                     self.names[1] + bytes(8)):
            data = copy_list([cscd(name), cscd(self.names[0])], [segment(0, 1, 8, 0, 0)])
            self.assertEqual(self.copy(alone, data).status, 2)
        self.assertEqual(self.read(self.peer, 0, 0), bytes(BYTES))
        self.assertEqual(self.read(self.peer, 1, 0), self.data)
        own = copy_list([cscd(self.names[0])], [segment(0, 0, 8, 0, 64)])
        self.assertTrue(self.copy(alone, own).good)

    def hazard_27_protected_destination(self):
        """Guards: a destination that this initiator may only read is not written; as a source it
        will do."""
        reader = self.visitor(ALONE + "-reads")
        both = [cscd(self.names[0]), cscd(self.names[1])]
        result = self.copy(reader, copy_list(both, [segment(0, 1, 8, 0, 0)]))
        self.assertEqual(result.sense_code[0], 0xA)
        self.assertEqual(self.read(self.peer, 1, 0), self.data)
        self.assertTrue(self.copy(reader, copy_list(both, [segment(1, 0, 8, 0, 0)])).good)
        self.assertEqual(self.read(self.peer, 0, 0), self.data)

    def hazard_27_bounds(self):
        """Guards: descriptors, segments and bytes of one copy are counted; identifiers and ranges
        are looked up; a list with one wrong segment copies nothing."""
        both = [cscd(self.names[1]), cscd(self.names[0])]
        good = segment(0, 1, 8, 0, 0)
        end = (16 << 20) // 512
        cases = (("17 segments", copy_list(both, [good] * 17), TOO_MANY_SEGMENTS),
                 ("3 units", copy_list(both + both[:1], [good]), TOO_MANY_TARGETS),
                 ("inline data", copy_list(both, [good], inline=1), INLINE),
                 ("a segment of another kind", copy_list(both, [good, segment(0, 1, 8, 0, 0, 9)]),
                  UNSUPPORTED_SEGMENT),
                 ("a unit of another kind", copy_list([cscd(self.names[1], kind=0xE0), both[1]],
                                                      [good]), UNSUPPORTED_TARGET),
                 ("unit 2", copy_list(both, [good, segment(2, 1, 8, 0, 0)]), UNREACHABLE_ID),
                 ("unit 65535", copy_list(both, [good, segment(0, 0xFFFF, 8, 0, 0)]),
                  UNREACHABLE_ID),
                 ("beyond the end", copy_list(both, [good, segment(0, 1, 2, end - 1, 0)]),
                  NOT_REACHABLE),
                 ("to beyond the end", copy_list(both, [good, segment(0, 1, 8, 0, end)]),
                  NOT_REACHABLE),
                 ("wrapping", copy_list(both, [good, segment(0, 1, 8, (1 << 64) - 4, 0)]),
                  NOT_REACHABLE),
                 ("half a descriptor", copy_list(both, [good, good[:9]]), INVALID_FIELD_IN_LIST),
                 ("CSCD length", copy_list(both, [good], cscd_bytes=0xFFE0), LENGTH_ERROR),
                 ("segment length", copy_list(both, [good], segment_bytes=0xFFFFFFFF),
                  LENGTH_ERROR),
                 ("other blocks", copy_list([cscd(self.names[1], block=4096), both[1]], [good]),
                  INVALID_FIELD_IN_LIST))
        for name, data, sense in cases:
            with self.subTest(name):
                self.assert_sense(self.copy(self.peer, data), *sense)
                self.assertEqual(self.read(self.peer, 0, 0), bytes(BYTES))
        with self.subTest("a name longer than its place"):
            data = copy_list([cscd(self.names[1], size=255), both[1]], [good])
            self.assertEqual(self.copy(self.peer, data).status, 2)


if __name__ == "__main__":
    main()
