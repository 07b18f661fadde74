// SPDX-License-Identifier: LGPL-2.1-or-later
#include "backend/rbd/rbd_backend.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

#include "tests/unit/backend/rbd/lun.h"

namespace lungate::backend::rbd {
namespace {

using test::Data;
using test::kMiB;
using test::noise;
using test::Told;
using testing::HasSubstr;

class RbdBackendTest : public test::LunTest {};

bool all(const Data& data, std::byte value) {
  return std::all_of(data.begin(), data.end(), [&](std::byte byte) { return byte == value; });
}

TEST_F(RbdBackendTest, TellsWhatTheImageIs) {
  ASSERT_EQ(open(admin_->make_image({.bytes = 10 * kMiB, .object_order = 20})), "");
  const State state = backend_->state();
  EXPECT_TRUE(state.ready);
  EXPECT_FALSE(state.read_only);
  EXPECT_EQ(state.size_bytes, 10 * kMiB);
  EXPECT_EQ(state.reason, "");
  EXPECT_EQ(backend_->traits().kind, "rbd");
  EXPECT_EQ(backend_->traits().optimal_bytes, kMiB);
  EXPECT_EQ(backend_->traits().discard_bytes, 65536u);
  EXPECT_FALSE(backend_->traits().write_cache);
}

TEST_F(RbdBackendTest, IdentitySurvivesRenameAndReopen) {
  const std::string image = admin_->make_image();
  ASSERT_EQ(open(image), "");
  const std::string seed = backend_->traits().identity_seed;
  EXPECT_THAT(seed, testing::MatchesRegex("rbd:[0-9a-f-]{36}/[0-9]+/[0-9a-f]+"));
  backend_.reset();
  const std::string renamed = test::fresh_name();
  admin_->rename(image, renamed);
  ASSERT_EQ(open(renamed), "");
  EXPECT_EQ(backend_->traits().identity_seed, seed);
  ASSERT_EQ(open(admin_->make_image()), "");
  EXPECT_NE(backend_->traits().identity_seed, seed);
}

/// What the device server keeps with an image is found again by whoever opens it next, whatever the
/// image is called by then.
TEST_F(RbdBackendTest, KeepsAStateBesideTheImage) {
  const auto load = [&] {
    Data room(100);
    test::Asked request;
    request.verb = Verb::kLoadState;
    request.data = room;
    request.length = room.size();
    request.reply_to = &inbox_;
    backend_->submit(request);
    EXPECT_EQ(inbox_.take(), &request);
    EXPECT_EQ(request.status, Status::kOk);
    room.resize(request.extent_bytes);
    return room;
  };
  const std::string image = admin_->make_image();
  ASSERT_EQ(open(image), "");
  EXPECT_TRUE(backend_->traits().keeps_state);
  EXPECT_TRUE(load().empty());
  Data state = noise(77, 1);
  EXPECT_EQ(run(Verb::kStoreState, 0, state.size(), state), Status::kOk);
  EXPECT_EQ(load(), state);
  backend_.reset();
  const std::string renamed = test::fresh_name();
  admin_->rename(image, renamed);
  ASSERT_EQ(open(renamed), "");
  EXPECT_EQ(load(), state);
  ASSERT_EQ(open(admin_->make_image()), "");
  EXPECT_TRUE(load().empty()) << "another image's";
}

TEST_F(RbdBackendTest, NamespaceIsAPlaceOfItsOwn) {
  const std::string name_space = "ns-" + test::fresh_name();
  admin_->make_name_space(name_space);
  test::Outsider inside(name_space);
  Options options = this->options(inside.make_image({.bytes = 2 * kMiB}));
  EXPECT_THAT(open(options), HasSubstr("there is no image"));  // not in the default one
  options.image.name_space = name_space;
  ASSERT_EQ(open(options), "");
  EXPECT_EQ(write(0, noise(4096, 1)), Status::kOk);
  EXPECT_EQ(read(0, 4096), noise(4096, 1));
  backend_.reset();
}

TEST_F(RbdBackendTest, RangesBeyondTheEndAreRefused) {
  ASSERT_EQ(open(admin_->make_image({.bytes = kMiB})), "");
  EXPECT_EQ(read_status(kMiB - 512, 512), Status::kOk);
  EXPECT_EQ(read_status(kMiB - 512, 1024), Status::kOutOfRange);
  EXPECT_EQ(read_status(kMiB, 512), Status::kOutOfRange);
  EXPECT_EQ(read_status(~std::uint64_t{0} - 511, 512), Status::kOutOfRange);
  EXPECT_EQ(write(kMiB, Data(512)), Status::kOutOfRange);
  EXPECT_EQ(run(Verb::kDiscard, 0, kMiB + 1), Status::kOutOfRange);
  EXPECT_EQ(run(Verb::kWriteZeroes, kMiB, ~std::uint64_t{0}), Status::kOutOfRange);
}

/// LBPRZ: what has been discarded reads as zeros, whatever its alignment to objects (1 MiB here)
/// and to librbd's discard granularity (64 KiB).
TEST_F(RbdBackendTest, DiscardZeroesAtOddPlaces) {
  ASSERT_EQ(open(admin_->make_image({.bytes = 4 * kMiB, .object_order = 20})), "");
  struct Range {
    std::uint64_t offset;
    std::uint64_t length;
  };
  constexpr std::array<Range, 7> kRanges{{{512, 512},
                                          {kMiB - 512, 1024},  // across a boundary
                                          {65536 - 512, 65536 + 1024},
                                          {kMiB, kMiB},             // a whole object
                                          {kMiB + 4096, kMiB},      // two parts
                                          {3 * kMiB - 1, 3},        // not even sectors
                                          {4 * kMiB - 512, 512}}};  // the end
  for (const Verb verb : {Verb::kDiscard, Verb::kWriteZeroes}) {
    for (const Range& range : kRanges) {
      ASSERT_EQ(write(0, Data(4 * kMiB, std::byte{0xee})), Status::kOk);
      ASSERT_EQ(run(verb, range.offset, range.length), Status::kOk);
      const Data now = read(0, 4 * kMiB);
      const auto from = now.begin() + static_cast<std::ptrdiff_t>(range.offset);
      const auto to = from + static_cast<std::ptrdiff_t>(range.length);
      EXPECT_TRUE(all(Data(from, to), std::byte{0})) << range.offset;
      EXPECT_TRUE(all(Data(now.begin(), from), std::byte{0xee})) << range.offset;
      EXPECT_TRUE(all(Data(to, now.end()), std::byte{0xee})) << range.offset;
    }
  }
}

/// The port says that a write's buffer is the caller's again when the request is delivered.
TEST_F(RbdBackendTest, WriteBufferIsFreeAfterDelivery) {
  ASSERT_EQ(open(admin_->make_image({.bytes = 4 * kMiB})), "");
  for (std::uint64_t i = 0; i < 200; ++i) {
    const std::uint64_t offset = (i % 64) * 65536;
    Data data = noise(65536, i);
    ASSERT_EQ(run(Verb::kWrite, offset, data.size(), data), Status::kOk);
    std::fill(data.begin(), data.end(), std::byte{0xff});  // and freed at the end of the block
    ASSERT_EQ(read(offset, 65536), noise(65536, i)) << i;
  }
}

TEST_F(RbdBackendTest, ReadOnlyTakesNoLockAndRefusesWrites) {
  Options options = this->options(admin_->make_image({.bytes = kMiB}));
  options.read_only = true;
  ASSERT_EQ(open(options), "");
  EXPECT_TRUE(backend_->state().read_only);
  EXPECT_EQ(write(0, Data(512)), Status::kReadOnly);
  EXPECT_EQ(run(Verb::kDiscard, 0, 512), Status::kReadOnly);
  EXPECT_EQ(run(Verb::kFlush, 0, 0), Status::kOk);
  test::Outsider writer;
  writer.hold(options.image.image);  // would fail if we held the lock
  EXPECT_TRUE(all(read(0, 512), std::byte{0}));
}

TEST_F(RbdBackendTest, SnapshotIsReadAsItWas) {
  const std::string image = admin_->make_image({.bytes = kMiB});
  ASSERT_EQ(open(image), "");
  const std::string seed = backend_->traits().identity_seed;
  ASSERT_EQ(write(0, noise(4096, 1)), Status::kOk);
  backend_.reset();
  admin_->snapshot(image, "monday");
  ASSERT_EQ(open(image), "");
  ASSERT_EQ(write(0, noise(4096, 2)), Status::kOk);
  backend_.reset();
  Options options = this->options(image);
  options.image.snapshot = "monday";
  EXPECT_THAT(open(options), HasSubstr("can only be read"));
  options.read_only = true;
  ASSERT_EQ(open(options), "");
  EXPECT_EQ(read(0, 4096), noise(4096, 1));
  EXPECT_TRUE(backend_->traits().identity_seed.starts_with(seed + "@"));
}

TEST_F(RbdBackendTest, CloseGivesTheLockBackAtOnce) {
  const std::string image = admin_->make_image();
  ASSERT_EQ(open(image), "");
  backend_->close();
  test::Outsider next;
  next.hold(image);  // throws if it must wait for us
}

// --- Our own mistakes ------------------------------------------------------------------------

using RbdBackendDeathTest = RbdBackendTest;

/// librbd would abort on it as well, but only on a read, and without a word.
TEST_F(RbdBackendDeathTest, ARequestWithoutLength) {
  ASSERT_EQ(open(admin_->make_image()), "");
  for (std::size_t verb = 0; verb < kBlockVerbs; ++verb) {
    if (static_cast<Verb>(verb) == Verb::kFlush) continue;
    EXPECT_DEATH(run(static_cast<Verb>(verb), 0, 0), "a request is for at least one byte");
  }
  EXPECT_EQ(read_status(0, 512), Status::kOk);
}

TEST_F(RbdBackendDeathTest, ARequestAfterTheEnd) {
  ASSERT_EQ(open(admin_->make_image()), "");
  backend_->close();
  backend_->close();  // again is no mistake
  EXPECT_DEATH(run(Verb::kFlush, 0, 0), "no request begins after close");
}

TEST_F(RbdBackendDeathTest, AnEndBeforeTheLastDelivery) {
  ASSERT_EQ(open(admin_->make_image({.bytes = 64 * kMiB})), "");
  Data data = noise(kMiB, 1);
  // Each time far more than the cluster stores until the question has been put.
  const auto while_writing = [&](const std::function<void()>& question) {
    std::vector<test::Asked> writes(64);
    for (std::size_t i = 0; i < writes.size(); ++i) {
      writes[i].verb = Verb::kWrite;
      writes[i].offset = i * kMiB;
      writes[i].length = data.size();
      writes[i].data = data;
      writes[i].reply_to = &inbox_;
      backend_->submit(writes[i]);
    }
    question();
    for (std::size_t i = 0; i < writes.size(); ++i) ASSERT_NE(inbox_.take(), nullptr);
  };
  while_writing([&] { EXPECT_DEATH(backend_->close(), "no request is in progress at close"); });
  while_writing([&] {
    EXPECT_DEATH(backend_->watch(nullptr), "a watcher changes while nothing is in progress");
  });
}

}  // namespace
}  // namespace lungate::backend::rbd
