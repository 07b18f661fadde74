#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What ESX sends, and what VMFS needs to hear: the scan of a path, SCSI-2 reservations, and VAAI
(atomic test and set, block zero, full copy, unmap). A full store, and the stun:
full_store_test.py.

Not asked for, because no source was found: the login keys' values, whether REPORT SUPPORTED
OPERATION CODES is sent, the size of one block zero request, LIST ID USAGE of a full copy (both
forms that need no answer later are tried), and how often a path is pinged.
"""

import struct
import threading

import scsi
from host import MIB, TARGET, HostTest, login, main
from peer import (ABORT_TASK, FINAL, LUN_RESET, NOP_IN, READ, READ_CAPACITY10, TASK_RESPONSE,
                  inquiry, read10)

ISID = bytes.fromhex("00023d000001")


class Vmware(HostTest):
    INITIATOR = "iqn.1998-01.com.vmware:host-1"

    def host(self, lun=0, name=INITIATOR, **more):
        """Source: SPDK issue 405 has ESX's ISID 00023D000001h, which is open-iscsi's (config.h),
        and neither digest; "vSphere 4.1 iSCSI Advanced Settings And Their Meanings" has digests
        prohibited and ErrorRecoveryLevel 0 by default. The rest is RFC 7143's defaults."""
        peer = self.connect(initiator=name, isid=ISID)
        who = {"InitiatorName": name, "TargetName": TARGET, "SessionType": "Normal",
               "AuthMethod": "None"}
        terms = {"HeaderDigest": "None", "DataDigest": "None", "ErrorRecoveryLevel": 0,
                 "InitialR2T": "No", "ImmediateData": "Yes", "MaxConnections": 1,
                 "DataPDUInOrder": "Yes", "DataSequenceInOrder": "Yes", **more}
        login(peer, who, terms).lun = lun
        return peer.ready()

    def hosts(self):
        return self.host(), self.host(name="iqn.1998-01.com.vmware:host-2")

    # --- a path is scanned ---

    def test_login(self):
        terms = self.host().terms
        self.assertEqual([terms[key] for key in ("HeaderDigest", "DataDigest",
                                                 "ErrorRecoveryLevel", "ImmediateData")],
                         ["None", "None", "0", "Yes"])

    def test_scan(self):
        """REPORT LUNS, then INQUIRY and the pages 00h, 80h, 83h and 86h of each LUN; no LUN is
        claimed without a device identification.
        Source: VMware KB 1010244 (the commands of a rescan); the command log of SPDK issue 405,
        where ESX complains of a missing page 86h; ESOS issue 200 ("does not support VPD Device Id
        page")."""
        peer = self.host()
        listed = self.good(peer, scsi.report_luns(8192), read=8192)
        self.assertEqual(listed[8:], b"".join(bytes((0, lun)) + bytes(6)
                                              for lun in range(len(self.DISKS))))
        for peer.lun in range(len(self.DISKS)):
            self.assertEqual(self.good(peer, inquiry(255), read=255)[0], 0)
            self.assertLessEqual({0x80, 0x83, 0x86, 0xB0, 0xB2}, set(self.vpd(peer, 0)[4:]))
            self.assertEqual(self.vpd(peer, 0x86)[1], 0x86)
            self.assertTrue(self.vpd(peer, 0x80)[4:].strip())

    def test_names_of_disks(self):
        """A disk is called naa.HEX by the NAA designator of its unit, and no two alike; T10 vendor
        identifiers differ in the first eight characters behind the vendor.
        Source: device names in tcmu-runner issue 197 (naa.6001405...); SCST, README, t10_dev_id:
        ESX and Hyper-V look at the first eight characters only."""
        names, short = set(), set()
        for lun in range(len(self.DISKS)):
            peer = self.host(lun)
            names.add(self.naa(peer))
            short |= {one.data[8:16] for one in scsi.designators(self.vpd(peer, 0x83))
                      if (one.association, one.kind) == (scsi.OF_UNIT, scsi.T10_VENDOR)}
        self.assertEqual((len(names), len(short)), (len(self.DISKS),) * 2)

    def test_one_product_for_all_disks(self):
        """Vendor, product and revision are the same on every LUN.
        Source: SCST, README, "VAAI": VMware uses no EXTENDED COPY between LUNs of different
        product identification."""
        self.assertEqual(len({self.good(self.host(lun), inquiry(96), read=96)[8:36]
                              for lun in range(len(self.DISKS))}), 1)

    def test_block_descriptor(self):
        """MODE SENSE with DBD=0 has number and size of blocks in its block descriptor, as READ
        CAPACITY has them.
        Source: tcmu-runner 96ace06 (ESX 6.5 compares the two)."""
        peer = self.host()
        mode = scsi.mode_data6(self.good(peer, scsi.mode_sense6(0x3F, 255), read=255))
        blocks, size = struct.unpack(">II", mode.descriptor)
        self.assertEqual((blocks, size & 0xFFFFFF), peer.capacity())

    def test_ready_with_read_direction(self):
        """TEST UNIT READY whose header announces a read is answered all the same.
        Source: SCST, scst_targ.c, scst_is_allowed_to_mismatch_cmd()."""
        self.assert_good(self.host().execute(bytes(6), flags=FINAL | READ, edtl=0))

    def test_pings(self):
        """NOP-Out is echoed, between commands as after them.
        Source: "vSphere 4.1 iSCSI Advanced Settings And Their Meanings" (Noop Interval, Noop
        Timeout); RFC 7143, 11.18."""
        peer = self.host()
        self.assertEqual(peer.ping(b"beat")[-1].data, b"beat")
        itt = peer.start(READ_CAPACITY10, read=8)
        seen = {got.itt: got.opcode for got in peer.ping()}
        self.assertTrue(itt in seen or peer.finish(itt).good)
        self.assertIn(NOP_IN, seen.values())

    def test_write_beyond_immediate_data(self):
        """A write of 34 blocks, 8 KiB of it with the command: GOOD, and no residual.
        Source: SPDK issue 405: ESX takes the format for failed when a residual is told."""
        peer = self.host(FirstBurstLength=8192)
        data = self.dice.randbytes(34 * 512)
        result = peer.execute(scsi.write10(100, 34), write=data, immediate_bytes=8192)
        self.assert_good(result)
        self.assertEqual(result.signed_residual, 0)
        self.assertEqual(self.read(peer, 100, 34), data)

    def test_abort_of_what_has_ended(self):
        """ABORT TASK of a command that was answered is answered, and the session goes on.
        Source: SCST, README: ESX aborts such commands. (It likes FUNCTION COMPLETE better than TASK
        DOES NOT EXIST; RFC 7143, 11.6.1 wants the latter.)"""
        peer = self.host()
        itt = peer.start(read10(0, 1), read=512)
        self.assert_good(peer.finish(itt))
        request = peer.manage(ABORT_TASK, ref_itt=itt, ref_cmd_sn=peer.cmd_sn - 1)
        answer = peer.until(lambda got: got.opcode == TASK_RESPONSE and got.itt == request)[-1]
        self.assertIn(answer.header[2], (0, 1))
        self.assert_good(peer.execute(bytes(6)))

    # --- SCSI-2 reservations: VMFS without ATS ---

    def test_reserve_and_release(self):
        """RESERVE (6) keeps the other host out, RELEASE (6) lets it in again.
        Source: SPDK issue 1414 and tcmu-runner pull request 108: making a VMFS sends RESERVE (6),
        and fails on INVALID COMMAND OPERATION CODE."""
        mine, other = self.hosts()
        self.assert_good(mine.execute(scsi.RESERVE6))
        self.assert_conflict(other.execute(scsi.RESERVE6))
        self.assert_conflict(other.execute(scsi.write10(0, 1), write=bytes(512)))
        self.assert_good(mine.execute(scsi.write10(0, 1), write=bytes(512)))
        self.assert_good(other.execute(scsi.RELEASE6))  # of what is not its own: nothing
        self.assert_conflict(other.execute(read10(0, 1), read=512))
        self.assert_good(mine.execute(scsi.RELEASE6))
        self.assert_good(other.execute(scsi.RESERVE6))

    def test_reset_breaks_a_reservation(self):
        """LOGICAL UNIT RESET from the other host ends the reservation of one that hangs.
        Source: SPC-2, 5.5.1; ESX Server Administration Guide, "Locking at SCSI Disk Level"
        (vmkfstools -L reset)."""
        mine, other = self.hosts()
        self.assert_good(mine.execute(scsi.RESERVE6))
        other.until(lambda got: got.opcode == TASK_RESPONSE, other.manage(LUN_RESET))
        other.ready()
        self.assert_good(other.execute(scsi.RESERVE6))
        self.assertEqual(self.attention(mine)[:2], scsi.RESET_OCCURRED)
        self.assert_conflict(mine.execute(scsi.write10(0, 1), write=bytes(512)))

    # --- VAAI: atomic test and set ---

    def ats(self, peer, lba, old, new):
        return peer.execute(scsi.compare_and_write(lba), write=old + new)

    def test_ats_is_offered(self):
        """MAXIMUM COMPARE AND WRITE LENGTH is not 0.
        Source: tcmu-runner pull request 136 (0 switches the primitive off)."""
        self.assertGreaterEqual(self.limits(self.host())["compare_and_write"], 1)

    def test_ats(self):
        """One block, also one that was never written: a match replaces it; anything else is
        MISCOMPARE with the offset of the first difference, and nothing is written.
        Source: libiscsi pull request 213 (ESX sends single blocks, and the first to an unwritten
        range); VMware KB 2113956 (a miscompare is what a host acts upon); SBC-3, 5.2
        (INFORMATION)."""
        peer = self.host()
        lba, lock = 4096 + self.dice.randrange(4096), self.dice.randbytes(512)
        self.assert_good(self.ats(peer, lba, bytes(512), lock))
        wrong = bytearray(lock)
        wrong[300] ^= 1
        result = self.ats(peer, lba, bytes(wrong), bytes(512))
        self.assert_sense(result, scsi.MISCOMPARE)
        self.assertEqual(scsi.information(result.sense), 300)
        self.assertEqual(self.read(peer, lba, 1), lock)

    def test_ats_of_many_hosts(self):
        """Of hosts that set the same block at the same time exactly one succeeds, each time.
        Source: VMware KB 2113956 (the heartbeats of VMFS are ATS, and their load); SBC-3, "Model
        for uninterrupted sequences on LBA ranges", which SCST's scst_targ.c names for VMware."""
        count, rounds, lba = 4, 25, 20000
        peers = [self.host(name=f"iqn.1998-01.com.vmware:host-{n}") for n in range(count)]
        block = bytes(512)
        for _ in range(rounds):
            claims = [self.dice.randbytes(512) for _ in peers]
            results = [None] * count

            def claim(number, old=block, claims=claims, results=results):
                results[number] = self.ats(peers[number], lba, old, claims[number])

            threads = [threading.Thread(target=claim, args=(n,)) for n in range(count)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            won = [n for n in range(count) if results[n].good]
            self.assertEqual(len(won), 1, f"seed {self.seed}")
            for number in set(range(count)) - set(won):
                self.assert_sense(results[number], scsi.MISCOMPARE)
            block = self.read(peers[0], lba, 1)
            self.assertEqual(block, claims[won[0]])

    def test_ats_against_a_reservation(self):
        """A reserved unit takes no ATS of another host, and nothing is written.
        Source: SCST, scst_targ.c: VMware wants COMPARE AND WRITE and RESERVE atomic against each
        other."""
        mine, other = self.hosts()
        old = self.fill(mine, 0, 1)
        self.assert_good(mine.execute(scsi.RESERVE6))
        self.assert_conflict(self.ats(other, 0, old, bytes(512)))
        self.assertEqual(self.read(mine, 0, 1), old)
        self.assert_good(mine.execute(scsi.RELEASE6))
        self.assert_good(self.ats(other, 0, old, bytes(512)))

    # --- VAAI: block zero ---

    def test_block_zero(self):
        """WRITE SAME (16) of zeros, with UNMAP and without, up to MAXIMUM WRITE SAME LENGTH; more
        is refused; neighbours stay.
        Source: "The Many Names and Aliases of VAAI Primitives" (opcode 93h); tcmu-runner pull
        requests 157 and 163 (ESX keeps to the length that B0h has; 1 MiB must do)."""
        peer = self.host()
        most = self.limits(peer)["write_same_max"]
        self.assertGreaterEqual(most, MIB // 512)
        for flags in (0, scsi.UNMAP_BIT):
            for lba, blocks in ((8, 1), (8192, MIB // 512), (8192, most)):
                with self.subTest(flags=flags, lba=lba, blocks=blocks):
                    before, after = self.fill(peer, lba - 8, 16), self.fill(peer, lba + blocks, 8)
                    self.fill(peer, lba + blocks - 1, 1)
                    self.assert_good(peer.execute(scsi.write_same16(lba, blocks, flags),
                                                  write=bytes(512)))
                    self.assertEqual(self.read(peer, lba - 8, 8), before[:4096])
                    self.assertEqual(self.read(peer, lba, 1), bytes(512))
                    self.assertEqual(self.read(peer, lba + blocks - 1, 9), bytes(512) + after)
            self.assert_sense(peer.execute(scsi.write_same16(0, most + 1, flags),
                                           write=bytes(512)), scsi.INVALID_FIELD_IN_CDB)

    # --- VAAI: full copy ---

    def test_copy_limits(self):
        """3PC in INQUIRY; RECEIVE COPY RESULTS, operating parameters: two units, a segment of 16
        MiB, the descriptors E4h and 02h.
        Source: "NimbleOS 3 - VMware Copy Offload" and Cormac Hogan, "vSphere 6.0 Storage Features
        Part 7" (4 MiB by default, 16 MiB at most without a claim rule; array-reported values with
        one); tcmu-runner pull request 139 and tcmur_cmd_handler.c (the descriptors that ESX 5.5
        sends)."""
        peer = self.host()
        self.assertTrue(self.good(peer, inquiry(96), read=96)[5] & 0x08)
        limits = self.good(peer, scsi.receive_copy_parameters(512), read=512)
        units, segments, text, longest = struct.unpack_from(">HHII", limits, 8)
        self.assertGreaterEqual((units, segments), (2, 1))
        self.assertGreaterEqual(longest, 16 * MIB)
        self.assertGreaterEqual(text, 2 * 32 + segments * 28)
        self.assertLessEqual({0x02, 0xE4}, set(limits[44:44 + limits[43]]))

    def copy(self, peer, names, segments, **more):
        text = scsi.copy_list([scsi.cscd(name, 512) for name in names], segments, **more)
        self.assert_good(peer.execute(scsi.extended_copy(len(text)), write=text))

    def test_copy(self):
        """4 MiB within a disk and from one disk to the other, named by NAA; then in two segments.
        Source: as above; Hogan: --xcopy-use-multi-segs."""
        peer = self.host(1)
        its, peer.lun = self.naa(peer), 0
        mine, blocks = self.naa(peer.ready()), 4 * MIB // 512
        data = self.fill(peer, 0, blocks)
        self.copy(peer, [mine, mine], [scsi.block_segment(0, 1, blocks, 0, 16384)], usage=2)
        self.copy(peer, [mine, its], [scsi.block_segment(0, 1, blocks, 0, 32768)], usage=3)
        half = blocks // 2
        self.copy(peer, [mine, its], [scsi.block_segment(0, 1, half, 0, 65536 + half),
                                      scsi.block_segment(0, 1, half, half, 65536)], usage=3)
        self.assertEqual(self.read(peer, 16384, blocks), data)
        peer.lun = 1
        self.assertEqual(self.read(peer, 32768, blocks), data)
        self.assertEqual(self.read(peer, 65536, blocks), data[2 * MIB:] + data[:2 * MIB])

    # --- VAAI: unmap ---

    def test_unmap_is_offered(self):
        """LBPME, LBPU; MAXIMUM UNMAP LBA COUNT and descriptors not 0; the optimal granularity is at
        most 1 MiB and a factor of it, and aligned at LBA 0: else VMFS 6 reclaims nothing by itself.
        Source: vSphere 6.7 Storage, "Asynchronous Reclamation of Free Space on VMFS6 Datastore";
        HP 3PAR, VMware ESX Implementation Guide (LBPME, there called TPE)."""
        peer = self.host()
        self.assertTrue(self.good(peer, scsi.read_capacity16(), read=32)[14] & 0x80)
        self.assertTrue(self.vpd(peer, 0xB2)[5] & 0x80)
        limits = self.limits(peer)
        self.assertGreaterEqual(limits["unmap_max"], MIB // 512)
        self.assertGreaterEqual(limits["unmap_descriptors"], 1)
        self.assertGreaterEqual(limits["unmap_granularity"], 1)
        self.assertEqual(MIB // 512 % limits["unmap_granularity"], 0)
        self.assertIn(limits["alignment"], (0, None))

    def test_unmap(self):
        """1 MiB pieces, at 1 MiB as VMFS 6 sends them and at odd places as VMFS 5 does, also as the
        largest list: GOOD, neighbours stay, and whole pieces read as zeros (LBPRZ).
        Source: as above ("equals 1 MB or is a multiple"); SCST, README, "VMware and Ceph RBD space
        reclaim" (VMFS 5 ignores alignment)."""
        peer, piece = self.host(), MIB // 512
        for lba in (10 * piece, 10 * piece + 63):
            data = self.fill(peer, lba - 8, piece + 16)
            self.assert_good(self.unmap(peer, (lba, piece)))
            self.assertEqual(self.read(peer, lba - 8, 8), data[:4096])
            self.assertEqual(self.read(peer, lba + piece, 8), data[-4096:])
            self.assertEqual(self.read(peer, lba, piece), bytes(MIB))
        count = self.limits(peer)["unmap_descriptors"]
        data = self.fill(peer, 0, 2 * count)
        self.assert_good(self.unmap(peer, *((2 * n, 1) for n in range(count))))
        for number in (0, count - 1):
            self.assertEqual(self.read(peer, 2 * number, 2),
                             bytes(512) + data[number * 1024 + 512:][:512])


class VmwareOnRbd(Vmware):
    ON_RBD = True


if __name__ == "__main__":
    main()
