// SPDX-License-Identifier: LGPL-2.1-or-later

// Every bound of the gateway, in one place, each with its reason. A bound that the operator may
// change has its default and its range here; protocol constants (a BHS has 48 bytes) live with
// their protocol.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace lungate::limits {

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

// --- Process ---------------------------------------------------------------------------------

/// Loops: beyond eight, librbd's own threads are what limits a gateway.
inline constexpr std::uint32_t kLoopsMax = 8;
/// LUNs per gateway: the segment reserves a slot for each (12 KiB per LUN and loop).
inline constexpr std::uint32_t kLunsMax = 1024;
/// LUN numbers: 0 to 255 use the peripheral device addressing method (SAM-5, 4.7.7.2), which every
/// initiator understands.
inline constexpr std::uint16_t kLunNumberMax = 255;
/// Targets, portals and initiators per configuration: bounds on what one text may ask for.
inline constexpr std::size_t kTargetsMax = 256;
inline constexpr std::size_t kPortalsMax = 32;
inline constexpr std::size_t kInitiatorsPerTargetMax = 1024;
inline constexpr std::size_t kNetworksPerInitiatorMax = 32;
inline constexpr std::size_t kInitiatorGroupsMax = 256;

// --- Connections -----------------------------------------------------------------------------

/// Connections of one gateway, logged in or not: 2,000 hosts' worth of paths would need more memory
/// than a gateway node has.
inline constexpr std::size_t kConnectionsMax = 2048;
/// Descriptors that a gateway may come to need: one for each connection, and for what else it has
/// open (one for each OSD of a large cluster, files, sockets, loops).
inline constexpr std::size_t kDescriptorsWanted = kConnectionsMax + 2048;
/// Connections of these that are logging in, of all lanes; one more ends the oldest of its lane
/// instead of being refused. A login takes milliseconds, so that a flood of connections that say
/// nothing would have to be faster than 10,000 a second to push a real one out.
inline constexpr std::size_t kLoginsMax = 256;
/// Discovery sessions, and how long one lives: they need no access to any target, and an initiator
/// asks its one question in milliseconds. One more ends the oldest.
inline constexpr std::size_t kDiscoverySessionsMax = 64;
inline constexpr std::chrono::milliseconds kDiscoveryLife{60'000};
static_assert(kLoginsMax % kLoopsMax == 0, "each lane has its share of the logins");
static_assert(2 * kLoginsMax + kDiscoverySessionsMax <= kConnectionsMax / 2,
              "most places are for initiators that have access");
/// Connections of one source (session/source.h), logged in or not: half of all. A host with 16
/// targets by 16 paths has 256, and several hosts may be behind one address; one that leaks
/// connections leaves the others their half. The operator may say less.
inline constexpr std::uint32_t kConnectionsPerSource = kConnectionsMax / 2;
/// Those of one source that have not proved themselves yet: half of the places of logins. One more
/// ends the oldest of the same source, so that a flood from one address pushes out nobody else's.
inline constexpr std::uint32_t kLoginsPerSource = kLoginsMax / 2;
/// Proofs (CHAP) of one source that fail within the window before its logins are refused, and for
/// how long. A host whose secret is wrong tries each path some times and gives up; who guesses goes
/// on. 20 in ten seconds are two guesses a second against secrets of 96 bits and more, and who
/// shares the address of the guesser waits for seconds.
inline constexpr std::uint32_t kFailedLogins = 20;
inline constexpr std::uint32_t kFailedLoginsMax = 10'000;
inline constexpr std::chrono::milliseconds kFailedLoginsWindow{60'000};
inline constexpr std::chrono::milliseconds kLoginRefusal{10'000};
/// Sources whose failures are remembered, at some 100 bytes each. Who has more addresses than that
/// is not slowed down, and costs no more memory.
inline constexpr std::size_t kFailedLoginSourcesMax = 1024;
/// New connections taken per loop turn, and the pause when the process is out of descriptors.
inline constexpr int kAcceptsPerTurnMax = 64;
inline constexpr std::chrono::milliseconds kAcceptRetryDelay{100};
/// A login that takes longer is a peer that does not speak iSCSI (LIO uses 15 s as well).
inline constexpr std::chrono::milliseconds kLoginTimeout{15'000};
/// NOP-In ping after this much silence, and how long its answer may take. The sum stays below the
/// 30 s SCSI time-out of Linux, so a dead path is given up before its commands are.
inline constexpr std::chrono::milliseconds kNopInterval{5'000};
inline constexpr std::chrono::milliseconds kNopTimeout{5'000};
/// A PDU that has begun must end within this time (one byte a second is an attack), and a peer that
/// reads nothing while we have something to say is gone after it.
inline constexpr std::chrono::milliseconds kReceiveTimeout{20'000};
inline constexpr std::chrono::milliseconds kSendTimeout{20'000};
/// Small reads of a connection land here first; one buffer holds many headers.
inline constexpr std::size_t kReceiveBufferBytes = 64 * kKiB;
/// A connection with this much unsent stops reading commands until the peer has read some of it.
/// The place of each PDU counts too: a peer that sends 48 bytes and reads nothing makes us hold
/// more for the place than for what is said in it.
inline constexpr std::size_t kSendQueueBytesHigh = 8 * kMiB;
/// Data of commands in progress on one connection; the command beyond it is answered TASK SET FULL.
/// Reading goes on: what would free the memory is behind that command in the same stream.
inline constexpr std::size_t kTaskBytesPerConnectionMax = 64 * kMiB;
/// The same of one lane, by what the allocator really gives: eight connections with their budgets
/// full, or 16,000 commands of 32 KiB. Thousands of connections share it, so that it is the lanes
/// that bound the memory of commands, and not the number of peers.
inline constexpr std::size_t kTaskBytesPerLaneMax = 512 * kMiB;
static_assert(kTaskBytesPerConnectionMax * 8 <= kTaskBytesPerLaneMax,
              "no peer alone takes more than an eighth of what its lane has for all");
/// What a connection may have of it although the lane is full: one command of the usual sizes, so
/// that a few sessions that ask for much and send nothing do not stop everybody else's.
inline constexpr std::size_t kTaskBytesFloor = 1 * kMiB;
inline constexpr std::size_t kTaskBytesFloorsMax = kConnectionsMax * kTaskBytesFloor;
/// Answers that belong to no command's data (pings, rejects, texts, plain responses): the copies
/// and the places of those that a connection has unsent, above which it stops reading as well. An
/// initiator has a few hundred bytes of them at a time. This is what one peer can do; with what was
/// read already and goes beyond it, thousands of peers stay within the next.
inline constexpr std::size_t kUnreadAnswersBytesHigh = 256 * kKiB;
/// What such answers copy, on all lanes, each with its share: whoever asks for more than its lane
/// has is closed. With the segments that we declare by default it is not met; the operator may
/// declare larger ones, and then this is what bounds the memory of pings that nobody reads.
inline constexpr std::size_t kCopiedBytesMax = 1536 * kMiB;
static_assert(kLoopsMax * (kCopiedBytesMax / kLoopsMax) == kCopiedBytesMax,
              "what the lanes have is what the process has: 1.5 GiB");
/// Buffers of one size that a lane keeps for the next command: a full window of the most common
/// sizes; what is above goes back to the allocator.
inline constexpr std::size_t kPooledBytesPerClassMax = 16 * kMiB;
inline constexpr std::size_t kBufferClasses = 6;
static_assert(kLoopsMax * (kTaskBytesPerLaneMax + kBufferClasses * kPooledBytesPerClassMax) <=
                  std::uint64_t{5} * 1024 * kMiB,
              "what commands hold and what lanes keep for the next ones: 5 GiB with eight lanes");
/// Reads of one connection per loop turn: a flood on one connection must not starve the others.
inline constexpr int kReceivesPerTurnMax = 4;
/// How often a lane looks at its connections' deadlines; time-outs are at most this much late.
inline constexpr std::chrono::milliseconds kDeadlineTick{100};
static_assert(kDeadlineTick * 10 <= kNopInterval && kDeadlineTick * 10 <= kReceiveTimeout,
              "a deadline that is a tick late is late by a tenth at most");
static_assert(kNopInterval + kNopTimeout < std::chrono::seconds(30),
              "a dead path is given up before the commands on it are");
/// Pieces of one gathered send: the kernel takes 1,024 (UIO_MAXIOV); 256 fill any socket buffer.
inline constexpr std::size_t kSendPiecesMax = 256;
static_assert(kSendPiecesMax >= 3 && kSendPiecesMax <= 1024, "a PDU is up to three pieces");
/// Places for PDUs that an idle connection keeps: above it a burst's memory is given back. It is
/// what 64 commands of 1 MiB say at once, at 256 KiB for each PDU.
inline constexpr std::size_t kSendSlotsKept = 256;
/// Logins of one initiator port that wait for the end of its old session: the newest. It is what
/// reinstatement means, and a peer that connects and goes in a loop holds one place.
inline constexpr std::size_t kWaitingLoginsPerPortMax = 1;

// --- iSCSI -----------------------------------------------------------------------------------

/// Before negotiation a data segment has at most 8 KiB (RFC 7143, 13.12).
inline constexpr std::uint32_t kLoginDataSegmentBytes = 8192;
/// Additional header segments: one extended CDB (up to 260 bytes with its header) and one
/// bidirectional read length (8 bytes) are all that RFC 7143 defines (11.2.2).
inline constexpr std::size_t kAhsBytesMax = 272;
/// One login's or one text exchange's keys, summed over all its PDUs with the C bit.
inline constexpr std::size_t kTextBytesMax = 64 * kKiB;
inline constexpr std::size_t kTextKeysMax = 64;
/// Key names and values (RFC 7143, 6.1): a value is at most 255 bytes unless its key says otherwise
/// (CHAP_C, CHAP_R); 8,192 is the bound of any value here.
inline constexpr std::size_t kTextKeyBytesMax = 63;
inline constexpr std::size_t kTextValueBytesMax = 8192;
/// iSCSI names: 223 bytes (RFC 7143, 4.2.7.1).
inline constexpr std::size_t kNameBytesMax = 223;
/// Request and response pairs of one login. Real initiators need two to five.
inline constexpr std::uint32_t kLoginRoundsMax = 16;

/// CHAP (RFC 7143, 9.2.1 and 12.1.3): 96 bits are the least that a secret must have; 255 bytes fit
/// any initiator's own bound. A user's name is a text value.
inline constexpr std::size_t kChapSecretBytesMin = 12;
inline constexpr std::size_t kChapSecretBytesMax = 255;
inline constexpr std::size_t kChapUserBytesMax = 255;
/// The challenge that we send: as long as the longest digest. One that we are sent may have what
/// the RFC allows.
inline constexpr std::size_t kChapChallengeBytes = 32;
inline constexpr std::size_t kChapChallengeBytesMax = 1024;
static_assert(2 + kChapChallengeBytesMax * 2 <= kTextValueBytesMax, "the longest fits a value");

/// What we declare and offer. 256 KiB is what LIO sends at once; 1 MiB bursts let a 1 MiB write
/// travel with one R2T.
inline constexpr std::uint32_t kMaxRecvDataSegmentBytes = 256 * kKiB;
inline constexpr std::uint32_t kMaxBurstBytes = 1 * kMiB;
inline constexpr std::uint32_t kFirstBurstBytes = 256 * kKiB;
/// MaxOutstandingR2T: our offer, the most that the operator may set, and the places that a transfer
/// has. Eight bursts of 1 MiB are more than the largest command, so more would change nothing.
inline constexpr std::uint32_t kMaxOutstandingR2t = 8;
static_assert(kFirstBurstBytes <= kMaxBurstBytes, "RFC 7143, 13.14");
static_assert(kTextValueBytesMax < kTextBytesMax && kNameBytesMax < kTextValueBytesMax,
              "the longest value fits its text, and a name fits a value");
static_assert(kAhsBytesMax <= std::size_t{255} * 4, "TotalAHSLength is one byte of words");
static_assert(kReceiveBufferBytes > 48 + kAhsBytesMax + 4 + kLoginDataSegmentBytes + 4,
              "one read can bring a whole login PDU");

/// Commands of one session in progress (the CmdSN window): open-iscsi queues 128 by default.
inline constexpr std::uint32_t kCommandWindow = 128;
/// Immediate commands stand outside the window; they are bounded by refusing more than these.
inline constexpr std::uint32_t kImmediateCommandsMax = 16;
/// Data of NOP-Out and Text that came before their turn by CmdSN, kept until it is theirs: one
/// PDU's worth. Over one TCP connection nothing comes before its turn unless the peer wants it so.
inline constexpr std::size_t kHeldBytesPerSessionMax = kMaxRecvDataSegmentBytes;
static_assert(kConnectionsMax * (kUnreadAnswersBytesHigh + kMaxRecvDataSegmentBytes +
                                 kHeldBytesPerSessionMax) <=
                  kCopiedBytesMax,
              "by default every peer may leave its pings unread, and those behind a hole, and none "
              "is closed for it");

/// Task management requests of one session whose answers wait for I/O to end: each may hold work on
/// every lane. Initiators have one or two at a time.
inline constexpr std::uint32_t kTaskManagementPendingMax = 16;

// --- SCSI ------------------------------------------------------------------------------------

/// MAXIMUM TRANSFER LENGTH in bytes (VPD B0): one command's buffer is allocated whole.
inline constexpr std::uint32_t kTransferBytesMax = 4 * kMiB;
static_assert(kTransferBytesMax <= kTaskBytesPerConnectionMax, "the largest command fits alone");
static_assert(kTransferBytesMax <= kPooledBytesPerClassMax, "each size is kept at least once");
static_assert(kTransferBytesMax <= kSendQueueBytesHigh, "one answer alone stops no reading");
static_assert(kMaxBurstBytes * kMaxOutstandingR2t >= kTransferBytesMax,
              "all of the largest write is asked for at once");
/// Parameter lists (MODE SELECT, UNMAP): none that we take is larger.
inline constexpr std::uint32_t kParameterListBytesMax = 8192;
/// Parameter data that we give (INQUIRY, MODE SENSE, REPORT LUNS, REPORT SUPPORTED OPERATION
/// CODES): whatever allocation length is asked for, no buffer is larger. The longest is REPORT
/// LUNS.
inline constexpr std::size_t kParameterDataBytesMax = 8192;
static_assert(8 + 8 * (kLunNumberMax + 1) <= kParameterDataBytesMax);
/// CDBs: the longest that we know is 32 bytes (SBC-3's variable length commands).
inline constexpr std::size_t kCdbBytesMax = 32;
/// Unit attentions queued per I_T_L nexus; beyond it all of them give way to one POWER ON, RESET,
/// OR BUS DEVICE RESET OCCURRED, which says "ask for everything again".
inline constexpr std::size_t kUnitAttentionsMax = 8;
/// Sense data we send: fixed format needs 18 bytes, descriptor format with three descriptors 44.
inline constexpr std::size_t kSenseBytesMax = 64;
static_assert(kSenseBytesMax >= 44 && kSenseBytesMax <= 252, "SPC-4, 4.5.1: 252 bytes at most");
/// UNMAP block descriptors of one command (SBC-3, 6.6.3 MAXIMUM UNMAP BLOCK DESCRIPTOR COUNT).
inline constexpr std::uint32_t kUnmapDescriptorsMax = 256;
static_assert(8 + 16 * kUnmapDescriptorsMax <= kParameterListBytesMax, "SBC-3, 5.28.2");
/// Blocks of one UNMAP command, in bytes: bounded so that one command cannot keep a LUN busy for
/// minutes. libiscsi holds MAXIMUM UNMAP LBA COUNT to at most 1,048,576.
inline constexpr std::uint64_t kUnmapBytesMax = 512 * kMiB;
/// Nexuses registered for persistent reservations with one unit: a cluster of 32 hosts with four
/// paths each, twice. Each may hold a name of 223 bytes and more, and all of them are stored.
inline constexpr std::size_t kRegistrationsMax = 256;
/// PERSISTENT RESERVE OUT: REGISTER may name all others that can be registered (SPEC_I_PT), by
/// TransportIDs of up to 248 bytes.
inline constexpr std::uint32_t kReserveListBytesMax = 64 * kKiB;
static_assert(28 + kRegistrationsMax * 248 <= kReserveListBytesMax);
static_assert(kReserveListBytesMax <= 65'536, "a field pointer has 16 bits (SPC-4, 4.5.2.4.2)");
/// What a unit keeps with its store (reservations): 256 registrations of at most 400 bytes of text.
inline constexpr std::size_t kUnitStateBytesMax = 128 * kKiB;
static_assert(kRegistrationsMax * 400 <= kUnitStateBytesMax);
/// COMPARE AND WRITE: hosts ask for one block; VMware's largest is 128 (of 512).
inline constexpr std::uint64_t kCompareAndWriteBlocksMax = 128;
/// Room for what a command reads to compare or copy: longer ones go in pieces of this.
inline constexpr std::uint64_t kScratchBytesMax = 256 * kKiB;
/// IMPLICIT TRANSITION TIME of REPORT TARGET PORT GROUPS: how long an initiator should wait for
/// paths that are in transition. It is what Linux waits if it is told nothing, and above what
/// moving a LUN may take.
inline constexpr std::uint8_t kImplicitTransitionSeconds = 60;
/// EXTENDED COPY: the units of one command, as many as may be held at once. Hosts name a source and
/// a destination.
inline constexpr std::uint16_t kCopyUnitsMax = 2;
/// Segments of one EXTENDED COPY, each at most what 16 bits of 512-byte blocks can say: VMware
/// sends segments of 4 MiB, up to 16 of them. All of it is one command's work, some seconds.
inline constexpr std::uint16_t kCopySegmentsMax = 16;
inline constexpr std::uint32_t kCopySegmentBytesMax = 32 * kMiB;
/// Both lists of descriptors. One more of each kind than is taken must still fit: initiators are
/// told which are too many, and not that the list is too long.
inline constexpr std::uint32_t kCopyDescriptorBytesMax = 1024;
static_assert((kCopyUnitsMax + 1) * 32 + (kCopySegmentsMax + 1) * 28 <= kCopyDescriptorBytesMax);
static_assert(16 + kCopyDescriptorBytesMax <= kParameterListBytesMax);
/// Copies of one nexus that it may ask about (RECEIVE COPY STATUS), in progress or ended. The
/// oldest that has ended gives way.
inline constexpr std::size_t kCopyRecordsMax = 8;

/// Commands that hold a range of one LUN for themselves or wait for one (COMPARE AND WRITE above
/// all): a VMware cluster of 64 hosts has a few each. Each of them that overlaps is compared with
/// those before it when one ends, on the loop that everybody shares; more are BUSY.
inline constexpr std::size_t kRangeLocksPerLunMax = 1024;
/// The echo buffer that each nexus has, once it has written to it (WRITE BUFFER): a page, for it is
/// to try a path out, not to keep data. SPC-4 wants at least 252 bytes.
inline constexpr std::uint16_t kEchoBufferBytesMax = 4096;
/// LBA status descriptors of one GET LBA STATUS: each is a request to the store, and for an RBD
/// image without an object map a second's work for the cluster in the worst case. Initiators ask
/// for one, and go on where it ends.
inline constexpr std::uint32_t kLbaStatusDescriptorsMax = 32;
static_assert(8 + 16 * kLbaStatusDescriptorsMax <= kParameterDataBytesMax);
/// MAXIMUM WRITE SAME LENGTH in bytes. Below 65,536 blocks of 512: libiscsi takes that many for a
/// promise that an ordinary WRITE of the same length is possible too.
inline constexpr std::uint64_t kWriteSameBytesMax = 16 * kMiB;
static_assert(kUnmapBytesMax / 512 <= 1024 * 1024 && kWriteSameBytesMax / 512 < 65536);

/// Thin provisioning: used space of the store's pool or file system at which hosts are told, unless
/// the operator says otherwise (arrays and VMware's own alarm for a datastore use 75 to 85), and
/// how far below it must fall before they are told again.
inline constexpr std::uint8_t kThresholdPercent = 80;
inline constexpr std::uint8_t kThresholdPercentMax = 99;
inline constexpr std::uint8_t kThresholdHysteresisPercent = 2;

// --- Stores ----------------------------------------------------------------------------------

/// Operations of one file that the kernel works on at once: enough to keep an NVMe drive busy. More
/// wait in a list, in order.
inline constexpr std::uint32_t kFileRingSlots = 128;
/// A read that the page cache can answer is copied on the loop itself up to this size (about 15
/// us); a longer copy would hold up the loop's other connections.
inline constexpr std::size_t kFileInlineReadBytesMax = 128 * kKiB;
static_assert(kFileInlineReadBytesMax < kTransferBytesMax, "a large read goes by the ring");
/// A pattern is written in pieces of at most so much, so that no piece keeps the file's write lock
/// for long.
inline constexpr std::size_t kFileFillBytesMax = 1 * kMiB;

// --- Log -------------------------------------------------------------------------------------

/// Lines of one cause in one second; the rest is counted. Ten show a pattern, and a thousand
/// connections that fail at once do not fill the journal.
inline constexpr std::uint32_t kLogBurst = 10;
inline constexpr std::chrono::milliseconds kLogWindow{1'000};
/// One value of a log line. Longer ones are peers' inventions.
inline constexpr std::size_t kLogValueBytesMax = 256;
static_assert(kLogValueBytesMax > kNameBytesMax, "an iSCSI name is logged whole");

// --- Configuration ---------------------------------------------------------------------------

/// toml11 saturates integers and overflows its stack on deep nesting: both are checked around it.
inline constexpr std::size_t kConfigBytesMax = 4 * kMiB;
inline constexpr std::size_t kConfigDepthMax = 16;
/// Errors reported at once: more than a screen of them helps nobody.
inline constexpr std::size_t kConfigErrorsMax = 50;
/// Unix socket paths: sockaddr_un holds 108 bytes with the terminating zero.
inline constexpr std::size_t kSocketPathBytesMax = 107;
/// A serial number's bytes: VPD 80 allows 252; a UUID has 36, and no host shows more than 64.
inline constexpr std::size_t kSerialBytesMax = 64;
/// Images on one RADOS connection: each connection costs about a dozen threads, each fence takes
/// the whole connection with it.
inline constexpr std::uint32_t kImagesPerConnection = 16;
/// Sizes of file and null LUNs: below 1 MiB no file system fits; 1 EiB keeps every offset and sum
/// of offsets inside a signed 64-bit integer.
inline constexpr std::uint64_t kLunBytesMin = 1 * kMiB;
inline constexpr std::uint64_t kLunBytesMax = std::uint64_t{1} << 60;
static_assert(kLunBytesMin >= 8 * 4096 && kLunBytesMax <= INT64_MAX / 2, "sums of offsets fit");
/// Ranges of what the operator may set in [iscsi]. RFC 7143 (13.12 to 13.14) allows 512 to
/// 2^24 - 1 bytes; above one command's largest transfer more would only cost memory.
inline constexpr std::uint32_t kIscsiBytesMin = 512;
inline constexpr std::uint32_t kIscsiBytesMax = kTransferBytesMax;
inline constexpr std::uint32_t kMaxOutstandingR2tMax = kMaxOutstandingR2t;
inline constexpr std::uint32_t kCommandWindowMax = 1024;
static_assert(kMaxRecvDataSegmentBytes <= kIscsiBytesMax && kMaxBurstBytes <= kIscsiBytesMax);
static_assert(kCommandWindow <= kCommandWindowMax);
static_assert(kCommandWindowMax + kImmediateCommandsMax <= 0xffff, "a task's slot has 16 bits");
static_assert(kIscsiBytesMin <= kLoginDataSegmentBytes, "RFC 7143, 13.12: any value from 512 up");
/// Timeouts that the operator may set: below 100 ms a busy peer looks dead, above ten minutes a
/// dead one looks busy.
inline constexpr std::chrono::milliseconds kTimeoutMin{100};
inline constexpr std::chrono::milliseconds kTimeoutMax{600'000};
static_assert(kTimeoutMin >= kDeadlineTick, "a timeout is not shorter than the look at it");
/// The delay that tests put on a file LUN.
inline constexpr std::chrono::milliseconds kTestDelayMax{60'000};
/// What tests leave of a file LUN's speed, per second: the longest request (kUnmapBytesMax) then
/// takes nine minutes.
inline constexpr std::uint64_t kTestRateBytesMin = kMiB;

/// How often it is looked how full a store's place is; and threads for that, of which a file system
/// that hangs keeps one: then thresholds are told late, and nothing else waits.
inline constexpr std::chrono::milliseconds kFullnessInterval{30'000};
inline constexpr unsigned kFullnessThreads = 4;
/// How often the segment is told what the process as a whole has seen: older than a scrape is not
/// worth having.
inline constexpr std::chrono::milliseconds kProcessCellsInterval{1'000};
/// The monitors' answer serves all images of a connection for this long: they are not asked once
/// for each of a thousand.
inline constexpr std::chrono::milliseconds kPoolFullnessAge{20'000};
static_assert(kPoolFullnessAge < kFullnessInterval, "each look is a new one");

// --- Ceph ------------------------------------------------------------------------------------

/// Monitors that do not answer a connecting client for this long are unreachable: their own
/// elections take a few seconds.
inline constexpr std::chrono::seconds kCephConnectTimeout{10};
/// Commands to the monitors (blocklist, pool look-up). I/O has no such limit: an operation that was
/// given up may still land.
inline constexpr std::chrono::seconds kCephCommandTimeout{15};
/// Opening an image whole: connect, fence a former instance (a second), lock. Then the LUN is
/// reported unreachable; the attempt is kept and joined by the next one.
inline constexpr std::chrono::milliseconds kImageOpenTimeout{30'000};
/// A group's text is a connection and two reads of an object; a pool whose OSDs are away answers
/// neither, and a start or a reload says so rather than wait.
inline constexpr std::chrono::seconds kGroupReadTimeout{15};
static_assert(kGroupReadTimeout > kCephConnectTimeout, "who cannot connect is told so");
static_assert(kImageOpenTimeout > kCephConnectTimeout + kCephCommandTimeout,
              "whoever hangs first says why, instead of the whole that says \"too long\"");
/// A retry that finds the attempt before it still under way only looks whether it has ended.
inline constexpr std::chrono::milliseconds kJoinedAttemptPatience{1'000};
/// Portals open when every LUN's first attempt has ended, or after this: hundreds of images of a
/// dead pool must not keep the disks of other pools away. The service manager waits 60 s.
inline constexpr std::chrono::milliseconds kStartPatience{40'000};
static_assert(kStartPatience > kImageOpenTimeout, "one image that hangs is known as such by then");
/// Closing an image: flush, release, unwatch. What takes longer goes on without us.
inline constexpr std::chrono::milliseconds kImageCloseTimeout{10'000};
/// A fence must outlast every way in which a dead instance may come back (a host that was frozen, a
/// virtual machine that was restored): ten years. Ceph's default is an hour.
inline constexpr std::chrono::seconds kFenceTime{std::int64_t{10} * 365 * 86'400};
static_assert(kFenceTime.count() <= INT64_C(0xffffffff), "rados_blocklist_add takes 32 bits");
/// Fenced instances that a gateway's roster remembers, per pool and namespace: one for each
/// connection of each crash. Beyond it the oldest are forgotten.
inline constexpr std::size_t kFormerInstancesMax = 256;
/// One entry of that roster, some 300 bytes: what is longer is none of ours.
inline constexpr std::size_t kRosterEntryBytesMax = 4096;
/// Versions of a group's text that are kept to go back to: months of changes, and at 4 MiB each (a
/// text of thousands of LUNs has some hundred kilobytes) no burden for an omap.
inline constexpr std::size_t kTextVersionsMax = 64;
/// Holders of one lock and watchers of one image that are looked at; an exclusive lock has one.
inline constexpr std::size_t kWatchersMax = 256;

/// Objects of one look for allocated ranges (1 GiB at 4 MiB each). Without an object map librbd
/// asks each of them, ten at a time: some 30 ms on flash, a second on disks.
inline constexpr std::uint64_t kAllocationObjectsMax = 256;
/// Such looks of one LUN that wait or are under way, of all its initiators: a few tools ask at the
/// same time, and whoever must wait for them all (a removal, the end) waits for seconds.
inline constexpr unsigned kLookUpsPerLunMax = 4;
/// How long one GET LBA STATUS goes on asking for more descriptors; then its list ends. Well below
/// the 30 s after which initiators abort a command, and a look that is under way comes on top.
inline constexpr std::chrono::milliseconds kLookUpTime{5'000};

// --- Control socket --------------------------------------------------------------------------

inline constexpr std::size_t kControlRequestBytesMax = 64 * kKiB;
/// A reply lists every LUN and session: 1,024 and 2,048 of them, below 2 KiB each.
inline constexpr std::size_t kControlReplyBytesMax = 8 * kMiB;
static_assert((kLunsMax + kConnectionsMax) * 2 * kKiB <= kControlReplyBytesMax);
/// Our messages nest four deep; the rest is somebody's bomb.
inline constexpr std::size_t kControlDepthMax = 16;
inline constexpr std::size_t kControlConnectionsMax = 32;
inline constexpr std::chrono::milliseconds kControlTimeout{5'000};

// --- Telemetry -------------------------------------------------------------------------------

/// Slots of the segment: a removed LUN's slot rests for a while, so there are more slots than LUNs.
/// A slot costs memory when it is used, not before.
inline constexpr std::uint32_t kLunSlots = kLunsMax + kLunsMax / 4;
/// How long the slot of a removed LUN is given to nobody: several scrapes of the slowest Prometheus
/// that is usual (15 s), so that no reader takes the new LUN's counters for the old one's.
inline constexpr std::chrono::seconds kTombstoneTime{60};
/// Initiators on LUNs that are counted apart: 4 hosts on each of 1,000 disks, or 200 hosts on 20.
/// Beyond it they are counted together, per LUN. 576 bytes each on two loops (layout.h asserts it).
inline constexpr std::uint32_t kNexusSlots = 4 * kLunsMax;
/// An initiator that has done nothing on a LUN for so long may lose its slot to another one. An
/// hour, so that names that a peer invents make at most kNexusSlots new series per hour.
inline constexpr std::chrono::hours kNexusIdleTime{1};
/// Between two searches for the idle in a full table, for a crowd of new pairs asks for many; and
/// who has no slot asks again so often.
inline constexpr std::chrono::minutes kNexusLook{1};
/// Slow I/O of one loop that its ring takes per second: a second of disaster must not push out what
/// led to it, and copying them must not slow the loop down (64 times 500 bytes).
inline constexpr std::uint32_t kSlowPerSecondMax = 64;
/// Beside these, for what is stuck; what finds no place is tried again with the next look. So in an
/// honest hang every command is told of in the end, and slow ones do not push them aside.
inline constexpr std::uint32_t kStuckPerSecond = 16;
/// Of both, for one session: a peer can make its own I/O slow, by answering R2Ts late or reading
/// slowly, and must not take the ring from the others.
inline constexpr std::uint32_t kSlowPerSessionSecond = kSlowPerSecondMax / 8;
inline constexpr std::uint32_t kStuckPerSessionSecond = kStuckPerSecond / 4;
/// Flushes, discards and what is neither read nor write have no SLO; above this they are slow.
inline constexpr std::chrono::milliseconds kSlowOther{1'000};
/// An I/O that is in flight for so long is put into the ring as stuck, once.
inline constexpr std::chrono::seconds kStuckAfter{10};
/// How often a loop looks for such.
inline constexpr std::chrono::milliseconds kStuckLook{1'000};
/// A reader tries this often to see a slot that is being changed, then leaves it out of this
/// scrape.
inline constexpr unsigned kSlotReadTries = 4;
/// A segment larger than this is none of ours: all slots of eight loops need 130 MiB
/// (birth.cc asserts it).
inline constexpr std::uint64_t kSegmentBytesMax = 1024 * kMiB;

// --- Exporter --------------------------------------------------------------------------------

/// Scrapers are few; the rest are people with a browser.
inline constexpr unsigned kScrapeConnectionsMax = 32;
/// Of these, one address (IPv6: a /64) gets half: a client that leaks connections does not lock the
/// others out. At either limit one that is there gives way to the newcomer.
inline constexpr unsigned kScrapeConnectionsPerAddressMax = kScrapeConnectionsMax / 2;
/// Request line and headers of one connection; Prometheus sends some 300 bytes.
inline constexpr std::size_t kScrapeRequestBytesMax = 16 * kKiB;
/// Pages made and not yet taken by their clients; beyond it the slowest of them loses its own. A
/// page of 1,000 LUNs has 17 MB, so two slow scrapers fit; of the largest (kExporterSeries) one
/// does. A crowd of them costs nobody the memory.
inline constexpr std::size_t kScrapeReplyBytesMax = 48 * kMiB;
/// Of these, for one address; beyond it its next page is 503. Half: two Prometheus servers behind
/// one address may be slow at the same time.
inline constexpr std::size_t kScrapeReplyBytesPerAddressMax = kScrapeReplyBytesMax / 2;
/// A connection that is silent, or takes nothing, for longer is closed.
inline constexpr std::chrono::seconds kScrapeTimeout{15};
/// Connect, handshake and headers; they are one packet each way or two. Nothing prolongs it, as it
/// is with the next two: a byte now and then would hold a connection for days.
inline constexpr std::chrono::milliseconds kScrapeHeadersTimeout{10'000};
/// A request until its answer is taken: the longest scrape_timeout that is usual, and 17 MB at
/// 300 kB/s.
inline constexpr std::chrono::milliseconds kScrapeExchangeTimeout{60'000};
/// From an answer to the next request's headers: silence, and then as at the beginning.
inline constexpr std::chrono::milliseconds kScrapeIdleTimeout =
    std::chrono::milliseconds(kScrapeTimeout) + kScrapeHeadersTimeout;
/// How often it is looked for who takes too long.
inline constexpr std::chrono::milliseconds kScrapeLook{1'000};
/// What the library accepts: room for those that were told to give way and have not gone yet.
inline constexpr unsigned kScrapeSocketsMax = 2 * kScrapeConnectionsMax;
/// Exemplars out of one segment: a full ring of every loop. Each is some hundreds of bytes.
inline constexpr std::size_t kExemplarsPerSegmentMax = kLoopsMax * 256;
/// Gateways of one host behind one exporter.
inline constexpr std::size_t kExporterSegmentsMax = 16;
/// Exemplars of one page, in equal shares for its segments: four full ones. One that is alone on
/// its series takes 1.6 KB, so these take 13 MB.
inline constexpr std::size_t kExemplarsPerPageMax = 4 * kExemplarsPerSegmentMax;
static_assert(kExemplarsPerPageMax >= kExporterSegmentsMax, "each segment has a share");
/// Names and values of an exemplar's labels together, in characters: OpenMetrics 1.0 has it so, and
/// Prometheus refuses the page of one that is longer.
inline constexpr std::size_t kExemplarRunesMax = 128;
/// What systemd gives the exporter: MemoryMax in packaging/lungate-exporter.service. That the
/// bounds of pages stay below it is checked where they are used (exporter/weigh.h).
inline constexpr std::size_t kExporterMemoryMax = 512 * kMiB;
/// Of it for everything that is no page: the program and its libraries (20 MB), one segment as read
/// (20), exemplars (13), 64 sockets with TLS (8), and what the heap has and does not use.
inline constexpr std::size_t kExporterMemoryRest = 96 * kMiB;
/// A page in the making: series with their labels, buckets and fine bins.
inline constexpr std::size_t kPageMemoryBytesMax = 152 * kMiB;
/// The same page as text. It is bounded apart, for it is also held: packed, and by its client.
inline constexpr std::size_t kPageTextBytesMax = 68 * kMiB;
/// This part of both is kept for what gateways say of themselves, which LUNs must not crowd out:
/// some 700 series each.
inline constexpr std::size_t kPageGatewaysPart = 16;
/// Series of one page, unless [exporter] says otherwise: three gateways of 1,000 LUNs. Some 60 MB
/// of text; what is more is dropped by whole LUNs, and counted.
inline constexpr std::uint32_t kExporterSeries = 500'000;
inline constexpr std::uint32_t kExporterSeriesMin = 1'000;
/// Of a LUN with names of usual length, on average; page_bytes_test.cc holds them against a page.
/// Longer names come to the bounds of bytes before they come to that of series.
inline constexpr std::size_t kSeriesMemoryBytes = 288;
inline constexpr std::size_t kSeriesTextBytes = 128;
/// What is more would be promised and not kept: exporter/weigh.h has the sum.
inline constexpr std::uint32_t kExporterSeriesMax = 515'000;
static_assert(kExporterSeriesMin < kExporterSeries && kExporterSeries <= kExporterSeriesMax);
/// The web configuration: a few keys, or certificates in the text.
inline constexpr std::size_t kWebConfigBytesMax = 256 * kKiB;
/// A certificate with its chain, a list of authorities.
inline constexpr std::size_t kPemBytesMax = 1 * kMiB;
inline constexpr std::size_t kScrapeUsersMax = 100;
/// 2^18 rounds take about twenty seconds; what is dearer would let nobody in.
inline constexpr unsigned kBcryptCostMax = 18;
/// Log-ins of one address that wait for their hash, which is computed one at a time and for each
/// address in turn; its next ones get 503. Who has logged in before does not wait.
inline constexpr unsigned kScrapeLoginsPerAddressMax = 2;
/// The web configuration and its files are looked at when a connection comes, this often at most.
inline constexpr std::chrono::milliseconds kWebConfigLookInterval{1'000};

// --- Life cycle ------------------------------------------------------------------------------

/// SIGTERM: new commands are answered BUSY, those in progress have this long to end, and a session
/// without any is closed; what is left then is closed as well.
inline constexpr std::chrono::milliseconds kDrainTimeout{10'000};
/// A session that drains is asked to log out (RFC 7143, 11.9.1, event 1) and has this long to do
/// it; then it is closed, if nothing is in progress. Whole seconds: the message has no others.
inline constexpr std::chrono::seconds kLogoutPatience{2};
static_assert(kLogoutPatience < kDrainTimeout);
/// After the drain: I/O in progress and stores get this much longer, then the process ends hard.
inline constexpr std::chrono::milliseconds kCloseTimeout{10'000};
static_assert(kImageCloseTimeout <= kCloseTimeout, "an image that can be released is released");
static_assert(kLookUpTime < kCloseTimeout, "a look-up does not decide how the process ends");
/// When all is closed: for what nobody waits for (a fenced client that shuts down takes some ms).
inline constexpr std::chrono::milliseconds kExitPatience{1'000};
/// Threads for calls that block, and those that wait for stores to open: apart, so that images that
/// hang hold up neither a close nor a reload. A store that hangs costs one opener for
/// kImageOpenTimeout once, and for kJoinedAttemptPatience at every retry.
inline constexpr unsigned kWorkerThreads = 8;
inline constexpr unsigned kOpenerThreads = 32;
/// A loop that stalled longer closes its connections without executing what they hold (a paused
/// process must not write data that its initiator has long written elsewhere).
inline constexpr std::chrono::milliseconds kStallLimit{15'000};
/// An offline LUN is tried again after this long, doubled at each failure up to the maximum.
inline constexpr std::chrono::milliseconds kReopenDelayMin{1'000};
inline constexpr std::chrono::milliseconds kReopenDelayMax{30'000};
static_assert(kReopenDelayMin < kReopenDelayMax);
/// A reload's answer waits so long for the first attempts of the LUNs that it adds, to tell what
/// has become of them; then it says "still opening". Most open, or are refused, in one second.
inline constexpr std::chrono::milliseconds kReloadAnswerTimeout{5'000};

}  // namespace lungate::limits
