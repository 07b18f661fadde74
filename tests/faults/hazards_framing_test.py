#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hazards 2 and 3: additional headers, padding, digests (RFC 7143, 11.2.2, 11.2.3, 7.8)."""

import contextlib
import random
import struct

from fault_test import FaultTest, main
from peer import (CHECK_CONDITION, COMMAND, DATA_DIGEST_ERROR, DATA_OUT, FINAL, INVALID_PDU_FIELD,
                  NOP_IN, NOP_OUT, R2T, READ, REJECT, RESPONSE, TASK_RESPONSE, TEST_UNIT_READY,
                  TEXT, TEXT_RESPONSE, WRITE, Closed, crc32c, pdu, read10, write10)

EXTENDED_CDB, BIDIRECTIONAL = 1, 2  # AHSType (11.2.2.1)
INVALID_FIELD = (5, 0x24, 0)
INVALID_OPCODE = (5, 0x20, 0)
LBA = 640


def ahs(kind, body, length=None):
    """One segment; `length` lies about its AHSLength."""
    raw = struct.pack(">HBB", 1 + len(body) if length is None else length, kind, 0) + body
    return raw + bytes(-len(raw) % 4)


class AdditionalHeaders(FaultTest):
    def outcome(self, opcode=COMMAND, cdb=TEST_UNIT_READY, **more):
        """The sense of the answer, the reason of a Reject, or None for the end."""
        peer = self.session()
        options = {"flags": FINAL, "itt": 5, "ttt": 0, "cdb": cdb, "w24": peer.cmd_sn, **more}
        try:
            peer.send(pdu(opcode, **options))
            got = peer.until(lambda got: got.opcode in (REJECT, RESPONSE, NOP_IN), 3)[-1]
        except Closed:
            return None
        peer.cmd_sn += 1
        self.assert_works(peer)  # the stream is intact, and the number used up
        if got.opcode == REJECT:
            return got.reason
        return got.header[3] and (got.data[4] & 15, got.data[14], got.data[15])

    def hazard_02_lengths_that_lie(self):
        """Guards: AHSLength is held against TotalAHSLength, TotalAHSLength against our bound; the
        stream is lost then, and nothing is read beyond an end (11.2.2)."""
        cases = {"no length": ahs(EXTENDED_CDB, b"", 0),
                 "longer than the whole": ahs(EXTENDED_CDB, bytes(12), 0xFFFF),
                 "one word too long": ahs(EXTENDED_CDB, bytes(12), 17),
                 "wraps 16 bits with its prefix": ahs(EXTENDED_CDB, bytes(12), 0xFFFD),
                 "second beyond the end": ahs(EXTENDED_CDB, bytes(4)) + b"\0\x08\x01\0",
                 "same type twice": 2 * ahs(EXTENDED_CDB, bytes(4)),
                 "bidirectional length of 2 bytes": ahs(BIDIRECTIONAL, bytes(2)),
                 "bidirectional length of 8 bytes": ahs(BIDIRECTIONAL, bytes(8)),
                 "1,020 bytes of zeros": bytes(1020),
                 "1,020 bytes of noise": random.randbytes(1020)}
        for name, raw in cases.items():
            with self.subTest(name):
                self.assertIsNone(self.outcome(ahs=raw))

    def hazard_02_kinds(self):
        """Guards: what is well formed and of no use is refused for that one PDU: an unknown type
        by a Reject, a CDB that is too long or bidirectional by CHECK CONDITION (11.2.2)."""
        cases = (("unknown type", ahs(0x3F, bytes(4)), TEST_UNIT_READY, INVALID_PDU_FIELD),
                 ("reserved type 0", ahs(0, bytes(4)), TEST_UNIT_READY, INVALID_PDU_FIELD),
                 ("CDB of 32 bytes", ahs(EXTENDED_CDB, bytes(16)), b"\x7f", INVALID_OPCODE),
                 ("CDB of 33 bytes", ahs(EXTENDED_CDB, bytes(17)), TEST_UNIT_READY, INVALID_FIELD),
                 ("CDB of 260 bytes", ahs(EXTENDED_CDB, bytes(244)), TEST_UNIT_READY,
                  INVALID_FIELD),
                 ("bidirectional", ahs(BIDIRECTIONAL, struct.pack(">I", 0xFFFFFFFF)),
                  TEST_UNIT_READY, INVALID_FIELD))
        for name, raw, cdb, expected in cases:
            with self.subTest(name):
                self.assertEqual(self.outcome(ahs=raw, cdb=cdb), expected)

    def hazard_02_of_other_pdus(self):
        """Guards: only SCSI commands have additional headers (11.2.2)."""
        raw = ahs(EXTENDED_CDB, bytes(4))
        self.assertEqual(self.outcome(NOP_OUT, ahs=raw, cdb=None), INVALID_PDU_FIELD)
        self.assertEqual(self.outcome(TEXT, ahs=raw, cdb=None), INVALID_PDU_FIELD)

    def hazard_02_with_header_digest(self):
        """Guards: the digest is that of header and additional headers together."""
        peer = self.session(HeaderDigest="CRC32C")
        raw = pdu(COMMAND, flags=FINAL, itt=5, ttt=0, ahs=ahs(EXTENDED_CDB, bytes(16)),
                  cdb=b"\x7f", w24=peer.cmd_sn)
        peer.send(raw + crc32c(raw))
        got = peer.until(lambda got: got.opcode == RESPONSE)[-1]
        self.assertEqual((got.header[3], got.data[14]), (CHECK_CONDITION, 0x20))
        peer.cmd_sn += 1
        self.assert_closed_by(peer, raw + crc32c(raw[:48]))


class Digests(FaultTest):
    def both(self):
        return self.session(HeaderDigest="CRC32C", DataDigest="CRC32C")

    def hazard_03_padding(self):
        """Guards: data of any length ends on a word, whatever its padding holds; the digest counts
        the padding as it was sent (11.2.3)."""
        for peer in (self.session(), self.both()):
            for size in (1, 2, 3, 4, 5, 511):
                data = random.randbytes(size)
                padded = data + b"\xaa" * (-size % 4)
                head = pdu(NOP_OUT, immediate=True, itt=0x900 + size, dsl=size, w24=peer.cmd_sn)
                digests = (crc32c(head), crc32c(padded)) if peer.data_digest else (b"", b"")
                peer.send(head + digests[0] + padded + digests[1])
                got = peer.until(lambda got, size=size: got.itt == 0x900 + size, 3)[-1]
                self.assertEqual(got.data, data)
            self.assert_works(peer)

    def hazard_03_digests_on_every_pdu(self):
        """Guards: a header digest on every PDU, a data digest where there is data and only there:
        each kind is understood, and each answer verifies (11.2.3; the peer checks them)."""
        peer = self.both()
        data = random.randbytes(16 * 512)
        peer.ping()
        peer.ping(b"abc")
        self.assertTrue(peer.execute(TEST_UNIT_READY).good)
        itt = peer.start(write10(LBA, 16), write=data, immediate_bytes=512, final=True)
        self.assertTrue(peer.finish(itt, data).good)  # by R2T and Data-Out
        self.assertEqual(peer.execute(read10(LBA, 16), read=len(data)).data, data)
        self.assertTrue(peer.execute(write10(LBA, 0)).good)
        self.assert_sense(peer.execute(b"\xff" + bytes(9)), 5, 0x20)
        peer.send_pdu(TEXT, itt=0x77, data=b"SendTargets=\0", w24=peer.cmd_sn)
        peer.cmd_sn += 1
        answer = peer.until(lambda got: got.opcode == TEXT_RESPONSE)[-1]
        self.assertIn(b"TargetAddress", answer.data)
        peer.manage(2)
        peer.until(lambda got: got.opcode == TASK_RESPONSE)
        peer.logout()

    def hazard_03_flipped_header_bits(self):
        """Guards: a header whose digest is wrong is not acted upon, neither its lengths nor its
        command: the connection ends, and without waiting for what a flipped length promises."""
        reader = self.session()
        old = reader.execute(read10(LBA, 1), read=512).data
        new = bytes(byte ^ 0xFF for byte in old)
        with self.counts("lungate_digest_errors_total", 40, kind="header"):
            self.flip_each_byte(new)
        self.assertEqual(reader.execute(read10(LBA, 1), read=512).data, old)

    def flip_each_byte(self, new):
        for byte in range(48):
            peer = self.both()
            raw = pdu(COMMAND, flags=FINAL | WRITE, itt=7, ttt=512, data=new, cdb=write10(LBA, 1),
                      w24=peer.cmd_sn)
            broken = bytearray(raw[:48])
            broken[byte] ^= 1 << random.randrange(8)
            # What follows fills any additional headers that the flipped length may promise.
            fill = bytes(1024) if byte == 4 else new + crc32c(new)
            self.assert_closed_by(peer, bytes(broken) + crc32c(raw[:48]) + fill, within=3)

    def reject_of(self, peer, *args, **more):
        """Sends a PDU whose data has a wrong digest. The first answer."""
        raw = pdu(*args, **more)
        head, data = raw[:48], raw[48:]
        peer.send(head + crc32c(head) + data + b"\1\2\3\4")
        got = peer.until(lambda got: got.opcode != R2T, 3)[-1]
        self.assertEqual((got.opcode, got.reason), (REJECT, DATA_DIGEST_ERROR))
        self.assertEqual(got.data, head)

    def hazard_03_wrong_data_digests(self):
        """Guards: a wrong data digest is Reject 0x02, the task fails with CHECK CONDITION, the
        connection lives, and nothing was written (7.8)."""
        peer = self.both()
        old = peer.execute(read10(LBA, 2), read=1024).data
        with self.counts("lungate_digest_errors_total", 4, kind="data"):
            self.send_wrong_digests(peer)
        self.assertEqual(peer.execute(read10(LBA, 2), read=1024).data, old)
        self.assert_works(peer)

    def send_wrong_digests(self, peer):
        self.reject_of(peer, COMMAND, flags=FINAL | WRITE, itt=7, ttt=512, data=b"i" * 512,
                       cdb=write10(LBA, 1), w24=peer.cmd_sn)
        peer.cmd_sn += 1
        self.assert_sense(peer.finish(7), 0xB, 0x4B)
        itt = peer.start(write10(LBA, 2), write=b"o" * 1024, immediate_bytes=0)
        r2t = peer.until(lambda got: got.opcode == R2T)[-1]
        self.reject_of(peer, DATA_OUT, itt=itt, ttt=r2t.ttt, data=b"o" * 1024, offset=0, w36=0)
        self.assert_sense(peer.finish(itt), 0xB, 0x4B)
        for opcode in (NOP_OUT, TEXT):
            self.reject_of(peer, opcode, immediate=True, itt=9, data=b"SendTargets=\0",
                           w24=peer.cmd_sn)

    def hazard_03_flipped_data_bits(self):
        """Guards: one flipped bit of the data, of the padding or of the digest is noticed."""
        peer = self.both()
        for number in range(40):
            data = bytearray(random.randbytes(510))
            head = pdu(NOP_OUT, immediate=True, itt=0xA00 + number, dsl=510, w24=peer.cmd_sn)
            tail = bytearray(bytes(data) + bytes(2) + crc32c(bytes(data) + bytes(2)))
            tail[random.choice((0, 509, 510, 511, 512, 515))] ^= 1 << random.randrange(8)
            peer.send(head + crc32c(head) + bytes(tail))
            got = peer.until(lambda got: got.opcode in (REJECT, NOP_IN), 3)[-1]
            self.assertEqual((got.opcode, got.reason), (REJECT, DATA_DIGEST_ERROR))
        with contextlib.suppress(TimeoutError):
            self.fail(f"answered too: {peer.receive(0.1)}")
        self.assertTrue(peer.execute(read10(0, 1), read=512, flags=FINAL | READ).good)


if __name__ == "__main__":
    main()
