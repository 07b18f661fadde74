// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/send_queue.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "session/task.h"

namespace lungate::session {
namespace {

std::vector<std::byte> numbered(std::size_t bytes, unsigned first) {
  std::vector<std::byte> data(bytes);
  for (std::size_t i = 0; i < bytes; ++i) data[i] = static_cast<std::byte>((first + i) & 0xff);
  return data;
}

Copy copy_of(CopyPool& pool, Bytes bytes) {
  auto copy = pool.take(bytes);
  EXPECT_TRUE(copy.has_value());
  return copy ? std::move(*copy) : Copy();
}

/// PDUs of every shape, and what they are together.
struct Pdus {
  CopyPool pool{limits::kMiB};
  SendQueue queue;
  std::vector<std::byte> whole;
  std::vector<std::vector<std::byte>> data;
  std::vector<Task> tasks = std::vector<Task>(40);
  std::vector<const Task*> sent;

  void push(std::size_t index) {
    Outgoing pdu;
    const auto header = numbered(iscsi::kBhsBytes + 4, static_cast<unsigned>(index * 7));
    std::copy(header.begin(), header.end(), pdu.header.begin());
    if (index % 2 == 0) pdu.header_bytes = iscsi::kBhsBytes + 4;
    data.push_back(numbered(index % 5 * 3, static_cast<unsigned>(index * 13)));
    if (index % 3 == 0)
      pdu.text = copy_of(pool, data.back());
    else
      pdu.data = data.back();
    pdu.trailer_bytes = static_cast<std::uint8_t>(index % 8);
    pdu.task = index % 4 == 0 ? &tasks[index] : nullptr;
    whole.insert(whole.end(), header.begin(), header.begin() + pdu.header_bytes);
    whole.insert(whole.end(), data.back().begin(), data.back().end());
    whole.insert(whole.end(), pdu.trailer_bytes, std::byte{});
    queue.push(std::move(pdu));
  }
  std::vector<std::byte> gathered(std::size_t pieces_max = 256) const {
    std::vector<iovec> pieces(pieces_max);
    const std::size_t count = queue.gather(pieces);
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_GT(pieces[i].iov_len, 0u);
      const auto* from = static_cast<const std::byte*>(pieces[i].iov_base);
      bytes.insert(bytes.end(), from, from + pieces[i].iov_len);
    }
    return bytes;
  }
  void advance(std::size_t bytes) {
    queue.advance(bytes, [this](Task& task) { sent.push_back(&task); });
  }
};

TEST(SendQueue, GathersTheRestFromEveryOffset) {
  Pdus reference;
  for (std::size_t i = 0; i < 12; ++i) reference.push(i);
  ASSERT_EQ(reference.gathered(), reference.whole);
  ASSERT_EQ(reference.queue.bytes(), reference.whole.size());
  for (std::size_t offset = 0; offset <= reference.whole.size(); ++offset) {
    Pdus pdus;
    for (std::size_t i = 0; i < 12; ++i) pdus.push(i);
    pdus.advance(offset);
    const std::vector<std::byte> rest(pdus.whole.begin() + static_cast<std::ptrdiff_t>(offset),
                                      pdus.whole.end());
    ASSERT_EQ(pdus.gathered(), rest) << offset;
    ASSERT_EQ(pdus.queue.bytes(), rest.size());
    ASSERT_EQ(pdus.queue.empty(), rest.empty());
  }
}

TEST(SendQueue, TellsEachTaskWhenItsLastByteHasLeft) {
  Pdus pdus;
  for (std::size_t i = 0; i < 9; ++i) pdus.push(i);
  for (std::size_t sent = 0; sent < pdus.whole.size(); ++sent) pdus.advance(1);
  EXPECT_EQ(pdus.sent, (std::vector<const Task*>{&pdus.tasks[0], &pdus.tasks[4], &pdus.tasks[8]}));
}

TEST(SendQueue, GathersWholePdusOnlyIntoFewPieces) {
  Pdus pdus;
  for (std::size_t i = 1; i < 6; ++i) pdus.push(i);
  const auto some = pdus.gathered(4);  // room for one PDU of three pieces and a rest
  EXPECT_FALSE(some.empty());
  EXPECT_TRUE(std::equal(some.begin(), some.end(), pdus.whole.begin()));
}

TEST(SendQueue, GrowsAroundItsEndInTheMiddleOfAPdu) {
  Pdus pdus;
  for (std::size_t i = 0; i < 10; ++i) pdus.push(i);
  pdus.advance(200);  // the ring's first is no longer its beginning, and a PDU is half sent
  for (std::size_t i = 10; i < 40; ++i) pdus.push(i);
  EXPECT_EQ(pdus.gathered(), (std::vector<std::byte>(pdus.whole.begin() + 200, pdus.whole.end())));
}

/// Guards shrink(): a burst's memory must not stay for the connection's life.
TEST(SendQueue, GivesBackWhatABurstMadeIt) {
  CopyPool pool(limits::kMiB);
  SendQueue queue;
  std::size_t bytes = 0;
  for (std::size_t round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < 4 * limits::kSendSlotsKept; ++i) {
      Outgoing pdu;
      pdu.text = copy_of(pool, std::vector<std::byte>(100));
      queue.push(std::move(pdu));
    }
    bytes = queue.bytes();
    EXPECT_EQ(queue.slots(), 4 * limits::kSendSlotsKept);
    queue.advance(bytes - 1, [](Task&) {});
    EXPECT_EQ(queue.slots(), 4 * limits::kSendSlotsKept) << "not while one is there";
    queue.advance(1, [](Task&) {});
    EXPECT_EQ(queue.slots(), limits::kSendSlotsKept);
    EXPECT_EQ(pool.bytes_in_use(), 0u);
  }
}

/// Guards cost(): a PDU of 48 bytes takes a place of more than twice that.
TEST(SendQueue, ManySmallPdusChokeAsWell) {
  SendQueue queue;
  std::size_t pdus = 0;
  for (; queue.cost() <= limits::kSendQueueBytesHigh; ++pdus) queue.push({});
  EXPECT_EQ(queue.bytes(), pdus * iscsi::kBhsBytes);
  EXPECT_LE(queue.slots() * sizeof(Outgoing), limits::kSendQueueBytesHigh);
  queue.clear([](Task&) {});
  EXPECT_EQ(queue.cost(), 0u);
}

/// Guards loose(): data of a command is counted where its buffer is, a copy nowhere else.
TEST(SendQueue, KnowsWhatNoCommandAccountsFor) {
  CopyPool pool(limits::kMiB);
  SendQueue queue;
  const std::vector<std::byte> data(1000);
  Outgoing of_a_task;
  of_a_task.data = data;
  queue.push(std::move(of_a_task));
  EXPECT_EQ(queue.loose(), 0u);
  queue.push({});
  EXPECT_EQ(queue.loose(), sizeof(Outgoing));
  Outgoing ping;
  ping.text = copy_of(pool, data);
  queue.push(std::move(ping));
  EXPECT_EQ(queue.loose(), 2 * sizeof(Outgoing) + 1000);
  queue.advance(queue.bytes() - 1, [](Task&) {});
  EXPECT_EQ(queue.loose(), sizeof(Outgoing) + 1000) << "until the last byte has left";
  queue.clear([](Task&) {});
  EXPECT_EQ(queue.loose(), 0u);
}

TEST(SendQueue, ClearHandsBackEveryTask) {
  Pdus pdus;
  for (std::size_t i = 0; i < 9; ++i) pdus.push(i);
  pdus.advance(60);
  std::vector<const Task*> dropped;
  pdus.queue.clear([&](Task& task) { dropped.push_back(&task); });
  EXPECT_EQ(pdus.sent.size() + dropped.size(), 3u);
  EXPECT_TRUE(pdus.queue.empty());
  EXPECT_EQ(pdus.queue.bytes(), 0u);
  pdus.whole.clear();
  pdus.push(3);
  EXPECT_EQ(pdus.gathered(), pdus.whole) << "and begins anew";
}

}  // namespace
}  // namespace lungate::session
