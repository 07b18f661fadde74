#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What Linux sends: open-iscsi's login, the scan of scsi_mod, the probe of sd in its order, discard
and write-zeroes as sd makes them, multipath-tools, and the fencing of fence_scsi and fence_mpath.

Sources are functions of drivers/scsi (Linux 6.8, where no other is named), of open-iscsi (bc23614),
multipath-tools (0.14.3) and fence-agents (0804740). That the kernel's log stays clean over all this
is tried with a real kernel in tests/lab.
"""

import itertools
import struct

import scsi
from host import MIB, TARGET, HostTest, login, login_stage, main
from peer import (ASYNC, LOGOUT_RESPONSE, LUN_RESET, NO_TAG, TARGET_WARM_RESET, TASK_RESPONSE, TEXT,
                  TEXT_RESPONSE, inquiry, keys, pdu, read10, write16)

SESSIONS = itertools.count(1)
SD_BUF, SD_MAX_WS10, SD_MAX_WS16, SD_DEF_XFER = 512, 0xFFFF, 0x7FFFFF, 0xFFFF
SD_OPTIMAL_MIN = 1 << 20  # of ours: it is the largest I/O that sd sends
MY_KEY, ITS_KEY = 0x1A2B0001, 0x1A2B0002


class Linux(HostTest):
    DISKS = ({}, {}, {"block_size": 4096})
    INITIATOR = "iqn.1993-08.org.debian:01:host-1"

    def who(self, name, kind="Normal"):
        """open-iscsi, iscsi_make_login_pdu()."""
        return {"InitiatorName": name, "InitiatorAlias": "host", "TargetName": TARGET,
                "SessionType": kind, "AuthMethod": "None"}

    def isid(self):
        """open-iscsi, config.h (DRIVER_ISID) and the session's number in the last three bytes."""
        return bytes.fromhex("00023d") + next(SESSIONS).to_bytes(3, "big")

    def host(self, lun=0, name=INITIATOR, isid=None, **more):
        """open-iscsi, fill_op_params_text() with the values of etc/iscsid.conf and idbm.c."""
        peer = self.connect(initiator=name, isid=isid or self.isid())
        terms = {"HeaderDigest": "None", "DataDigest": "None", "DefaultTime2Wait": 2,
                 "DefaultTime2Retain": 0, "IFMarker": "No", "OFMarker": "No",
                 "ErrorRecoveryLevel": 0, "InitialR2T": "No", "ImmediateData": "Yes",
                 "MaxBurstLength": 16776192, "FirstBurstLength": 262144, "MaxOutstandingR2T": 1,
                 "MaxConnections": 1, "DataPDUInOrder": "Yes", "DataSequenceInOrder": "Yes",
                 "MaxRecvDataSegmentLength": 262144, **more}
        login(peer, self.who(name), terms).lun = lun
        return peer.ready()

    def nodes(self):
        return self.host(), self.host(name="iqn.1993-08.org.debian:01:host-2")

    # --- iSCSI ---

    def test_login(self):
        """No key is answered in a way that ends open-iscsi's login.
        Source: open-iscsi, get_op_params_text_keys(): digests must be what was offered, other
        answers than numbers and Yes or No are not understood, markers are not looked at."""
        terms = self.host().terms
        self.assertEqual([terms[key] for key in ("HeaderDigest", "DataDigest", "MaxConnections",
                                                 "ErrorRecoveryLevel", "DataPDUInOrder",
                                                 "DataSequenceInOrder", "ImmediateData")],
                         ["None", "None", "1", "0", "Yes", "Yes", "Yes"])
        self.assertGreaterEqual(int(terms["MaxBurstLength"]), int(terms["FirstBurstLength"]))
        self.assertTrue(terms["TargetPortalGroupTag"].isdigit())

    def test_digests(self):
        """"CRC32C,None" gets CRC32C, "None,CRC32C" gets None.
        Source: open-iscsi, fill_crc_digest_text(); etc/iscsid.conf (the preference's order)."""
        for offer, wanted in (("CRC32C,None", "CRC32C"), ("None,CRC32C", "None")):
            peer = self.host(HeaderDigest=offer, DataDigest=offer)
            self.assertEqual((peer.terms["HeaderDigest"], peer.terms["DataDigest"]), (wanted,) * 2)
            self.assert_good(peer.execute(bytes(6)))

    def test_discovery(self):
        """A discovery session of six keys, SendTargets=All.
        Source: open-iscsi, fill_op_params_text() and discovery.c, request_targets()."""
        peer = self.connect(isid=self.isid())
        who = self.who(self.INITIATOR, "Discovery")
        del who["TargetName"]
        login_stage(peer, who, 0, 1)
        login_stage(peer, {"HeaderDigest": "None", "DataDigest": "None", "DefaultTime2Wait": 2,
                           "DefaultTime2Retain": 0, "IFMarker": "No", "OFMarker": "No",
                           "ErrorRecoveryLevel": 0, "MaxRecvDataSegmentLength": 32768}, 1, 3)
        peer.send(pdu(TEXT, itt=1, data=keys(SendTargets="All"), w24=peer.cmd_sn,
                      w28=peer.exp_stat_sn))
        answer = peer.until(lambda got: got.opcode == TEXT_RESPONSE)[-1]
        self.assertEqual(answer.text["TargetName"], TARGET)

    def test_ping(self):
        """A NOP-Out with a tag of its own is answered by a NOP-In that asks for nothing more.
        Source: libiscsi.c, iscsi_send_nopout(), iscsi_nop_out_rsp()."""
        answer = self.host().ping()[-1]
        self.assertEqual((answer.ttt, answer.data), (NO_TAG, b""))

    def test_logout_is_asked_for(self):
        """A gateway that is to end says so by Async Message 1 with some seconds, and answers the
        Logout that Linux then sends.
        Source: open-iscsi, iscsi_recv_async_msg() (ISCSI_ASYNC_MSG_REQUEST_LOGOUT)."""
        peer = self.host()
        self.gateway.server.process.terminate()
        try:
            event = peer.until(lambda got: got.opcode == ASYNC, 10)[-1]
            self.assertEqual(event.header[36], 1)
            self.assertGreater(struct.unpack_from(">H", event.header, 42)[0], 0)
            peer.logout()
            self.assertEqual(self.gateway.stop(), 0)
        finally:
            self.gateway.stop()
            self.gateway.start()

    def test_error_handling(self):
        """LOGICAL UNIT RESET and TARGET WARM RESET are done; then TEST UNIT READY tells of it once.
        Source: libiscsi.c, iscsi_eh_device_reset(), iscsi_eh_target_reset(); scsi_error.c,
        scsi_eh_tur()."""
        peer = self.host()
        for function in (LUN_RESET, TARGET_WARM_RESET):
            itt = peer.manage(function)
            answer = peer.until(lambda got, tag=itt: got.opcode == TASK_RESPONSE and
                                got.itt == tag)[-1]
            self.assertEqual(answer.header[2], 0)
            self.assertEqual(self.attention(peer)[:2], scsi.RESET_OCCURRED)
            self.assert_good(peer.execute(bytes(6)))

    # --- scsi_mod ---

    def test_scan(self):
        """INQUIRY of 36 bytes, then of as many as it says there are; a LUN that is not there has
        qualifier 3; REPORT LUNS of 4096 bytes.
        Source: scsi_scan.c, scsi_probe_lun(), scsi_probe_and_add_lun(), scsi_report_lun_scan()."""
        peer = self.host()
        short = self.good(peer, inquiry(36), read=36)
        whole = self.good(peer, inquiry(short[4] + 5), read=short[4] + 5)
        self.assertEqual((len(short), len(whole), whole[:36]), (36, short[4] + 5, short))
        self.assertGreaterEqual(short[2], 5)  # sd asks an older disk little
        self.assertEqual(short[7] & 2, 2)  # CMDQUE
        self.assertEqual(self.good(peer, inquiry(36), read=36, lun=9)[0] >> 5, 3)
        listed = self.good(peer, scsi.report_luns(4096), read=4096)
        self.assertEqual(int.from_bytes(listed[:4], "big"), len(listed) - 8)
        self.assertEqual((len(listed) - 8) // 8, len(self.DISKS))

    def test_pages(self):
        """Every page by its first four bytes and then whole; page 0 within 36 bytes; the pages that
        sd wants are there, and no ATA page (89h).
        Source: scsi.c, scsi_get_vpd_size(), scsi_get_vpd_page(), scsi_attach_vpd()."""
        peer = self.host()
        listed = self.vpd(peer, 0, 36)
        self.assertLessEqual(len(listed), 36)
        self.assertLessEqual({0x80, 0x83, 0xB0, 0xB1, 0xB2}, set(listed[4:]))
        self.assertNotIn(0x89, listed[4:])
        for page in listed[4:]:
            if page == 0x85:  # an empty page is an error to scsi_vpd_inquiry(); it is never asked
                continue
            head = self.vpd(peer, page, 4)
            size = int.from_bytes(head[2:4], "big")
            self.assertEqual((head[1], size > 0), (page, True))
            self.assertEqual(len(self.vpd(peer, page, size + 4)), size + 4)

    # --- sd ---

    def test_probe(self):
        """The probe's commands in its order; what is not there is INVALID FIELD IN CDB, on which sd
        goes on in silence.
        Source: sd.c, sd_revalidate_disk() and what it calls, to sd_read_io_hints() and
        sd_read_write_same(); scsi.c, scsi_cdl_check()."""
        peer = self.host()
        self.assert_good(peer.execute(bytes(6)))
        self.assertEqual(len(self.good(peer, scsi.read_capacity16(), read=32)), 32)
        head = self.good(peer, scsi.mode_sense6(0x3F, 4), read=4)
        self.assertEqual((len(head), head[2] & 0x80), (4, 0))  # write enabled
        size = self.good(peer, scsi.mode_sense6(0x08, 4), read=4)[0] + 1
        mode = scsi.mode_data6(self.good(peer, scsi.mode_sense6(0x08, size), read=size))
        self.assertGreater(len(mode.pages[8, 0]), 2)
        self.assert_sense(peer.execute(scsi.mode_sense6(0x0A, 255, dbd=8, subpage=5), read=255),
                          scsi.INVALID_FIELD_IN_CDB)
        for opcode, action, known in ((0x12, None, True), (0x93, None, True), (0x41, None, True),
                                      (0xA2, None, False), (0x88, None, True), (0x8A, None, True),
                                      (0x7F, 0x09, False)):
            with self.subTest(opcode=hex(opcode)):
                cdb = scsi.report_supported_opcodes(opcode, SD_BUF, action)
                told = self.good(peer, cdb, read=SD_BUF)
                self.assertEqual((told[1] & 7 == 3, told[1] & 0x18), (known, 0))

    def limits_of(self, peer):
        """As sd has them behind its probe: (limits of page B0h, block size, READ CAPACITY (16))."""
        capacity = self.good(peer, scsi.read_capacity16(), read=32)
        return self.limits(peer), int.from_bytes(capacity[8:12], "big"), capacity

    def test_limits(self):
        """sd takes UNMAP for discard and WRITE SAME (16) with UNMAP for zeros, finds the optimal
        size usable if there is one (it sends nothing larger), and warns of nothing.
        Source: sd.c, sd_config_discard(), sd_discard_mode(), sd_config_write_same(),
        sd_validate_min_xfer_size(), sd_validate_opt_xfer_size()."""
        for lun in range(len(self.DISKS)):
            peer = self.host(lun)
            limits, block, capacity = self.limits_of(peer)
            provisioning = self.vpd(peer, 0xB2)[5]
            with self.subTest(block=block):
                self.assertEqual(capacity[14] & 0xC0, 0xC0)  # LBPME, LBPRZ
                self.assertEqual(provisioning & 0xC0, 0xC0)  # LBPU, LBPWS
                self.assertTrue(limits["unmap_max"] and limits["unmap_descriptors"])
                physical = block << (capacity[13] & 15)
                granularity = limits["unmap_granularity"] * block
                self.assertEqual((granularity % physical, limits["alignment"]), (0, 0))
                self.assertGreater(limits["write_same_max"], 0)
                most = min(limits["transfer_max"] or SD_DEF_XFER, SD_DEF_XFER)
                optimal = limits["transfer_optimal"]
                self.assertLessEqual(optimal, most)
                self.assertEqual(optimal * block % physical, 0)
                self.assertTrue(optimal == 0 or optimal * block >= SD_OPTIMAL_MIN, optimal)
                self.assertEqual(limits["transfer_granularity"] * block % physical, 0)

    def test_discard(self):
        """One descriptor of 24 bytes, up to MAXIMUM UNMAP LBA COUNT and to the end of the disk.
        Source: sd.c, sd_setup_unmap_cmnd()."""
        for lun in range(len(self.DISKS)):
            peer = self.host(lun)
            limits, block, _ = self.limits_of(peer)
            end = peer.capacity()[0]
            most = min(limits["unmap_max"], SD_MAX_WS16, end)
            with self.subTest(block=block):
                self.fill(peer, 0, 1, block)
                self.fill(peer, end - 1, 1, block)
                self.assert_good(self.unmap(peer, (0, most)))
                self.assert_good(self.unmap(peer, (end - 1, 1)))
                for lba in (0, end - 1):
                    self.assertEqual(self.read(peer, lba, 1, block), bytes(block))

    def test_write_zeroes(self):
        """WRITE SAME (16) with UNMAP; with REQ_NOUNMAP (10) without it, or (16); each of the most
        blocks that sd sends; and without a data-out buffer.
        Source: sd.c, sd_setup_write_zeroes_cmnd(); NDOB: sg3_utils, sg_write_same."""
        for lun in range(len(self.DISKS)):
            peer = self.host(lun)
            limits, block, _ = self.limits_of(peer)
            most = min(limits["write_same_max"], SD_MAX_WS10)
            for cdb, data in ((scsi.write_same16(8, most, scsi.UNMAP_BIT), bytes(block)),
                              (scsi.write_same10(8, most), bytes(block)),
                              (scsi.write_same16(8, most), bytes(block)),
                              (scsi.write_same16(8, most, scsi.UNMAP_BIT | scsi.NDOB_BIT), b"")):
                with self.subTest(block=block, cdb=cdb.hex()):
                    edge = self.fill(peer, 7, 2, block)
                    tail = self.fill(peer, 7 + most, 2, block)
                    self.assert_good(peer.execute(cdb, write=data))
                    self.assertEqual(self.read(peer, 7, 2, block), edge[:block] + bytes(block))
                    self.assertEqual(self.read(peer, 7 + most, 2, block),
                                     bytes(block) + tail[block:])

    def test_flush_and_fua(self):
        """SYNCHRONIZE CACHE (10) of the whole disk; DPOFUA, and then WRITE with FUA. WCE on page
        08h is what VPD page 86h says of a volatile cache.
        Source: sd.c, sd_setup_flush_cmnd(), sd_read_cache_type(), sd_setup_read_write_cmnd()."""
        peer = self.host()
        mode = scsi.mode_data6(self.good(peer, scsi.mode_sense6(0x08, 255), read=255))
        self.assertTrue(mode.device_specific & 0x10)
        self.assertEqual(mode.pages[8, 0][2] >> 2 & 1, self.vpd(peer, 0x86)[6] & 1)
        data = self.dice.randbytes(4096)
        self.assert_good(peer.execute(scsi.write10(0, 8, scsi.FUA_BIT), write=data))
        self.assert_good(peer.execute(scsi.block_command10(scsi.SYNCHRONIZE_CACHE10)))
        self.assertEqual(self.read(peer, 0, 8), data)

    def test_large_writes(self):
        """The largest write that MAXIMUM TRANSFER LENGTH allows, in bursts as agreed.
        Source: sd.c, sd_revalidate_disk() (max_dev_sectors)."""
        peer = self.host()
        most = self.limits(peer)["transfer_max"]
        data = self.fill(peer, 0, most)
        self.assertEqual(self.read(peer, 0, most), data)

    # --- multipath-tools ---

    def test_multipath(self):
        """One NAA of a length that its type has; one target port group, which REPORT TARGET PORT
        GROUPS knows, and which is active.
        Source: discovery.c, parse_vpd_pg83(); alua_rtpg.c, get_target_port_group_support(),
        get_target_port_group(), get_asymmetric_access_state()."""
        peer = self.host()
        found = scsi.designators(self.vpd(peer, 0x83, 4096))
        naa = [one.data for one in found if (one.association, one.kind) == (0, scsi.NAA)]
        self.assertEqual([len(name) for name in naa],
                         [16 if naa[0][0] >> 4 == 6 else 8])
        self.assertIn(naa[0][0] >> 4, (2, 3, 5, 6))
        group = [one.data[2:] for one in found if one.kind == scsi.PORT_GROUP]
        self.assertEqual(len(group), 1)
        self.assertNotEqual(self.good(peer, inquiry(96), read=96)[5] & 0x30, 0)
        told = self.good(peer, scsi.report_target_port_groups(4096), read=4096)
        self.assertEqual((told[6:8], told[4] & 15), (group[0], 0))

    def test_path_checker(self):
        """TEST UNIT READY is good; of a LUN that is not there it says LOGICAL UNIT NOT SUPPORTED; a
        persistent reservation of another host does not make it fail.
        Source: checkers/tur.c, tur_check()."""
        mine, other = self.nodes()
        self.assert_good(mine.execute(bytes(6)))
        self.assert_sense(mine.execute(bytes(6), lun=9), (5, 0x25, 0))
        self.unfence(mine, MY_KEY)
        self.assertIn(other.execute(bytes(6)).status, (0, scsi.RESERVATION_CONFLICT))

    # --- fencing ---

    def unfence(self, peer, key, flags=0):
        """fence_scsi.py, set_status() "on": register_dev(), get_registration_keys(), reserve_dev().
        What stands there already for the key may be of a former session."""
        peer.execute(bytes(6))
        again = key in self.registered(peer)
        self.assert_good(self.reserve_out(peer, scsi.REGISTER_AND_IGNORE, action_key=key,
                                          flags=flags))
        if again:
            self.assert_good(self.reserve_out(peer, scsi.PREEMPT, key=key, action_key=key,
                                              kind=scsi.WRITE_EXCLUSIVE_REGISTRANTS))
            if (self.reservation(peer) or (None,))[0] != key:
                self.assert_good(self.reserve_out(peer, scsi.REGISTER_AND_IGNORE, action_key=key))
        self.assertIn(key, self.registered(peer))
        if self.reservation(peer) is None:
            self.assert_good(self.reserve_out(peer, scsi.RESERVE, key=key,
                                              kind=scsi.WRITE_EXCLUSIVE_REGISTRANTS))

    def test_fence_scsi(self):
        """Two nodes write; one fences the other by PREEMPT AND ABORT: its key is gone, a
        reservation remains, and it writes no more until it is let in again.
        Source: fence_scsi.py, set_status(), preempt_abort()."""
        mine, other = self.nodes()
        self.unfence(mine, MY_KEY)
        self.unfence(other, ITS_KEY)
        for peer in (mine, other):
            self.fill(peer, 0, 8)
        self.assert_good(self.reserve_out(other, scsi.PREEMPT_AND_ABORT, key=ITS_KEY,
                                          action_key=MY_KEY,
                                          kind=scsi.WRITE_EXCLUSIVE_REGISTRANTS))
        self.assertEqual((self.registered(other), self.reservation(other)),
                         ([ITS_KEY], (ITS_KEY, scsi.WRITE_EXCLUSIVE_REGISTRANTS)))
        self.assertEqual(self.attention(mine)[0], 6)
        self.assert_conflict(mine.execute(write16(0, 1), write=bytes(512)))
        self.assert_good(mine.execute(read10(0, 1), read=512))
        self.unfence(mine, MY_KEY)
        self.fill(mine, 0, 8)

    def test_fence_scsi_after_a_new_login(self):
        """A node that has logged in anew has another ISID, so that it is another nexus: it
        registers the same key, preempts it, and stands there once.
        Source: fence_scsi.py, register_dev()."""
        before = self.host()
        self.unfence(before, MY_KEY, flags=1)  # with APTPL, as --aptpl does
        before.logout()
        after = self.host()
        self.assert_conflict(after.execute(write16(0, 1), write=bytes(512)))
        self.unfence(after, MY_KEY, flags=1)
        self.assertEqual((self.registered(after), self.reservation(after)),
                         ([MY_KEY], (MY_KEY, scsi.WRITE_EXCLUSIVE_REGISTRANTS)))
        self.fill(after, 0, 8)

    def test_fence_mpath(self):
        """A node with two paths registers its key on each and reserves by one: it writes by both,
        and one PREEMPT AND ABORT takes both from it.
        Source: fence_mpath.py, set_status(); libmpathpersist, mpath_prout_reg(),
        mpath_prout_common()."""
        paths, other = [self.host(), self.host()], self.nodes()[1]
        for path in paths:
            self.assert_good(self.reserve_out(path, scsi.REGISTER, action_key=MY_KEY))
        self.assert_good(self.reserve_out(other, scsi.REGISTER, action_key=ITS_KEY))
        self.assertEqual(self.registered(other), [MY_KEY, MY_KEY, ITS_KEY])
        self.assert_good(self.reserve_out(paths[0], scsi.RESERVE, key=MY_KEY,
                                          kind=scsi.WRITE_EXCLUSIVE_REGISTRANTS))
        for path in paths:
            self.fill(path, 0, 8)
        self.assert_good(self.reserve_out(other, scsi.PREEMPT_AND_ABORT, key=ITS_KEY,
                                          action_key=MY_KEY,
                                          kind=scsi.WRITE_EXCLUSIVE_REGISTRANTS))
        self.assertEqual(self.registered(other), [ITS_KEY])
        for path in paths:
            self.assertEqual(self.attention(path)[0], 6)
            self.assert_conflict(path.execute(write16(0, 1), write=bytes(512)))


class LinuxOnRbd(Linux):
    ON_RBD = True


if __name__ == "__main__":
    main()
