# SPDX-License-Identifier: LGPL-2.1-or-later
"""A scripted iSCSI initiator on a bare socket: it can say everything right, and everything wrong.

    peer = Peer(address)
    peer.login("iqn.2026-11.io.lungate:store")
    result = peer.execute(read10(lba=0, blocks=8), read=4096)
    peer.send(pdu(DATA_OUT, itt=7, ttt=9, data=b"x" * 512, offset=0))

Section numbers are RFC 7143's.
"""

import random
import socket
import struct
import time
from dataclasses import dataclass, field

NOP_OUT, COMMAND, TASK, LOGIN, TEXT, DATA_OUT, LOGOUT, SNACK = 0, 1, 2, 3, 4, 5, 6, 0x10
NOP_IN, RESPONSE, TASK_RESPONSE, LOGIN_RESPONSE, TEXT_RESPONSE = 0x20, 0x21, 0x22, 0x23, 0x24
DATA_IN, LOGOUT_RESPONSE, R2T, ASYNC, REJECT = 0x25, 0x26, 0x31, 0x32, 0x3F

IMMEDIATE, FINAL, CONTINUE, READ, WRITE = 0x40, 0x80, 0x40, 0x40, 0x20
STATUS_INSIDE, UNDERFLOW, OVERFLOW = 0x01, 0x02, 0x04
NO_TAG = 0xFFFFFFFF
HEADER_BYTES = 48
PATIENCE = 30  # seconds: nothing that a test waits for takes as long
GOOD, CHECK_CONDITION, TASK_SET_FULL, TASK_ABORTED = 0, 2, 0x28, 0x40

# Task management functions (11.5.1)
ABORT_TASK, ABORT_TASK_SET, LUN_RESET, TARGET_WARM_RESET = 1, 2, 5, 6
CLEAR_TASK_SET, TARGET_COLD_RESET = 4, 7
# and their answers (11.6.1)
FUNCTION_COMPLETE, TASK_DOES_NOT_EXIST, LUN_DOES_NOT_EXIST, AUTHORIZATION_FAILED = 0, 1, 2, 6
# Reasons of a Reject (11.17.1)
DATA_DIGEST_ERROR, SNACK_REJECT, PROTOCOL_ERROR, COMMAND_NOT_SUPPORTED = 2, 3, 4, 5
TOO_MANY_IMMEDIATE_COMMANDS, TASK_IN_PROGRESS, INVALID_PDU_FIELD = 6, 7, 9
# Stages of a login (11.12.3), and states of its end (11.13.5)
SECURITY, OPERATIONAL, FULL_FEATURE = 0, 1, 3


class Closed(Exception):
    """The target has ended the connection."""


def _crc_table():
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        yield byte


_CRC_TABLE = tuple(_crc_table())


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return struct.pack("<I", crc ^ 0xFFFFFFFF)


@dataclass
class Pdu:
    header: bytes
    data: bytes = b""

    @property
    def opcode(self):
        return self.header[0] & 0x3F

    @property
    def flags(self):
        return self.header[1]

    def u32(self, offset):
        return struct.unpack_from(">I", self.header, offset)[0]

    @property
    def itt(self):
        return self.u32(16)

    @property
    def ttt(self):
        return self.u32(20)

    @property
    def login_status(self):
        """Class and detail of a login response (11.13.5)."""
        return int.from_bytes(self.header[36:38], "big")

    @property
    def reason(self):
        """Of a Reject (11.17.1)."""
        return self.header[2]

    @property
    def text(self):
        """Keys of a login or text response."""
        pairs = (item.split("=", 1) for item in self.data.decode("latin-1").split("\0") if item)
        return {pair[0]: pair[-1] for pair in pairs}


def pdu(opcode, *, flags=FINAL, immediate=False, lun=0, itt=0, ttt=NO_TAG, data=b"", ahs=b"",
        dsl=None, ahs_words=None, cdb=None, offset=None, **words):
    """Bytes of a PDU. `dsl` and `ahs_words` lie about lengths; `w24=...` sets the word there."""
    header = bytearray(HEADER_BYTES)
    header[0] = opcode | (IMMEDIATE if immediate else 0)
    header[1] = flags
    header[4] = len(ahs) // 4 if ahs_words is None else ahs_words
    header[5:8] = (len(data) if dsl is None else dsl).to_bytes(3, "big")
    header[8:16] = lun if isinstance(lun, bytes) else bytes((0, lun)) + bytes(6)
    struct.pack_into(">II", header, 16, itt, ttt)
    if cdb is not None:
        header[32:48] = cdb[:16].ljust(16, b"\0")
    if offset is not None:
        struct.pack_into(">I", header, 40, offset)
    for name, value in words.items():
        struct.pack_into(">I", header, int(name[1:]), value & 0xFFFFFFFF)
    return bytes(header) + ahs + data + bytes(-len(data) % 4)


def keys(**pairs):
    return b"".join(f"{key}={value}".encode() + b"\0" for key, value in pairs.items())


# --- CDBs ------------------------------------------------------------------------------------


def read10(lba, blocks):
    return struct.pack(">BBIBHB", 0x28, 0, lba, 0, blocks, 0)


def write10(lba, blocks):
    return struct.pack(">BBIBHB", 0x2A, 0, lba, 0, blocks, 0)


def read16(lba, blocks):
    return struct.pack(">BBQIBB", 0x88, 0, lba, blocks, 0, 0)


def write16(lba, blocks):
    return struct.pack(">BBQIBB", 0x8A, 0, lba, blocks, 0, 0)


def inquiry(length=96, page=None):
    return struct.pack(">BBBHB", 0x12, page is not None, page or 0, length, 0)


TEST_UNIT_READY = bytes(6)
READ_CAPACITY10 = bytes((0x25,)) + bytes(9)


@dataclass
class Result:
    """How a command ended."""

    status: int = -1
    response: int = 0
    sense: bytes = b""
    data: bytes = b""
    residual: int = 0
    flags: int = 0

    @property
    def good(self):
        return self.status == GOOD and self.response == 0

    @property
    def sense_code(self):
        """(key, ASC, ASCQ), for fixed and descriptor format."""
        if len(self.sense) < 4:
            return None
        if self.sense[0] & 0x7F in (0x72, 0x73):
            return self.sense[1] & 15, self.sense[2], self.sense[3]
        return self.sense[2] & 15, self.sense[12], self.sense[13]

    @property
    def signed_residual(self):
        """Positive: the initiator expected more (underflow); negative: less (overflow)."""
        if self.flags & UNDERFLOW:
            return self.residual
        return -self.residual if self.flags & OVERFLOW else 0


@dataclass
class Peer:
    address: tuple
    timeout: float = 10
    initiator: str = "iqn.2026-11.io.lungate:peer"
    isid: bytes = field(default_factory=lambda: b"\x80" + random.randbytes(5))
    receive_buffer: int = 0  # SO_RCVBUF: small for a peer that will not read
    source: str = ""  # the address to come from, if it matters

    def __post_init__(self):
        family = socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        if self.receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        self.socket.settimeout(self.timeout)
        if self.source:
            self.socket.bind((self.source, 0))
        self.socket.connect(self.address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.cmd_sn, self.max_cmd_sn, self.exp_stat_sn, self.next_itt = 1, 1, 0, 1
        self.header_digest = self.data_digest = False
        self.terms = {}
        self.lun = 0
        self._in = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- bytes ---

    def close(self):
        self.socket.close()

    def reset(self):
        """Ends the connection as a crashed host does: RST, nothing said."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def send(self, raw):
        """Bytes as they are. Throws Closed when the target has gone."""
        try:
            self.socket.sendall(raw)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Closed from error

    def send_pdu(self, *args, **kwargs):
        """As pdu(), with the digests that were negotiated."""
        raw = pdu(*args, **kwargs)
        cut = HEADER_BYTES + 4 * raw[4]
        head, data = raw[:cut], raw[cut:]
        self.send(head + (crc32c(head) if self.header_digest else b"") + data +
                  (crc32c(data) if self.data_digest and data else b""))

    def _take(self, count):
        while len(self._in) < count:
            try:
                more = self.socket.recv(262144)
            except ConnectionResetError as error:
                raise Closed from error
            if not more:
                raise Closed
            self._in += more
        taken, self._in = self._in[:count], self._in[count:]
        return taken

    def receive(self, timeout=None):
        """The next PDU. Throws Closed, or TimeoutError."""
        self.socket.settimeout(self.timeout if timeout is None else timeout)
        header = self._take(HEADER_BYTES)
        self._take(4 * header[4])
        if self.header_digest and self._take(4) != crc32c(header):
            raise ValueError("header digest")
        size = int.from_bytes(header[5:8], "big")
        padded = self._take(size + -size % 4)
        if self.data_digest and size and self._take(4) != crc32c(padded):
            raise ValueError("data digest")
        got = Pdu(header, padded[:size])
        if got.opcode not in (DATA_IN, R2T) or got.flags & STATUS_INSIDE and got.opcode == DATA_IN:
            self.exp_stat_sn = got.u32(24) + 1
        if got.opcode != LOGIN_RESPONSE or got.header[36] == 0:
            self.max_cmd_sn = max(self.max_cmd_sn, got.u32(32))
        return got

    def wait_closed(self, timeout):
        """Reads on until the target closes; True when it did so in time."""
        end = time.monotonic() + timeout
        try:
            while (left := end - time.monotonic()) > 0:
                self.socket.settimeout(left)
                if not self.socket.recv(262144):
                    return True
        except ConnectionResetError:
            return True
        except TimeoutError:
            pass
        return False

    # --- login ---

    def login_keys(self, target, **more):
        pairs = {"InitiatorName": self.initiator, "TargetName": target, "SessionType": "Normal",
                 "AuthMethod": "None", "HeaderDigest": "None", "DataDigest": "None",
                 "InitialR2T": "Yes", "ImmediateData": "Yes", "MaxRecvDataSegmentLength": 262144,
                 "MaxBurstLength": 262144, "FirstBurstLength": 65536, "MaxOutstandingR2T": 1,
                 "ErrorRecoveryLevel": 0, "MaxConnections": 1, "DefaultTime2Wait": 2,
                 "DefaultTime2Retain": 0}
        if target is None:
            pairs.update(SessionType="Discovery")
            del pairs["TargetName"]
        pairs.update(more)
        return {key: value for key, value in pairs.items() if value is not None}

    def login_pdu(self, data, *, flags=FINAL | 1 << 2 | 3, **more):
        return pdu(LOGIN, flags=flags, immediate=True, lun=self.isid + bytes(2), itt=0x4C4F47,
                   ttt=0, data=data, **{"w24": self.cmd_sn, "w28": self.exp_stat_sn, **more})

    def say(self, data, stage, to=None, **more):
        """One login request, in `stage`, asking for the next one if given; and its answer."""
        flags = stage << 2 | (FINAL | to if to is not None else 0)
        self.send(self.login_pdu(data, **{"flags": flags, **more}))
        return self.receive()

    def login(self, target, **more):
        """From the operational stage straight to full feature phase. Returns itself."""
        wanted = self.login_keys(target, **more)
        del wanted["AuthMethod"]
        text = keys(**wanted)
        self.terms = {}
        while True:
            self.send(self.login_pdu(text))
            answer = self.receive()
            if answer.opcode != LOGIN_RESPONSE or answer.header[36:38] != b"\0\0":
                raise Closed(f"login refused: {answer.header[36:38].hex()}")
            self.terms.update(answer.text)
            text = b""
            if answer.flags & FINAL and answer.flags & 3 == 3:
                break
        self.header_digest = self.terms.get("HeaderDigest") == "CRC32C"
        self.data_digest = self.terms.get("DataDigest") == "CRC32C"
        return self

    def term(self, key, otherwise):
        return int(self.terms.get(key, otherwise))

    # --- commands ---

    def new_itt(self):
        self.next_itt += 1
        return self.next_itt

    def _sn(self, immediate):
        words = {"w24": self.cmd_sn, "w28": self.exp_stat_sn}
        if not immediate:
            self.cmd_sn += 1
        return words

    def start(self, cdb, *, read=0, write=b"", edtl=None, flags=None, immediate_bytes=None,
              lun=None, itt=None, final=True):
        """Sends a SCSI command, with as much immediate data as allowed. Returns its tag."""
        itt = self.new_itt() if itt is None else itt
        if flags is None:
            flags = (FINAL if final else 0) | (READ if read else 0) | (WRITE if write else 0)
        allowed = 0
        if write and self.terms.get("ImmediateData", "Yes") == "Yes":
            allowed = min(self.term("FirstBurstLength", 65536),
                          self.term("MaxRecvDataSegmentLength", 8192))
        now = write[:allowed if immediate_bytes is None else immediate_bytes]
        self.send_pdu(COMMAND, flags=flags, lun=self.lun if lun is None else lun, itt=itt,
                      ttt=(read or len(write)) if edtl is None else edtl,  # EDTL's place
                      data=now, cdb=cdb, **self._sn(False))
        return itt

    def send_data(self, r2t, data, *, data_sn=0, flags=None, **more):
        """Answers an R2T, in pieces that the target takes."""
        begin, count = r2t.u32(40), r2t.u32(44)
        piece = self.term("MaxRecvDataSegmentLength", 8192)
        for at in range(begin, begin + count, piece):
            chunk = data[at:min(at + piece, begin + count)]
            last = at + piece >= begin + count
            self.send_pdu(DATA_OUT, flags=(FINAL if last else 0) if flags is None else flags,
                          lun=self.lun, itt=r2t.itt, data=chunk, offset=at,
                          **{"ttt": r2t.ttt, "w28": self.exp_stat_sn, "w36": data_sn, **more})
            data_sn += 1

    def answer_ping(self, ping):
        if ping.ttt != NO_TAG:
            self.send_pdu(NOP_OUT, immediate=True, lun=ping.header[8:16], itt=NO_TAG, ttt=ping.ttt,
                          **self._sn(True))

    def finish(self, itt, write=b"", timeout=None):
        """Waits for the command's end; answers R2Ts and pings on the way."""
        data = bytearray()
        end = time.monotonic() + PATIENCE
        while True:
            got = self.receive(timeout)
            if time.monotonic() > end:  # it pings, and does not answer
                raise TimeoutError(f"no answer within {PATIENCE} s")
            if got.opcode == NOP_IN:
                self.answer_ping(got)
            elif got.opcode == REJECT:
                return Result(response=REJECT, data=got.data)
            elif got.itt != itt:
                continue
            elif got.opcode == R2T:
                assert got.u32(40) + got.u32(44) <= len(write), "R2T for what was not offered"
                self.send_data(got, write)
            elif got.opcode == DATA_IN:
                data[got.u32(40):got.u32(40) + len(got.data)] = got.data
                if got.flags & STATUS_INSIDE:
                    return Result(got.header[3], 0, b"", bytes(data), got.u32(44), got.flags)
            elif got.opcode == RESPONSE:
                size = int.from_bytes(got.data[:2], "big")
                return Result(got.header[3], got.header[2], got.data[2:2 + size], bytes(data),
                              got.u32(44), got.flags)

    def execute(self, cdb, *, write=b"", timeout=None, **more):
        return self.finish(self.start(cdb, write=write, **more), write, timeout)

    def execute_all(self, cdbs, **more):
        """(CDB, result) of each, many on the way at once: for commands that are answered in the
        order in which they come, because they ask nothing of a store."""
        at_once = 64
        for at in range(0, len(cdbs), at_once):
            some = cdbs[at:at + at_once]
            tags = [self.start(cdb, **more) for cdb in some]
            for cdb, tag in zip(some, tags):
                yield cdb, self.finish(tag)

    def ready(self):
        """Takes the unit attentions that a new nexus may find. Returns itself."""
        for _ in range(10):
            if self.execute(TEST_UNIT_READY).good:
                return self
        raise AssertionError("the LUN does not become ready")

    def capacity(self):
        """(blocks, bytes of a block)"""
        last, size = struct.unpack(">II", self.execute(READ_CAPACITY10, read=8).data)
        return last + 1, size

    def manage(self, function, *, ref_itt=NO_TAG, ref_cmd_sn=0, lun=None, immediate=True):
        """Sends a task management request. Returns its tag."""
        itt = self.new_itt()
        self.send_pdu(TASK, flags=FINAL | function, immediate=immediate,
                      lun=self.lun if lun is None else lun, itt=itt, ttt=ref_itt,
                      **self._sn(immediate), w32=ref_cmd_sn)
        return itt

    def until(self, wanted, timeout=None):
        """Receives until a PDU that `wanted` accepts; returns all, that one last."""
        seen = []
        end = time.monotonic() + PATIENCE
        while True:
            seen.append(self.receive(timeout))
            if time.monotonic() > end:
                raise TimeoutError(f"nothing of the kind within {PATIENCE} s")
            if seen[-1].opcode == NOP_IN:
                self.answer_ping(seen[-1])
            if wanted(seen[-1]):
                return seen

    def ping(self, data=b"", timeout=None):
        """NOP-Out and its echo: what was sent before has been looked at."""
        itt = self.new_itt()
        self.send_pdu(NOP_OUT, immediate=True, itt=itt, data=data, **self._sn(True))
        return self.until(lambda got: got.opcode == NOP_IN and got.itt == itt, timeout)

    def logout(self):
        itt = self.new_itt()
        self.send_pdu(LOGOUT, immediate=True, itt=itt, ttt=0, **self._sn(True))
        self.until(lambda got: got.opcode == LOGOUT_RESPONSE)
        self.close()
