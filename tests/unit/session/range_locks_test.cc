// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/range_locks.h"

#include <gtest/gtest.h>

#include <map>

#include "base/limits.h"
#include "tests/unit/session/rig.h"

namespace lungate::session {
namespace {

using backend::Verb;
using test::cdb10;
using test::kBlock;
using test::pattern;
using test::Peer;
using test::Rig;

// --- The order on the home loop ------------------------------------------------------------------

struct Order {
  std::map<std::uint64_t, Done> holding;  // by ticket: the lanes have not acknowledged yet
  std::vector<std::uint64_t> granted;
  std::vector<std::uint64_t> refused;
  std::vector<std::uint64_t> released;
  RangeLocks locks{
      [this](const LockRequest& request, Done held) { holding[request.ticket] = std::move(held); },
      [this](const LockRequest& request) { released.push_back(request.ticket); }};

  void ask(std::uint64_t ticket, std::vector<LockedRange> ranges) {
    locks.lock({ticket, std::move(ranges)},
               [this, ticket](bool yes) { (yes ? granted : refused).push_back(ticket); });
  }
  void acknowledge(std::uint64_t ticket) { holding.at(ticket)(); }
};

LockedRange range(LunId lun, std::uint64_t offset, std::uint64_t length) {
  return {lun, nullptr, offset, length};
}

TEST(RangeLocks, NeighboursDoNotWait) {
  Order order;
  order.ask(1, {range(7, 0, 512)});
  order.ask(2, {range(7, 512, 512)});
  order.ask(3, {range(8, 0, 512)});
  EXPECT_EQ(order.holding.size(), 3u);
}

TEST(RangeLocks, IsGrantedWhenTheLanesHoldIt) {
  Order order;
  order.ask(1, {range(7, 0, 512)});
  EXPECT_TRUE(order.granted.empty());
  order.acknowledge(1);
  EXPECT_EQ(order.granted, std::vector<std::uint64_t>{1});
}

TEST(RangeLocks, WhoOverlapsWaitsForItsTurn) {
  Order order;
  order.ask(1, {range(7, 0, 1024)});
  order.ask(2, {range(7, 512, 1024)});
  order.ask(3, {range(7, 1024, 512)});  // free, but behind 2: else 2 could wait for ever
  EXPECT_EQ(order.holding.size(), 1u);
  order.acknowledge(1);
  order.locks.unlock(1);
  EXPECT_EQ(order.released, std::vector<std::uint64_t>{1});
  EXPECT_EQ(order.holding.count(2), 1u);
  EXPECT_EQ(order.holding.count(3), 0u);
  order.acknowledge(2);
  order.locks.unlock(2);
  EXPECT_EQ(order.holding.count(3), 1u);
}

TEST(RangeLocks, TwoUnitsAreLockedAtOnceSoThatNobodyWaitsInACircle) {
  Order order;
  order.ask(1, {range(7, 0, 512), range(8, 0, 512)});
  order.ask(2, {range(8, 0, 512), range(7, 0, 512)});
  EXPECT_EQ(order.holding.size(), 1u);
  order.acknowledge(1);
  order.locks.unlock(1);
  order.acknowledge(2);
  EXPECT_EQ(order.granted, (std::vector<std::uint64_t>{1, 2}));
}

TEST(RangeLocks, WhoWithdrawsLetsThoseBehindGo) {
  Order order;
  order.ask(1, {range(7, 0, 1024)});
  order.ask(2, {range(7, 512, 1024)});
  order.ask(3, {range(7, 1024, 512)});
  order.locks.withdraw(1);
  EXPECT_TRUE(order.refused.empty()) << "it has it already";
  order.locks.withdraw(2);
  EXPECT_EQ(order.refused, std::vector<std::uint64_t>{2});
  EXPECT_TRUE(order.released.empty());
  EXPECT_EQ(order.holding.count(3), 1u);
  order.locks.withdraw(2);
  EXPECT_EQ(order.refused.size(), 1u) << "nobody has that ticket any more";
}

TEST(RangeLocks, AreBoundedForEachUnit) {
  Order order;
  for (std::uint64_t i = 1; i <= limits::kRangeLocksPerLunMax; ++i) {
    EXPECT_TRUE(order.locks.has_room({i, {range(7, 0, 512)}}));
    order.ask(i, {range(7, 0, 512)});
  }
  const std::uint64_t more = limits::kRangeLocksPerLunMax + 1;
  EXPECT_FALSE(order.locks.has_room({more, {range(7, 512, 512)}}));
  EXPECT_FALSE(order.locks.has_room({more, {range(8, 0, 512), range(7, 0, 512)}}));
  EXPECT_FALSE(order.locks.has_room({more, {range(7, 0, 512), range(8, 0, 512)}}));
  EXPECT_TRUE(order.locks.has_room({more, {range(8, 0, 512)}}));
  order.acknowledge(1);
  order.locks.unlock(1);
  EXPECT_TRUE(order.locks.has_room({more, {range(7, 512, 512)}}));
  EXPECT_EQ(order.holding.count(2), 1u);
  EXPECT_EQ(order.holding.count(3), 0u);
}

/// What is given back lets go those that it stopped on both units, and nobody else.
TEST(RangeLocks, WhatIsGivenBackLetsGoWhomItStopped) {
  Order order;
  order.ask(1, {range(7, 0, 512), range(8, 0, 512)});
  order.ask(2, {range(8, 512, 512)});
  order.ask(3, {range(8, 0, 1024)});
  order.ask(4, {range(7, 0, 512)});
  EXPECT_EQ(order.holding.size(), 2u) << "1 and 2";
  order.acknowledge(1);
  order.locks.unlock(1);
  EXPECT_EQ(order.holding.count(4), 1u);
  EXPECT_EQ(order.holding.count(3), 0u) << "2 is in its way yet";
  order.acknowledge(2);
  order.locks.unlock(2);
  EXPECT_EQ(order.holding.count(3), 1u);
}

TEST(RangeLocks, AUnitIsFreeWhenNobodyHoldsOrAwaitsIt) {
  Order order;
  bool free = false;
  order.ask(1, {range(7, 0, 512)});
  order.ask(2, {range(7, 0, 512)});
  order.acknowledge(1);
  order.locks.when_free(7, [&] { free = true; });
  order.locks.unlock(1);
  EXPECT_FALSE(free);
  order.acknowledge(2);
  order.locks.unlock(2);
  EXPECT_TRUE(free);
  free = false;
  order.locks.when_free(7, [&] { free = true; });
  EXPECT_TRUE(free) << "at once";
}

// --- COMPARE AND WRITE beside ordinary writes, on two lanes --------------------------------------

std::uint32_t compare_and_write(Peer& peer, std::uint32_t lba, Bytes expected, Bytes next) {
  std::vector<std::byte> data(expected.begin(), expected.end());
  data.insert(data.end(), next.begin(), next.end());
  std::array<std::uint8_t, 16> cdb{0x89};
  cdb[9] = static_cast<std::uint8_t>(lba);
  cdb[13] = static_cast<std::uint8_t>(expected.size() / kBlock);
  auto header = peer.command(cdb, static_cast<std::uint32_t>(data.size()),
                             iscsi::ScsiCommand::kWriteBit | iscsi::kFinalBit);
  peer.send(header, data);
  return header.initiator_task_tag;
}

const std::vector<std::byte> kZeros(kBlock);

/// Two hosts on two lanes; what the store gets waits.
struct Contest {
  Rig rig;
  Peer first = rig.ready({.isid = 1});
  Peer second = rig.ready({.isid = 2});

  Contest() { rig.store().hold(); }

  /// The first host's, in the middle: its lock is held and its read is in the store.
  std::uint32_t comparing(std::uint32_t lba) {
    const auto tag = compare_and_write(first, lba, kZeros, pattern(kBlock, 1));
    rig.store().wait_held(1);
    return tag;
  }
  std::uint32_t second_writes(std::uint32_t lba) {
    return arrives(kBlock, [&] { return second.write(lba, pattern(kBlock, 2), kBlock); });
  }
  /// What `send` sends, with so much data, has been acted upon as far as it can be now.
  template <class Send>
  std::uint32_t arrives(std::size_t data_bytes, Send send) {
    const auto received = [&] { return rig.counter(telemetry::GatewayCounter::kBytesReceived); };
    const std::uint64_t before = received();
    const std::uint32_t tag = send();
    const std::uint64_t after = before + iscsi::kBhsBytes + data_bytes;
    EXPECT_TRUE(test::eventually([&] { return received() >= after; }));
    rig.settle();  // the lane has done its turn
    rig.settle();  // and so has the home loop
    return tag;
  }
};

TEST(RangeLocksInUse, AWriteThatComesDuringACompareWaits) {
  Contest contest;
  auto& [rig, first, second] = contest;
  const auto swap = contest.comparing(4);
  const auto write = contest.second_writes(4);
  const auto elsewhere = second.write(5, pattern(kBlock, 3), kBlock);
  rig.store().wait_held(2);  // the neighbour alone has come through
  rig.settle();
  EXPECT_EQ(rig.store().held(), 2u);
  rig.store().release();     // the read
  rig.store().wait_held(2);  // the compare's write
  rig.store().let_go();
  EXPECT_GOOD(first.run(swap));
  EXPECT_GOOD(second.run(elsewhere));
  EXPECT_GOOD(second.run(write));
  EXPECT_EQ(rig.store().content(4 * kBlock, kBlock), pattern(kBlock, 2)) << "it came after";
  rig.check_accounts();
}

TEST(RangeLocksInUse, ACompareWaitsForAWriteThatWasThereBefore) {
  Contest contest;
  auto& [rig, first, second] = contest;
  const auto write = contest.second_writes(4);
  rig.store().wait_held(1);
  const auto swap = contest.arrives(2 * kBlock, [&] {
    return compare_and_write(first, 4, pattern(kBlock, 2), pattern(kBlock, 1));
  });
  EXPECT_EQ(rig.store().submitted(Verb::kRead), 0u);
  rig.store().let_go();
  EXPECT_GOOD(second.run(write));
  EXPECT_GOOD(first.run(swap));
  EXPECT_EQ(rig.store().content(4 * kBlock, kBlock), pattern(kBlock, 1));
}

TEST(RangeLocksInUse, OfTwoThatCompareTheSameOneWins) {
  Contest contest;
  auto& [rig, first, second] = contest;
  const auto one = contest.comparing(0);
  const auto two = contest.arrives(
      2 * kBlock, [&] { return compare_and_write(second, 0, kZeros, pattern(kBlock, 2)); });
  EXPECT_EQ(rig.store().held(), 1u);
  rig.store().let_go();
  const auto outcome_one = first.run(one);
  const auto outcome_two = second.run(two);
  EXPECT_NE(outcome_one.status, outcome_two.status);
  const auto& lost = outcome_one.status == scsi::Status::kGood ? outcome_two : outcome_one;
  EXPECT_EQ(lost.sense.key, scsi::SenseKey::kMiscompare);
}

BootTime oldest_in_store(Rig& rig) {
  rig.settle();
  return rig.snapshot().luns.at(0).oldest_in_store;
}

/// Guards enter_store in LocalExecutor::submit and ::lock. The compare itself is younger in the
/// store, with its write, than the second host's command is.
template <class Send>
void has_an_age(Send send) {
  Contest contest;
  auto& [rig, first, second] = contest;
  const auto swap = contest.comparing(4);
  const auto waits = send(contest);
  const BootTime before = boot_now();
  rig.store().release();
  rig.store().wait_held(1);
  EXPECT_LT(oldest_in_store(rig), before);
  rig.store().let_go();
  EXPECT_GOOD(first.run(swap));
  second.run(waits);
  EXPECT_EQ(oldest_in_store(rig), BootTime{});
}

TEST(RangeLocksInUse, AWriteThatWaitsHasAnAge) {
  has_an_age([](Contest& contest) { return contest.second_writes(4); });
}

TEST(RangeLocksInUse, ACompareThatWaitsHasAnAge) {
  has_an_age([](Contest& contest) {
    return contest.arrives(2 * kBlock, [&] {
      return compare_and_write(contest.second, 4, kZeros, pattern(kBlock, 2));
    });
  });
}

/// Guards end(): who gives up while it waits leaves no age behind.
TEST(RangeLocksInUse, WhoGivesUpWaitingHasNone) {
  Contest contest;
  auto& [rig, first, second] = contest;
  const auto swap = contest.comparing(4);
  const auto write = contest.second_writes(4);
  contest.arrives(0, [&] { return second.manage(1, write); });
  rig.store().let_go();
  EXPECT_GOOD(first.run(swap));
  EXPECT_EQ(oldest_in_store(rig), BootTime{});
}

TEST(RangeLocksInUse, AnAbortedCompareLetsTheOthersGo) {
  Contest contest;
  auto& [rig, first, second] = contest;
  const auto swap = contest.comparing(0);
  const auto write = contest.second_writes(0);
  contest.arrives(0, [&] { return first.manage(1, swap); });
  first.hang_up();
  EXPECT_EQ(rig.store().submitted(Verb::kWrite), 0u);
  rig.store().let_go();
  EXPECT_GOOD(second.run(write));
}

TEST(RangeLocksInUse, AWriteThatWaitsAndIsAbortedNeverReachesTheStore) {
  Contest contest;
  auto& [rig, first, second] = contest;
  const auto swap = contest.comparing(0);
  const auto write = contest.second_writes(0);
  const auto abort = contest.arrives(0, [&] { return second.manage(1, write); });
  EXPECT_EQ(second.expect<iscsi::TaskManagementResponse>().initiator_task_tag, abort)
      << "it has begun nothing: the answer does not wait for the lock";
  rig.store().let_go();
  EXPECT_GOOD(first.run(swap));
  EXPECT_EQ(rig.store().content(0, kBlock), pattern(kBlock, 1));
}

TEST(RangeLocksInUse, ALostLunGivesItsLocksBack) {
  Contest contest;
  auto& [rig, first, second] = contest;
  const auto swap = contest.comparing(0);
  const auto write = contest.second_writes(0);
  const auto gone = rig.lose();
  rig.store().release_all(backend::Status::kNotOwner);
  rig.store().let_go();
  EXPECT_TRUE(gone.wait());
  EXPECT_NE(first.run(swap).status, scsi::Status::kGood);
  EXPECT_GOOD(second.run(write)) << "it had begun, and the store is closed behind it only";
  rig.check_accounts();
}

}  // namespace
}  // namespace lungate::session
