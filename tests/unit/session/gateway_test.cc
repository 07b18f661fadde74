// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/gateway.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>

#include "tests/unit/session/rig.h"

namespace lungate::session::test {
namespace {

using namespace std::chrono_literals;
using scsi::Status;
using telemetry::GatewayCounter;

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

std::uint64_t gauge(const Rig& rig, telemetry::GatewayGauge which) {
  return rig.snapshot().gauges[static_cast<std::size_t>(which)];
}

/// MODE SELECT(6) of the control page with SWP set.
std::uint32_t protect(Peer& peer) {
  const std::array<std::uint8_t, 16> cdb{0x15, 0x10, 0, 0, 16};
  const auto header = peer.command(cdb, 16, iscsi::ScsiCommand::kWriteBit);
  std::array<std::uint8_t, 16> list{0, 0, 0, 0, 0x0a, 0x0a, 0x02, 0x10, 0x08, 0x40};
  peer.send(header, std::as_bytes(std::span(list)));
  return header.initiator_task_tag;
}

std::uint32_t last_block(Peer& peer) {
  const auto header = peer.command({0x25}, 8, iscsi::ScsiCommand::kReadBit);
  peer.send(header);
  const Outcome outcome = peer.finish(header.initiator_task_tag);
  EXPECT_GOOD(outcome);
  return outcome.data.size() == 8 ? load<be32>(outcome.data).value() : 0;
}

// --- Connections and sessions --------------------------------------------------------------------

TEST(Gateway, NothingIsLeftOfSessionsThatCameAndWent) {
  const std::size_t before = open_descriptors();
  {
    Rig rig;
    const std::size_t serving = open_descriptors();
    for (std::uint64_t i = 0; i < 20; ++i) {
      Peer peer = rig.ready({.isid = i % 5});
      EXPECT_GOOD(peer.finish(peer.write(0, pattern(4096), 4096)));
      if (i % 2 == 0) peer.logout();
    }
    EXPECT_TRUE(eventually([&] { return rig.sessions() == 0 && rig.connections() == 0; }));
    EXPECT_EQ(gauge(rig, telemetry::GatewayGauge::kSessions), 0u);
    EXPECT_EQ(gauge(rig, telemetry::GatewayGauge::kConnections), 0u);
    EXPECT_EQ(rig.counter(GatewayCounter::kConnectionsAccepted), 20u);
    EXPECT_EQ(open_descriptors(), serving);
  }
  EXPECT_EQ(open_descriptors(), before);
}

/// Guards finish_if_idle(): a session ends with its last I/O, not with its connection.
TEST(Gateway, ASessionOutlivesItsConnectionUntilItsIoHasEnded) {
  Rig rig;
  Peer peer = rig.ready();
  rig.store().hold();
  peer.read(0, 16);
  peer.write(0, pattern(16384), 0);  // waits for its R2T's data: ends with the connection
  rig.store().wait_held(1);
  peer.hang_up();
  EXPECT_TRUE(eventually([&] { return gauge(rig, telemetry::GatewayGauge::kSessions) == 0; }));
  EXPECT_EQ(rig.sessions(), 1u);
  EXPECT_EQ(rig.connections(), 1u);
  rig.store().release();
  EXPECT_TRUE(eventually([&] { return rig.sessions() == 0 && rig.connections() == 0; }));
}

/// Guards Entry::waiting, which has one place: a peer that logs in and goes, again and again, while
/// its old session hangs, must not fill the memory.
TEST(Gateway, LoginsThatWaitAreOnePerPortAndOnlyAsLongAsTheirConnection) {
  Rig rig;
  Peer old = rig.ready();
  rig.store().hold();
  old.read(0, 1);
  rig.store().wait_held(1);
  for (int i = 0; i < 20; ++i) {
    Peer come_and_gone = rig.connect();
    come_and_gone.send_login({});
  }
  const auto waiting = [&] { return rig.on_home([&] { return rig.gateway().waiting_logins(); }); };
  EXPECT_TRUE(eventually([&] {
    return rig.counter(GatewayCounter::kConnectionsAccepted) == 21 && rig.connections() == 1;
  })) << "long before the login times out";
  EXPECT_EQ(waiting(), 0u);
  Peer first = rig.connect();
  first.send_login({});
  EXPECT_TRUE(eventually([&] { return waiting() == 1; }));
  Peer second = rig.connect();
  second.send_login({});
  EXPECT_EQ(first.finish_login(), 0x0302) << "out of resources: the newer one has its place";
  EXPECT_EQ(waiting(), 1u);
  rig.store().let_go();
  EXPECT_EQ(second.finish_login(), 0);
}

/// Guards Entry::waiting: the answer to the new login waits for the old session's I/O, or a write
/// of the old one could land after a write of the new one.
TEST(Gateway, AReinstatingLoginWaitsForTheOldSessionsIo) {
  Rig rig;
  Peer old = rig.ready();
  rig.store().hold();
  old.write(0, pattern(4096, 1), 4096);
  rig.store().wait_held(1);
  Peer fresh = rig.connect();  // on the other lane
  fresh.send_login({});
  EXPECT_TRUE(old.closed());
  rig.settle();
  rig.settle();
  EXPECT_FALSE(fresh.poll()) << "not before the write has ended";
  rig.store().let_go();
  EXPECT_EQ(fresh.finish_login(), 0);
  EXPECT_EQ(rig.counter(GatewayCounter::kCloseReinstated), 1u);
  fresh.attentions();
  EXPECT_GOOD(fresh.finish(fresh.write(0, pattern(4096, 2), 4096)));
  EXPECT_EQ(rig.store().content(0, 4096), pattern(4096, 2));
}

TEST(Gateway, OfManyLoginsOfOnePortTheLastStays) {
  Rig rig;
  Peer old = rig.ready();
  rig.store().hold();
  old.read(0, 1);
  rig.store().wait_held(1);
  Peer second = rig.connect();
  second.send_login({});
  EXPECT_TRUE(old.closed());
  Peer third = rig.connect();
  third.send_login({});
  rig.settle();
  rig.store().let_go();
  EXPECT_EQ(third.finish_login(), 0);
  EXPECT_TRUE(second.closed());
  third.attentions();
  EXPECT_GOOD(third.run(third.test_unit_ready()));
  EXPECT_TRUE(eventually([&] { return rig.sessions() == 1 && rig.connections() == 1; }));
}

// --- Floods --------------------------------------------------------------------------------------

RigOptions few_places() {
  RigOptions options;
  options.settings.connections_max = 16;
  options.settings.logins_max = 4;  // two for each lane
  options.settings.discovery_sessions_max = 3;
  return options;
}

LoginOptions discovery() {
  LoginOptions options;
  options.target.clear();
  return options;
}

/// Guards Registry::make_room_for_discovery.
TEST(Gateway, AFloodOfDiscoverySessionsKeepsNoInitiatorOut) {
  Rig rig(few_places());
  std::vector<Peer> flood;
  for (int i = 0; i < 40; ++i) {
    flood.push_back(rig.connect());
    ASSERT_EQ(flood.back().login(discovery()), 0) << i << ": the newest is let in";
    ASSERT_TRUE(eventually([&] { return rig.sessions() <= 3; }));
  }
  Peer peer = rig.ready();
  EXPECT_GOOD(peer.run(peer.read(0, 1)));
  EXPECT_TRUE(flood.front().closed());
  flood.back().ping();
  flood.back().expect<iscsi::NopIn>();
  EXPECT_TRUE(eventually([&] { return rig.sessions() == 4 && rig.connections() == 4; }));
}

/// Guards Lane::make_room_for_login.
TEST(Gateway, AFloodOfHalfOpenConnectionsKeepsNoInitiatorOut) {
  Rig rig(few_places());
  Peer old = rig.ready();
  std::vector<Peer> flood;
  for (std::uint64_t i = 0; i < 40; ++i) {
    flood.push_back(rig.connect());
    ASSERT_TRUE(eventually([&] {
      return rig.counter(GatewayCounter::kConnectionsAccepted) == i + 2 && rig.connections() <= 5;
    })) << i;
  }
  Peer peer = rig.ready({.isid = 2});
  EXPECT_GOOD(peer.run(peer.read(0, 1)));
  EXPECT_GOOD(old.run(old.read(0, 1))) << "a session is no login";
  EXPECT_TRUE(flood.front().closed());
  EXPECT_EQ(flood.back().login({.isid = 3}), 0) << "the newest are left their time";
  EXPECT_EQ(rig.counter(GatewayCounter::kLoginLimit), 37u);
  EXPECT_EQ(rig.counter(GatewayCounter::kConnectionsRefusedLimit), 0u);
}

/// Guards normal_sessions_max(): with every connection a session, no login could begin.
TEST(Gateway, SessionsLeaveRoomForLogins) {
  Rig rig(few_places());
  std::vector<Peer> peers;
  for (std::uint64_t isid = 0; isid < 5; ++isid) peers.push_back(rig.ready({.isid = isid}));
  Peer many = rig.connect();
  EXPECT_EQ(many.login({.isid = 5}), 0x0302) << "out of resources, and it is told so";
  Peer again = rig.connect();
  EXPECT_EQ(again.login({.isid = 0}), 0) << "an initiator that comes back has its place";
}

/// Guards Lane::count_sessions: one that only asked made "all initiators have left" when it went.
TEST(Gateway, DiscoverySessionsAreCountedApart) {
  using telemetry::GatewayGauge;
  Rig rig;
  Peer normal = rig.ready();
  Peer asks = rig.connect();
  EXPECT_EQ(asks.login(discovery()), 0);
  rig.settle();
  EXPECT_EQ(gauge(rig, GatewayGauge::kSessions), 1u);
  EXPECT_EQ(gauge(rig, GatewayGauge::kDiscoverySessions), 1u);
  asks.hang_up();
  EXPECT_TRUE(eventually([&] { return gauge(rig, GatewayGauge::kDiscoverySessions) == 0; }));
  EXPECT_EQ(gauge(rig, GatewayGauge::kSessions), 1u);
}

/// Guards discovery_life in Session::tick: 63 of them would be kept for ever otherwise.
TEST(Gateway, ADiscoverySessionHasItsTime) {
  RigOptions options;
  options.settings.discovery_life = 300ms;
  Rig rig(options);
  Peer normal = rig.ready();
  Peer asks = rig.connect();
  EXPECT_EQ(asks.login(discovery()), 0);
  EXPECT_TRUE(asks.closed());
  EXPECT_GOOD(normal.run(normal.test_unit_ready()));
  EXPECT_TRUE(eventually([&] { return rig.counter(GatewayCounter::kCloseDiscoveryTimeout) == 1; }));
  EXPECT_EQ(rig.counter(GatewayCounter::kCloseAdmin), 0u);
}

TEST(Gateway, AnOperatorEndsASession) {
  Rig rig;
  Peer peer = rig.ready();
  const SessionId id = rig.descriptions().at(0).id;
  EXPECT_FALSE(rig.on_home([&] { return rig.gateway().disconnect(id + 1); }));
  EXPECT_TRUE(rig.on_home([&] { return rig.gateway().disconnect(id); }));
  EXPECT_TRUE(peer.closed());
  EXPECT_TRUE(eventually([&] { return rig.sessions() == 0; }));
}

// --- What a LUN goes through ---------------------------------------------------------------------

/// Guards the acknowledgments behind apply_change: every lane has the change before GOOD is said.
TEST(Gateway, AModeSelectHoldsOnEveryLaneBeforeItIsGood) {
  Rig rig;
  Peer mine = rig.ready({.isid = 1});
  Peer other = rig.ready({.isid = 2});
  EXPECT_GOOD(mine.finish(protect(mine)));
  EXPECT_EQ(other.attentions(), std::vector{scsi::sense::kModeParametersChanged});
  EXPECT_EQ(other.finish(other.write(0, pattern(512), 512)).sense,
            scsi::sense::kSoftwareWriteProtected);
  EXPECT_TRUE(mine.attentions().empty()) << "who asked for it knows";
  EXPECT_EQ(mine.finish(mine.write(0, pattern(512), 512)).sense,
            scsi::sense::kSoftwareWriteProtected);
  // A reset brings the default back.
  mine.manage(5, iscsi::kNoTag);
  mine.expect<iscsi::TaskManagementResponse>();
  mine.attentions();
  EXPECT_GOOD(mine.finish(mine.write(0, pattern(512), 512)));
}

TEST(Gateway, AResizeIsToldToEveryone) {
  Rig rig;
  Peer mine = rig.ready({.isid = 1});
  Peer other = rig.ready({.isid = 2});
  Signal resized;
  rig.on_home([&] { rig.lun().resize(1000, resized.done()); });
  EXPECT_TRUE(resized.wait());
  for (Peer* peer : {&mine, &other}) {
    EXPECT_EQ(peer->attentions(), std::vector{scsi::sense::kCapacityChanged});
    EXPECT_EQ(last_block(*peer), 999u);
    EXPECT_EQ(peer->run(peer->read(1000, 1)).sense, scsi::sense::kLbaOutOfRange);
  }
}

TEST(Gateway, ALunGoesOfflineAndComesBack) {
  Rig rig;
  Peer peer = rig.ready();
  rig.store().hold();
  const auto begun = peer.read(0, 1);
  rig.store().wait_held(1);
  Signal offline;
  rig.on_home([&] { rig.lun().set_offline(scsi::Availability::kOffline, offline.done()); });
  EXPECT_TRUE(offline.wait());
  EXPECT_EQ(peer.run(peer.test_unit_ready()).sense.key, scsi::SenseKey::kNotReady);
  EXPECT_EQ(peer.run(peer.read(0, 1)).sense.key, scsi::SenseKey::kNotReady);
  rig.store().let_go();
  EXPECT_GOOD(peer.finish(begun)) << "what was begun goes on";
  rig.bring_online(0);
  peer.attentions();
  EXPECT_GOOD(peer.run(peer.read(0, 1)));
}

TEST(Gateway, WhatChangedWhileALunWasOfflineIsTold) {
  Rig rig;
  Peer peer = rig.ready();
  const scsi::Unit before = rig.unit(0);
  scsi::Unit grown = before;
  grown.geometry.block_count += 8;
  rig.bring_online(0, grown);
  EXPECT_EQ(peer.attentions(), std::vector{scsi::sense::kCapacityChanged});
  scsi::Unit another = grown;
  another.identity.serial = "another image of that name";
  rig.bring_online(0, another);
  EXPECT_EQ(peer.attentions(), std::vector{scsi::sense::kInquiryDataChanged});
  rig.bring_online(0, another);
  EXPECT_TRUE(peer.attentions().empty());
}

/// Guards quiesce against abort: nobody asked for the loss of a LUN, so whoever has commands on it
/// is told how they ended. Swallowed, they would cost the initiator its time-out, each of them.
TEST(Gateway, ALostLunAnswersEveryCommand) {
  Rig rig;
  Peer peer = rig.ready();
  rig.store().hold();
  const auto late = pattern(16384);
  const auto slow = peer.write(0, late, 0);
  const auto r2t = peer.expect<iscsi::ReadyToTransfer>();
  std::map<std::uint32_t, bool> reads;  // by tag
  for (int i = 0; i < 100; ++i) {
    const bool read = i % 2 == 0;
    reads[read ? peer.read(0, 8) : peer.write(0, pattern(4096), 4096)] = read;
  }
  rig.store().wait_held(100);
  const Signal quiet = rig.lose();
  rig.settle();
  EXPECT_FALSE(quiet.happened()) << "the store holds requests";
  rig.check_accounts();
  rig.store().release_all(backend::Status::kNotOwner);
  EXPECT_TRUE(quiet.wait()) << "a command that waits for data holds nobody up";
  for (int i = 0; i < 100; ++i) {
    const auto response = peer.expect<iscsi::ScsiResponse>();
    ASSERT_EQ(reads.count(response.initiator_task_tag), 1u);
    if (reads.extract(response.initiator_task_tag).mapped())
      EXPECT_EQ(response.status, static_cast<std::uint8_t>(Status::kBusy));
    else
      EXPECT_EQ(sense_in(peer.last_data()), scsi::sense::kCommunicationFailure)
          << "perhaps written";
  }
  peer.give(r2t, late);
  EXPECT_EQ(peer.finish(slow).sense.key, scsi::SenseKey::kNotReady);
  EXPECT_EQ(rig.store().submitted(backend::Verb::kWrite), 50u) << "nothing after the loss";
  rig.store().let_go();
  rig.bring_online(0);
  EXPECT_GOOD(peer.run(peer.read(0, 1)));
  EXPECT_EQ(rig.snapshot().luns.at(0).counters[0], 0u);
}

/// Guards the look at the present unit in Commands::nexus_of: its snapshot allows the write.
TEST(Gateway, AWriteWhoseDataComesAfterAWriteProtectionIsRefused) {
  Rig rig;
  Peer peer = rig.ready({.isid = 1});
  Peer other = rig.ready({.isid = 2});
  const auto data = pattern(16384);
  const auto write = peer.write(0, data, 0);
  const auto r2t = peer.expect<iscsi::ReadyToTransfer>();
  EXPECT_GOOD(other.finish(protect(other)));
  EXPECT_EQ(peer.attentions(), std::vector{scsi::sense::kModeParametersChanged});
  peer.give(r2t, data);
  EXPECT_EQ(peer.finish(write).sense, scsi::sense::kSoftwareWriteProtected);
  EXPECT_EQ(rig.store().submitted(backend::Verb::kWrite), 0u);
}

/// Guards ModeChange::from: each has the whole of the unit's mode, and the slower one would undo
/// what the other was told.
TEST(Gateway, OfTwoModeSelectsAtOnceTheSlowerIsBusy) {
  Rig rig;
  rig.ready();
  const scsi::ModeState before = rig.unit(0).mode;
  scsi::ModeState protect = before, describe = before;
  protect.software_write_protect = true;
  describe.descriptor_sense = true;
  std::vector<Status> told;
  rig.on_home([&] {
    const auto tell = [&](const scsi::ChangeOutcome& outcome) { told.push_back(outcome.status); };
    rig.lun().apply(scsi::ModeChange{before, protect}, {}, tell);
    rig.lun().apply(scsi::ModeChange{before, describe}, {}, tell);
  });
  EXPECT_TRUE(eventually([&] { return rig.on_home([&] { return told.size() == 2; }); }));
  EXPECT_EQ(told, (std::vector{Status::kGood, Status::kBusy}));
  EXPECT_TRUE(rig.on_home([&] { return rig.lun().unit().mode == protect; }));
}

/// Guards the view that quiesce() gives: a command whose data comes after the LUN is back was
/// begun before the outage, and its initiator has been told that the LUN was not ready since.
TEST(Gateway, WhatWasBegunBeforeALossIsNotRunAfterIt) {
  Rig rig;
  Peer peer = rig.ready();
  const auto data = pattern(16384);
  const auto write = peer.write(0, data, 0);
  const auto r2t = peer.expect<iscsi::ReadyToTransfer>();
  EXPECT_TRUE(rig.lose().wait());
  rig.bring_online(0);
  peer.give(r2t, data);
  EXPECT_EQ(peer.finish(write).sense.key, scsi::SenseKey::kNotReady);
  EXPECT_EQ(rig.store().submitted(backend::Verb::kWrite), 0u);
}

/// Guards the batons' end in respond(): a peer that does not read must not keep a store open.
TEST(Gateway, ALossWaitsForIoAndNotForPeers) {
  Rig rig;
  Peer peer = rig.connect(4096);
  EXPECT_EQ(peer.login({}), 0);
  peer.attentions();
  rig.store().hold();
  constexpr auto kBlocks = static_cast<std::uint16_t>(limits::kTransferBytesMax / kBlock);
  for (int i = 0; i < 4; ++i) peer.read(0, kBlocks);
  rig.store().wait_held(4);
  const Signal quiet = rig.lose();
  rig.settle();
  rig.store().release_all(backend::Status::kOk);
  EXPECT_TRUE(quiet.wait());
  EXPECT_GT(rig.in_progress(), 0u) << "16 MiB do not fit into the socket";
}

/// Guards the batons of quiesce_lun: a LUN's store may be closed after `done`, and not before.
TEST(Gateway, ALunIsGoneWhenItsLastCommandIs) {
  Rig rig({.luns = 2});
  Peer peer = rig.ready();
  rig.store(1).hold();
  const auto read = peer.read(0, 1, 1);
  const auto late = pattern(16384);
  const auto slow = peer.write(0, late, 0, true, 1);
  const auto r2t = peer.expect<iscsi::ReadyToTransfer>();
  rig.store(1).wait_held(1);
  rig.directory.targets.begin()->second.luns.erase(1);
  rig.publish();
  EXPECT_EQ(peer.attentions(0), std::vector{scsi::sense::kReportedLunsChanged});
  EXPECT_EQ(peer.run(peer.test_unit_ready(1)).sense, scsi::sense::kLogicalUnitNotSupported);
  Signal gone;
  rig.on_home([&] { rig.gateway().remove_lun(2, gone.done()); });
  rig.settle();
  EXPECT_FALSE(gone.happened());
  rig.store(1).release();
  EXPECT_TRUE(gone.wait());
  EXPECT_GOOD(peer.finish(read)) << "it was read, so it is answered";
  peer.give(r2t, late);
  EXPECT_EQ(peer.finish(slow).sense, scsi::sense::kLogicalUnitNotSupported);
  EXPECT_TRUE(peer.silent());
  EXPECT_GOOD(peer.run(peer.read(0, 1, 0)));
}

/// Guards Commands::forget: an answer may be read when the LUN's cells are another LUN's already.
TEST(Gateway, AnAnswerThatIsReadAfterItsLunHasGoneIsCountedNowhere) {
  Rig rig({.lanes = 1, .luns = 2});
  Peer peer = rig.connect(4096);
  EXPECT_EQ(peer.login({}), 0);
  peer.attentions(0);
  peer.attentions(1);
  const auto reads = [&](std::size_t lun) {
    return rig.snapshot().luns.at(lun).latency[telemetry::index_of(telemetry::Op::kRead)].count();
  };
  // The stores hold what they were asked: a connection that cannot send would not read the next.
  rig.store(0).hold();
  rig.store(1).hold();
  std::vector<std::uint32_t> gone_lun;
  for (int i = 0; i < 3; ++i) gone_lun.push_back(peer.read(0, 8192, 1));
  const auto other_lun = peer.read(0, 1, 0);
  rig.store(1).wait_held(gone_lun.size());
  rig.store(0).wait_held(1);
  // More than the sockets hold: all have been executed, and some cannot be sent.
  rig.store(1).let_go();
  rig.settle();
  rig.store(0).let_go();
  rig.settle();
  const std::uint64_t before = reads(1);
  ASSERT_LT(before, gone_lun.size()) << "or the sockets hold more than 8 MiB";

  rig.directory.targets.begin()->second.luns.erase(1);
  rig.publish();
  Signal gone;
  rig.on_home([&] { rig.gateway().remove_lun(2, gone.done()); });
  ASSERT_TRUE(gone.wait());
  for (const auto tag : gone_lun) EXPECT_GOOD(peer.finish(tag));
  EXPECT_GOOD(peer.finish(other_lun));
  rig.settle();
  EXPECT_EQ(reads(1), before);
  EXPECT_EQ(reads(0), 1u) << "the other LUN's answer counts as ever";
}

/// Guards Commands::nexus_of: the nexus that a command came by may be gone when its data is here.
TEST(Gateway, ACommandWhoseLunHasLeftItsSessionFindsNoOldNexus) {
  Rig rig({.luns = 2});
  Peer peer = rig.ready();
  const auto data = pattern(16384);
  const auto write = peer.write(0, data, 0, true, 1);
  const auto r2t = peer.expect<iscsi::ReadyToTransfer>();
  rig.directory.targets.begin()->second.luns.erase(1);
  rig.publish();
  peer.give(r2t, data);
  EXPECT_EQ(peer.finish(write).sense, scsi::sense::kLogicalUnitNotSupported);
  EXPECT_EQ(rig.store(1).submitted(backend::Verb::kWrite), 0u);
  Signal gone;
  rig.on_home([&] { rig.gateway().remove_lun(2, gone.done()); });
  EXPECT_TRUE(gone.wait());
}

/// Guards `first` in Session::take_directory: an inventory that is empty has been looked at too.
TEST(Gateway, TheFirstLunOfATargetThatHadNoneIsTold) {
  Rig rig;
  auto& luns = rig.directory.targets.begin()->second.luns;
  const auto all = std::exchange(luns, {});
  rig.publish();
  Peer peer = rig.connect();
  EXPECT_EQ(peer.login({}), 0);
  EXPECT_EQ(peer.run(peer.test_unit_ready()).sense, scsi::sense::kLogicalUnitNotSupported);
  luns = all;
  rig.publish();
  EXPECT_EQ(peer.attentions(),
            (std::vector{scsi::sense::kResetOccurred, scsi::sense::kReportedLunsChanged}));
}

TEST(Gateway, UnitAttentionsAreCountedWhereTheyAreRaised) {
  Rig rig;
  const auto raised = [&] {
    rig.settle();
    return rig.snapshot().luns.at(0).counters[static_cast<std::size_t>(
        telemetry::LunCounter::kUnitAttentions)];
  };
  Peer peer = rig.ready();
  EXPECT_EQ(raised(), 1u) << "a new nexus";
  Signal resized;
  rig.on_home([&] { rig.lun().resize(1000, resized.done()); });
  EXPECT_TRUE(resized.wait());
  EXPECT_EQ(raised(), 2u);
}

TEST(Gateway, ADirectoryWithoutTheAccessEndsTheSession) {
  Rig rig({.luns = 2});
  LoginOptions other;
  other.initiator = "iqn.2026-11.io.lungate:other";
  Peer stays = rig.ready();
  Peer goes = rig.ready(other);
  auto& target = rig.directory.targets.begin()->second;
  target.config.initiators = {{LoginOptions{}.initiator, {1}}};
  rig.publish();
  EXPECT_TRUE(goes.closed());
  EXPECT_EQ(rig.counter(GatewayCounter::kCloseAdmin), 1u);
  EXPECT_EQ(stays.attentions(1), std::vector{scsi::sense::kReportedLunsChanged});
  EXPECT_EQ(stays.run(stays.test_unit_ready(0)).sense, scsi::sense::kLogicalUnitNotSupported);
  target.config.initiators = {{LoginOptions{}.initiator, {0, 1}}};
  rig.publish();
  EXPECT_EQ(stays.attentions(0).front(), scsi::sense::kResetOccurred) << "a new nexus";
}

// --- The end -------------------------------------------------------------------------------------

/// Guards Session::task_ended: a drain answers what is in progress before it closes.
TEST(Gateway, ADrainAnswersWhatIsInProgressAndThenCloses) {
  Rig rig;
  Peer idle = rig.ready({.isid = 1});
  Peer busy = rig.ready({.isid = 2});
  Peer half = rig.connect();  // has not logged in
  rig.store().hold();
  const auto read = busy.read(0, 16);
  rig.store().wait_held(1);
  EXPECT_TRUE(eventually([&] { return rig.connections() == 3; }));
  rig.settle();  // the last one has reached its lane
  Signal drained;
  rig.on_home([&] { rig.gateway().drain(drained.done()); });
  EXPECT_TRUE(idle.closed());
  EXPECT_TRUE(half.closed());
  EXPECT_EQ(busy.run(busy.read(0, 1)).status, Status::kBusy);
  EXPECT_FALSE(drained.happened());
  rig.store().let_go();
  const Outcome outcome = busy.finish(read);
  EXPECT_GOOD(outcome);
  EXPECT_EQ(outcome.data.size(), 16 * kBlock);
  EXPECT_TRUE(busy.closed());
  EXPECT_TRUE(drained.wait());
  EXPECT_EQ(rig.counter(GatewayCounter::kCloseDrained), 2u);
}

/// Guards Lane::stalled: what a paused process held is too old to execute.
TEST(Gateway, ALaneThatStalledExecutesNothingOfWhatItHeld) {
  RigOptions options;
  options.settings.stall_limit = 200ms;
  options.lanes = 1;
  Rig rig(options);
  Peer peer = rig.ready();
  const std::size_t writes = rig.store().submitted(backend::Verb::kWrite);
  rig.store().block();
  peer.read(0, 1);
  rig.store().wait_blocked();
  peer.write(0, pattern(4096), 4096);  // waits in the socket
  const BootTime stalled = boot_now();
  EXPECT_TRUE(eventually([&] { return boot_now() > stalled + 400ms; }));
  rig.store().unblock();
  EXPECT_TRUE(peer.closed());
  EXPECT_TRUE(eventually([&] { return rig.sessions() == 0; }));
  EXPECT_EQ(rig.store().submitted(backend::Verb::kWrite), writes);
  EXPECT_EQ(rig.counter(GatewayCounter::kCloseStalled), 1u);
}

/// Guards the callback that Gateway::listen() gives its acceptors: the alert about hosts that are
/// turned away goes by this counter.
TEST(Gateway, AProcessOutOfDescriptorsCountsWhomItCannotAccept) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP()
      << "UBSan, which comes with it, opens a pipe where it sees a type for the first time";
#endif
  Rig rig;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int lowest = ::dup(0);
  ASSERT_EQ(::close(lowest), 0);
  rlimit one_more = before;
  one_more.rlim_cur = static_cast<rlim_t>(lowest) + 1;  // the peer's own, and none to accept it
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &one_more), 0);
  Peer waiting = rig.connect();
  // By the second the loop has ended the turn in which the listener was ready.
  rig.on_home([] {});
  rig.on_home([] {});
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before),
            0);  // not before: looking at a counter opens a file
  EXPECT_TRUE(
      eventually([&] { return rig.counter(GatewayCounter::kConnectionsRefusedSystem) >= 1; }));
  EXPECT_EQ(waiting.login({}), 0) << "it is taken when there are descriptors again";
  EXPECT_EQ(rig.counter(GatewayCounter::kConnectionsAccepted), 1u);
}

TEST(Gateway, AnAddressThatIsTakenIsAnError) {
  Rig rig;
  const Endpoint taken = rig.directory.portal_groups.front().portals.front();
  const auto again = rig.on_home([&] { return rig.gateway().bind(1, taken); });
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error(), EADDRINUSE);
}

}  // namespace
}  // namespace lungate::session::test
