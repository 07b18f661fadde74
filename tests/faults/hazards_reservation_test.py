#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hazard 25: persistent reservations (SPC-4, 5.13, 6.15, 6.16, 7.6.4.6)."""

import struct

from fault_test import TARGET, FaultTest, main
from peer import FINAL, WRITE, Peer, read10, write10
from reserve_out import CLEAR, REGISTER, REGISTER_AND_MOVE, RESERVE, parameters, reserve_out

READ_KEYS, READ_FULL_STATUS = 0, 3
WRITE_EXCLUSIVE, ALL_REGISTRANTS = 1, 7
SPEC_I_PT = 8
REGISTRATIONS_MAX = 256  # limits::kRegistrationsMax
NO_RESOURCES, LENGTH_ERROR, INVALID_FIELD_IN_LIST = (5, 0x55, 4), (5, 0x1A, 0), (5, 0x26, 0)
CONFLICT = 0x18


def reserve_in(action, size=8192):
    return struct.pack(">BB5xHB", 0x5E, action, size, 0)


def transport_id(name, kind=0x45, length=None):
    """Of an initiator port: "NAME,i,0xISID"."""
    raw = name + b"\0"
    raw = raw.ljust(max(20, len(raw) + -len(raw) % 4), b"\0")
    return struct.pack(">BxH", kind, len(raw) if length is None else length) + raw


def listed(*ids, told=None):
    body = b"".join(ids)
    return struct.pack(">I", len(body) if told is None else told) + body


class Reservations(FaultTest):
    def out(self, peer, action, data, kind=0):
        return peer.execute(reserve_out(action, kind, len(data)), write=data, edtl=len(data),
                            flags=FINAL | (WRITE if data else 0))

    def register(self, peer, key, old=0, **more):
        return self.out(peer, REGISTER, parameters(old, key, **more))

    def keys(self, peer):
        data = peer.execute(reserve_in(READ_KEYS), read=8192).data
        count = struct.unpack_from(">I", data, 4)[0] // 8
        return list(struct.unpack_from(f">{count}Q", data, 8))

    def tearDown(self):
        """Nobody is left registered."""
        peer = self.session()
        self.register(peer, 0xC1EA)
        self.out(peer, CLEAR, parameters(0xC1EA))
        self.assertEqual(self.keys(peer), [])
        super().tearDown()

    def regression_cve_2025_57275_registrants(self):
        """Guards: registrants are counted: the one beyond the bound is refused, whether it asks
        for itself or for others, and the rest stays as it was (hazard 25; SPDK)."""
        for number in range(REGISTRATIONS_MAX):
            host = self.host(number)
            self.assertTrue(self.register(host, 1000 + number).good)
            host.logout()
        late = self.session()
        self.assert_sense(self.register(late, 7), *NO_RESOURCES)
        host = self.host(0)
        more = listed(transport_id(b"iqn.2026-11.io.lungate:x,i,0x800000000001"))
        self.assert_sense(self.out(host, REGISTER, parameters(1000, 1000, SPEC_I_PT, more)),
                          5, 0x26)
        self.assertEqual(sorted(self.keys(late)), [1000 + n for n in range(REGISTRATIONS_MAX)])
        cut = late.execute(reserve_in(READ_FULL_STATUS, 65535), read=65535)
        self.assertTrue(cut.good)
        self.assertGreater(struct.unpack_from(">I", cut.data, 4)[0], 24 * REGISTRATIONS_MAX)
        self.assertTrue(self.register(host, 0, old=1000).good)
        self.assertTrue(self.register(late, 7).good)
        self.assertTrue(self.out(late, CLEAR, parameters(7)).good)

    def host(self, number):
        """One of many, and always the same port."""
        peer = self.connect(initiator=f"iqn.2026-11.io.lungate:host-{number}",
                            isid=b"\x80\0\0\0\0\1")
        return peer.login(TARGET).ready()

    def hazard_25_transport_ids(self):
        """Guards: lengths of TransportIDs are held against the list and each other, their kind and
        their text against 7.6.4.6; a list with one wrong one registers nobody."""
        good = transport_id(b"iqn.2026-11.io.lungate:other,i,0x800000000001")
        wrong = {"of no protocol": transport_id(b"iqn.x:y,i,0x1", kind=0x4F),
                 "of a device": transport_id(b"iqn.2026-11.io.lungate:other", kind=0x05),
                 "Fibre Channel": bytes(24), "no ISID": transport_id(b"iqn.2026-11.io.lungate:o"),
                 "empty": transport_id(b""), "no end": struct.pack(">BxH", 0x45, 20) + b"n" * 20,
                 "too short": struct.pack(">BxH", 0x45, 16) + bytes(16),
                 "odd": struct.pack(">BxH", 0x45, 22) + bytes(22),
                 "beyond the list": transport_id(b"iqn.x:y,i,0x1", length=0xFFFC),
                 "a name of 400 bytes": transport_id(b"iqn.x:" + b"n" * 400 + b",i,0x1"),
                 "letters": transport_id(b"iqn.2026-11.io.lungate:\xff\n,i,0x1"),
                 "half of one": good[:10], "ones": b"\xff" * 24}
        peer = self.session()
        for name, raw in wrong.items():
            with self.subTest(name):
                result = self.out(peer, REGISTER, parameters(0, 5, SPEC_I_PT, listed(good, raw)))
                self.assertEqual(result.status, 2)
                self.assertIn(result.sense_code, (INVALID_FIELD_IN_LIST, LENGTH_ERROR))
                self.assertEqual(self.keys(peer), [])
        for told in (len(good) + 1, len(good) + 4, 0x7FFFFFFF, 0xFFFFFFFC, 0xFFFFFFFF):
            data = parameters(0, 5, SPEC_I_PT, listed(good, told=told))
            self.assert_sense(self.out(peer, REGISTER, data), *LENGTH_ERROR)
        for size in range(3):  # the length itself is cut
            self.assert_sense(self.out(peer, REGISTER, parameters(0, 5, SPEC_I_PT, bytes(size))),
                              *LENGTH_ERROR)

    def hazard_25_others_ports(self):
        """Not a fault: SPEC_I_PT registers others, who are found registered when they come; and
        more ports than fit are not even read."""
        other = self.connect(initiator="iqn.2026-11.io.lungate:other").login(TARGET).ready()
        name = f"{other.initiator},i,0x{other.isid.hex()}".encode()
        peer = self.session()
        data = parameters(0, 5, SPEC_I_PT, listed(transport_id(name)))
        self.assertTrue(self.out(peer, REGISTER, data).good)
        self.assertEqual(self.keys(peer), [5, 5])
        self.assertTrue(self.register(other, 6, old=5).good)
        many = [transport_id(b"iqn.2026-11.io.lungate:%d,i,0x1" % number) for number in range(150)]
        self.assertEqual(self.out(peer, REGISTER, parameters(5, 5, SPEC_I_PT, listed(*many)))
                         .status, 2)
        self.assertEqual(sorted(self.keys(peer)), [5, 6])

    def hazard_25_register_and_move(self):
        """Guards: the same of REGISTER AND MOVE, whose list has other places for its lengths."""
        peer = self.session()
        self.assertTrue(self.register(peer, 5).good)
        self.assertTrue(self.out(peer, RESERVE, parameters(5), WRITE_EXCLUSIVE).good)
        good = transport_id(b"iqn.2026-11.io.lungate:other,i,0x800000000001")
        for told, port, raw in ((0xFFFFFFFF, 1, good), (len(good) + 4, 1, good), (0, 1, good),
                                (23, 1, good), (len(good), 2, good), (24, 1, b"\xff" * 24),
                                (len(good), 1, good[:8])):
            data = struct.pack(">QQxBHI", 5, 6, 0, port, told) + raw
            with self.subTest(told=told, port=port):
                self.assertEqual(self.out(peer, REGISTER_AND_MOVE, data).status, 2)
        self.assertEqual(self.keys(peer), [5])

    def hazard_25_survives_sessions(self):
        """Guards: a reservation is an I_T nexus's, not a session's: it holds while its holder is
        away, and is his when he comes back."""
        holder, other = self.session(), self.session()
        self.assertTrue(self.register(holder, 5).good)
        self.assertTrue(self.out(holder, RESERVE, parameters(5), WRITE_EXCLUSIVE).good)
        for end in (Peer.close, Peer.reset):
            end(holder)
            self.assertEqual(other.execute(write10(0, 1), write=bytes(512)).status, CONFLICT)
            self.assertTrue(other.execute(read10(0, 1), read=512).good)
            holder = self.connect(isid=holder.isid).login(TARGET).ready()
            self.assertTrue(holder.execute(write10(0, 1), write=bytes(512)).good)
        stranger = self.connect(isid=holder.isid, initiator="iqn.2026-11.io.lungate:stranger")
        stranger.login(TARGET).ready()
        self.assertEqual(stranger.execute(write10(0, 1), write=bytes(512)).status, CONFLICT)

    def hazard_25_generation(self):
        """Guards: PRGENERATION counts changes, by one, and a refused one is none (6.15.2). It is a
        word of 32 bits that wraps by itself."""
        peer = self.session()

        def generation():
            return struct.unpack_from(">I", peer.execute(reserve_in(READ_KEYS), read=8).data)[0]

        before = generation()
        self.assertTrue(self.register(peer, 5).good)
        self.assertFalse(self.register(peer, 6, old=9).good)
        self.assertTrue(self.out(peer, RESERVE, parameters(5), ALL_REGISTRANTS).good)
        self.assertEqual(generation(), before + 1)
        self.assertTrue(self.out(peer, CLEAR, parameters(5)).good)
        self.assertEqual(generation(), before + 2)


if __name__ == "__main__":
    main()
