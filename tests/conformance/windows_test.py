#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What Windows asks of a disk: login, identity, mode pages, thin provisioning, and the persistent
reservations of failover clusters.

"Requirement X" is X in Microsoft's "Windows hardware compatibility specifications, components and
peripherals", Device.Storage.Hd.X. Asked there and not had here, so not tried: REASSIGN BLOCKS, the
log pages of reliability counters and of thin provisioning (0Ch), its thresholds, and WCE that can
be changed.

Not asked for, because no source was found: the order of an enumeration, when a cluster takes type 7
instead of 5 (its storage pools are said to), and the seconds between a node's looks at its
reservation.
"""

import random
import struct
import time

import scsi
from host import TARGET, HostTest, login, login_stage, main
from peer import (LUN_RESET, R2T, TASK_RESPONSE, TEXT, TEXT_RESPONSE, inquiry, keys,
                  pdu, read10, write16)

NODES = ("iqn.1991-05.com.microsoft:node-1", "iqn.1991-05.com.microsoft:node-2")
KEY, ITS_KEY = 0xA, 0xB


class Windows(HostTest):
    INITIATOR = NODES[0]

    def isid(self):
        return b"\x40\x00\x01\x37" + random.randbytes(2)

    def host(self, lun=0, name=NODES[0], isid=None, **more):
        """The first request as iSCSI.net's unit tests have it from Windows Server 2003 (ISID
        4000_0137h; InitiatorName, SessionType, TargetName and AuthMethod in the security stage);
        the terms are the initiator's registry values in Azure's "Elastic SAN best practices", and
        both times RFC 7143's defaults."""
        peer = self.connect(initiator=name, isid=isid or self.isid())
        who = {"InitiatorName": name, "SessionType": "Normal", "TargetName": TARGET,
               "AuthMethod": "None"}
        terms = {"HeaderDigest": "None", "DataDigest": "None", "InitialR2T": "No",
                 "ImmediateData": "Yes", "MaxRecvDataSegmentLength": 262144,
                 "MaxBurstLength": 262144, "FirstBurstLength": 262144, "DataPDUInOrder": "Yes",
                 "DataSequenceInOrder": "Yes", "DefaultTime2Wait": 2, "DefaultTime2Retain": 20,
                 "ErrorRecoveryLevel": 0, **more}
        login(peer, who, terms).lun = lun
        return peer.ready()

    def nodes(self):
        return [self.host(name=name) for name in NODES]

    # --- iSCSI ---

    def test_login(self):
        """The keys that Windows needs are agreed, ErrorRecoveryLevel at 0.
        Source: requirement Iscsi.BasicFunction."""
        terms = self.host().terms
        self.assertEqual([terms[key] for key in ("DataPDUInOrder", "DataSequenceInOrder",
                                                 "ErrorRecoveryLevel")], ["Yes", "Yes", "0"])
        self.assertTrue(terms["DefaultTime2Wait"].isdigit() and
                        terms["DefaultTime2Retain"].isdigit(), terms)

    def test_discovery(self):
        """A discovery session logs in with InitiatorName, SessionType and AuthMethod, and
        SendTargets lists the target with its portal.
        Source: requirement Iscsi.BasicFunction."""
        peer = self.connect(isid=self.isid())
        login_stage(peer, {"InitiatorName": NODES[0], "SessionType": "Discovery",
                           "AuthMethod": "None"}, 0, 3)
        peer.send(pdu(TEXT, itt=1, data=keys(SendTargets="All"), w24=peer.cmd_sn,
                      w28=peer.exp_stat_sn))
        answer = peer.until(lambda got: got.opcode == TEXT_RESPONSE)[-1]
        self.assertEqual(answer.text["TargetName"], TARGET)
        self.assertRegex(answer.text["TargetAddress"], rf"^127\.0\.0\.1:{self.gateway.port},\d+$")

    def test_data_out_without_lun(self):
        """Data-Out whose LUN field is not its command's belongs to the command all the same.
        Source: SCST, iscsi.c, data_out_start(): Windows does not set it."""
        peer = self.host(1, ImmediateData="No", InitialR2T="Yes")
        peer.lun, data = 0, self.dice.randbytes(8192)
        itt = peer.start(write16(64, 16), write=data, lun=1)
        r2t = peer.until(lambda got: got.opcode == R2T)[-1]
        peer.send_data(r2t, data)
        self.assert_good(peer.finish(itt, data))
        peer.lun = 1
        self.assertEqual(self.read(peer, 64, 16), data)

    # --- identity ---

    def test_inquiry(self):
        """A fixed disk, SPC-2 or later, that names iSCSI (0960h) among its standards; the disk
        behind LUN 0 is there, and LUN 0 lists all LUNs.
        Source: requirements ScsiProtocol.SpcCompliance and Iscsi.BasicFunction."""
        peer = self.host()
        data = self.good(peer, inquiry(255), read=255)
        self.assertEqual(data[:2], b"\0\0")
        self.assertGreaterEqual(data[2], 4)
        self.assertIn(0x0960, struct.unpack_from(">8H", data, 58))
        listed = self.good(peer, scsi.report_luns(4096), read=4096)
        self.assertEqual(int.from_bytes(listed[:4], "big"), 8 * len(self.DISKS))
        absent = self.good(peer, inquiry(36), read=36, lun=200)
        self.assertEqual(absent[0], 0x7F)

    def test_pages(self):
        """Pages 00h, 80h, 83h, B0h, B1h, B2h, and a rotation rate that is not "not reported".
        Source: requirements ScsiProtocol.SpcCompliance, ThinProvisioning, RotationalRate."""
        peer = self.host()
        self.assertLessEqual({0x00, 0x80, 0x83, 0xB0, 0xB1, 0xB2}, set(self.vpd(peer, 0)[4:]))
        self.assertNotEqual(self.vpd(peer, 0xB1)[4:6], b"\0\0")

    def test_designators(self):
        """Of the unit: NAA or EUI-64, binary, unique, and the same on every path. Of the port: its
        relative number, its group, its name. Of the device: its name.
        Source: requirements ScsiProtocol.SpcCompliance (type 2 or 3, code set 1) and
        PortAssociation.BasicFunction; SPC-4, 7.8.6.2 for the form of each."""
        found = scsi.designators(self.vpd(self.host(), 0x83))
        unit = [one for one in found if one.association == scsi.OF_UNIT]
        unique = [one for one in unit if one.kind in (scsi.EUI64, scsi.NAA)]
        self.assertTrue(unique)
        self.assertEqual({one.code_set for one in unique}, {1})
        port = {one.kind: one for one in found if one.association == scsi.OF_PORT}
        self.assertLessEqual({scsi.RELATIVE_PORT, scsi.PORT_GROUP, scsi.SCSI_NAME}, set(port))
        device = [one for one in found if one.association == scsi.OF_DEVICE]
        self.assertEqual([one.kind for one in device], [scsi.SCSI_NAME])
        self.assertEqual(device[0].data.rstrip(b"\0").decode(), TARGET)
        self.assertTrue(port[scsi.SCSI_NAME].data.startswith(TARGET.encode() + b",t,0x"))
        self.assertEqual({one.protocol for one in [*port.values(), *device]}, {5})
        self.assertTrue(all(any(one.data[-2:]) for kind, one in port.items()
                            if kind != scsi.SCSI_NAME))
        again = scsi.designators(self.vpd(self.host(name=NODES[1]), 0x83))
        self.assertEqual([one for one in again if one.association == scsi.OF_UNIT], unit)
        other = scsi.designators(self.vpd(self.host(1), 0x83))
        self.assertFalse({one.data for one in unique} & {one.data for one in other})

    def test_multipath(self):
        """TPGS in INQUIRY says what REPORT TARGET PORT GROUPS then does: the port of page 83h is in
        the group of page 83h, and active.
        Source: requirement Alua.Compliance."""
        peer = self.host()
        self.assertIn(self.good(peer, inquiry(96), read=96)[5] >> 4 & 3, (1, 2, 3))
        port = {one.kind: one.data for one in scsi.designators(self.vpd(peer, 0x83))
                if one.association == scsi.OF_PORT}
        groups = self.good(peer, scsi.report_target_port_groups(1024), read=1024)
        self.assertEqual(int.from_bytes(groups[:4], "big"), len(groups) - 4)
        self.assertEqual((groups[4] & 15, groups[6:8]), (0, port[scsi.PORT_GROUP][2:]))
        self.assertIn(port[scsi.RELATIVE_PORT][2:],
                      [groups[at + 2:at + 4] for at in range(12, len(groups), 4)])

    # --- commands ---

    def test_mode_pages(self):
        """MODE SENSE (6) of pages 3Fh, 08h, 0Ah and 1Ah, with DBD and without.
        Source: requirement ScsiProtocol.SpcCompliance."""
        peer = self.host()
        for page in (0x08, 0x0A, 0x1A, 0x3F):
            for dbd in (0, scsi.DBD_BIT):
                with self.subTest(page=page, dbd=dbd):
                    mode = scsi.mode_data6(self.good(peer, scsi.mode_sense6(page, 255, dbd=dbd),
                                                     read=255))
                    wanted = {(0x08, 0), (0x0A, 0), (0x1A, 0)} if page == 0x3F else {(page, 0)}
                    self.assertLessEqual(wanted, set(mode.pages))
                    self.assertEqual(bool(mode.descriptor), dbd == 0)

    def test_commands_of_a_disk(self):
        """READ, WRITE with FUA, VERIFY (10 and 16), SYNCHRONIZE CACHE (10), START STOP UNIT,
        REQUEST SENSE, READ CAPACITY; what is no command is refused at once.
        Source: requirements ScsiProtocol.SpcCompliance and SamCompliance."""
        peer, data = self.host(), self.dice.randbytes(4096)
        self.assert_good(peer.execute(scsi.write10(500, 8, scsi.FUA_BIT), write=data))
        self.assert_good(peer.execute(scsi.block_command16(0x8A, 508, 8, scsi.FUA_BIT), write=data))
        self.assertEqual(self.good(peer, read10(500, 16), read=8192), data * 2)
        self.assert_good(peer.execute(scsi.block_command10(scsi.VERIFY10, 500, 16)))
        self.assert_good(peer.execute(scsi.block_command16(0x8F, 500, 16)))
        self.assert_good(peer.execute(scsi.block_command10(scsi.SYNCHRONIZE_CACHE10)))
        self.assert_good(peer.execute(bytes((scsi.START_STOP, 0, 0, 0, 1, 0))))
        self.assertEqual(self.good(peer, bytes((3, 0, 0, 0, 252, 0)), read=252)[2] & 15, 0)
        long = self.good(peer, scsi.read_capacity16(), read=32)
        self.assertEqual(struct.unpack_from(">QI", long), (peer.capacity()[0] - 1, 512))
        for opcode in (0x06, 0xC0, 0xFF):
            self.assert_sense(peer.execute(bytes((opcode,)) + bytes(15)), scsi.INVALID_OPCODE)

    def test_reset_of_one_unit(self):
        """LOGICAL UNIT RESET of LUN 0 is told to every host of LUN 0, and to nobody at LUN 1.
        Source: requirement ScsiProtocol.SamCompliance."""
        mine, other = self.nodes()
        other.lun = 1
        other.ready().lun = 0
        itt = mine.manage(LUN_RESET)
        mine.until(lambda got: got.opcode == TASK_RESPONSE and got.itt == itt)
        for peer in (mine, other):
            self.assertEqual(self.attention(peer)[:2], scsi.RESET_OCCURRED)
            self.assert_good(peer.execute(bytes(6)))
        self.assert_good(other.execute(bytes(6), lun=1))

    def test_mode_select_is_told(self):
        """A parameter that one host changes is a unit attention for the others.
        Source: requirement ScsiProtocol.SamCompliance."""
        mine, other = self.nodes()
        page = scsi.mode_data6(self.good(mine, scsi.mode_sense6(0x0A, 255), read=255)).pages[10, 0]
        for bits in (page[2] | 0x04, page[2]):  # D_SENSE, and back
            text = bytes(4) + bytes((0x0A, page[1], bits)) + page[3:]
            self.assert_good(mine.execute(scsi.mode_select6(len(text)), write=text))
            self.assertEqual(self.attention(other), scsi.MODE_PARAMETERS_CHANGED)

    # --- thin provisioning ---

    def test_thin_provisioning(self):
        """LBPU, and the type "thin"; UNMAP's limits, granularity and its alignment with UGAVALID;
        LBPME and LBPRZ say the same in READ CAPACITY (16) and on page B2h.
        Source: requirement ThinProvisioning.BasicFunction; what of it reaches Windows'
        applications: DEVICE_LB_PROVISIONING_DESCRIPTOR."""
        peer = self.host()
        provisioning, limits = self.vpd(peer, 0xB2), self.limits(peer)
        self.assertEqual((provisioning[5] >> 7, provisioning[6] & 7), (1, 2))
        flags = self.good(peer, scsi.read_capacity16(), read=32)[14]
        self.assertEqual((flags >> 7, flags >> 6 & 1), (1, provisioning[5] >> 2 & 1))
        for name in ("unmap_max", "unmap_descriptors", "unmap_granularity"):
            self.assertGreater(limits[name], 0, name)
        self.assertIsNotNone(limits["alignment"])

    def test_unmap(self):
        """Blocks that were unmapped read as zeros, whatever the granularity, and GET LBA STATUS
        tells what is mapped.
        Source: requirements ReadZeroOnTrimUnmap, Trim and ThinProvisioning (GET LBA STATUS)."""
        peer = self.host()
        granule = self.limits(peer)["unmap_granularity"]
        for lba, blocks in ((4 * granule, granule), (8 * granule + 1, 1), (12 * granule - 3, 6)):
            data = self.fill(peer, lba - 1, blocks + 2)
            self.assert_good(self.unmap(peer, (lba, blocks)))
            self.assertEqual(self.read(peer, lba - 1, blocks + 2),
                             data[:512] + bytes(blocks * 512) + data[-512:])
        status = self.good(peer, scsi.get_lba_status(4 * granule - 1, 24), read=24)
        lba, blocks, state = struct.unpack_from(">QIB", status, 8)
        self.assertEqual((lba, state & 15), (4 * granule - 1, 0))  # the neighbour is mapped
        self.assertGreaterEqual(blocks, 1)

    # --- the failover cluster ---

    def online(self, peer, key, kind=scsi.WRITE_EXCLUSIVE_REGISTRANTS):
        """A node registers, whatever it had registered before, and reserves."""
        self.assert_good(self.reserve_out(peer, scsi.REGISTER_AND_IGNORE, action_key=key))
        return self.reserve_out(peer, scsi.RESERVE, key=key, kind=kind)

    def test_validation(self):
        """Register, reserve, read the reservation; change the key of the holder, and the
        reservation has the new one; release, clear.
        Source: requirement MultipleAccess.PersistentReservation (what Windows depends on);
        "Validate SCSI-3 Persistent Reservation" in the report of ESOS issue 62; SPDK pull request
        3700 (the keys 0Ah and 0Bh, and what is expected of them)."""
        peer, kind = self.host(), scsi.WRITE_EXCLUSIVE_REGISTRANTS
        self.assert_good(self.online(peer, KEY))
        self.assertEqual((self.registered(peer), self.reservation(peer)), ([KEY], (KEY, kind)))
        self.assert_good(self.reserve_out(peer, scsi.REGISTER_AND_IGNORE, key=KEY,
                                          action_key=ITS_KEY))
        self.assertEqual((self.registered(peer), self.reservation(peer)),
                         ([ITS_KEY], (ITS_KEY, kind)))
        self.assert_conflict(self.reserve_out(peer, scsi.RELEASE, key=KEY, kind=kind))
        self.assert_good(self.reserve_out(peer, scsi.RELEASE, key=ITS_KEY, kind=kind))
        self.assertIsNone(self.reservation(peer))
        self.assert_good(self.reserve_out(peer, scsi.CLEAR, key=ITS_KEY))
        self.assertEqual(self.registered(peer), [])
        self.assert_good(self.reserve_out(peer, scsi.REGISTER, action_key=KEY))
        self.assert_good(self.reserve_out(peer, scsi.REGISTER, key=KEY, action_key=0))

    def test_defence(self):
        """Who has not registered reads, and writes nothing; a challenger cannot reserve as long as
        the owner's key is there.
        Source: requirement MultipleAccess.PersistentReservation (type 5); SPC-4, 5.13.9."""
        mine, other = self.nodes()
        data = self.fill(mine, 0, 8)
        self.assert_good(self.online(mine, KEY))
        self.assertEqual(self.read(other, 0, 8), data)
        self.assert_conflict(other.execute(write16(0, 8), write=bytes(4096)))
        self.assert_conflict(self.unmap(other, (0, 8)))
        self.assert_conflict(self.online(other, ITS_KEY))
        self.assertEqual(self.reservation(other), (KEY, scsi.WRITE_EXCLUSIVE_REGISTRANTS))
        self.assert_good(mine.execute(write16(0, 8), write=data))

    def test_challenge(self):
        """A challenger preempts the owner's key: the disk is its own, the loser is told and keeps
        out; and it all takes no part of the seconds that arbitration may take.
        Source: requirement MultipleAccess.PersistentReservation (PREEMPT); Microsoft, "Storage
        pools: Arbitrate" (7 s); SPC-4, 5.13.11.2.4."""
        mine, other = self.nodes()
        begin = time.monotonic()
        self.assert_good(self.online(mine, KEY))
        self.assert_good(self.reserve_out(other, scsi.REGISTER_AND_IGNORE, action_key=ITS_KEY))
        self.assertEqual(self.registered(other), [KEY, ITS_KEY])
        self.assert_good(self.reserve_out(other, scsi.PREEMPT, key=ITS_KEY, action_key=KEY,
                                          kind=scsi.WRITE_EXCLUSIVE_REGISTRANTS))
        self.assertEqual((self.registered(other), self.reservation(other)),
                         ([ITS_KEY], (ITS_KEY, scsi.WRITE_EXCLUSIVE_REGISTRANTS)))
        self.assertEqual(self.attention(mine), scsi.REGISTRATIONS_PREEMPTED)
        self.assert_conflict(mine.execute(write16(0, 1), write=bytes(512)))
        self.assert_conflict(self.reserve_out(mine, scsi.RESERVE, key=KEY,
                                              kind=scsi.WRITE_EXCLUSIVE_REGISTRANTS))
        self.assert_good(other.execute(write16(0, 1), write=bytes(512)))
        self.assertLess(time.monotonic() - begin, 7)

    def test_clear(self):
        """CLEAR by one node ends all registrations, and the others are told.
        Source: requirement MultipleAccess.PersistentReservation (CLEAR); SPC-4, 5.13.11.2.7."""
        mine, other = self.nodes()
        self.assert_good(self.online(mine, KEY))
        self.assert_good(self.reserve_out(other, scsi.REGISTER_AND_IGNORE, action_key=ITS_KEY))
        self.assert_good(self.reserve_out(other, scsi.CLEAR, key=ITS_KEY))
        self.assertEqual(self.attention(mine), scsi.RESERVATIONS_PREEMPTED)
        self.assertEqual((self.registered(mine), self.reservation(mine)), ([], None))

    def test_all_registrants(self):
        """Type 7: every registered node holds it; when the first is gone the others still do, and
        the last that unregisters ends it.
        Source: PRI_REPORT_CAPABILITIES (Windows knows the type by its bit); SPC-4, 5.13.10 and
        5.13.11.2.3."""
        mine, other = self.nodes()
        capabilities = self.good(mine, scsi.reserve_in(2, 8), read=8)
        self.assertEqual((capabilities[3] >> 7, capabilities[4] >> 7, capabilities[4] >> 5 & 1),
                         (1, 1, 1))  # TMV, all registrants, registrants only
        kind = scsi.WRITE_EXCLUSIVE_ALL
        self.assert_good(self.online(mine, KEY, kind))
        self.assert_good(self.online(other, ITS_KEY, kind))
        self.assertEqual(self.reservation(other), (0, kind))
        self.assert_good(self.reserve_out(mine, scsi.REGISTER, key=KEY, action_key=0))
        self.assert_conflict(mine.execute(write16(0, 1), write=bytes(512)))
        self.assert_good(other.execute(write16(0, 1), write=bytes(512)))
        self.assertEqual(self.reservation(mine), (0, kind))
        self.assert_good(self.reserve_out(other, scsi.REGISTER, key=ITS_KEY, action_key=0))
        self.assertIsNone(self.reservation(mine))
        self.assert_good(mine.execute(write16(0, 1), write=bytes(512)))

    def test_a_node_comes_back(self):
        """A node whose connection was lost finds its registration and its reservation.
        Source: SPC-4, 5.13.10 (what ends them; the end of a nexus does not)."""
        isid = self.isid()
        mine = self.host(isid=isid)
        self.assert_good(self.online(mine, KEY))
        mine.reset()
        again = self.host(isid=isid)
        self.assertEqual(self.reservation(again), (KEY, scsi.WRITE_EXCLUSIVE_REGISTRANTS))
        self.assert_good(again.execute(write16(0, 1), write=bytes(512)))


class WindowsOnRbd(Windows):
    ON_RBD = True


if __name__ == "__main__":
    main()
