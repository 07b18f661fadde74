// SPDX-License-Identifier: LGPL-2.1-or-later

// The label that LungateLunOffline and its runbook go by, for everything that an adapter can say. A
// wrong label sends the operator to the wrong place, and nothing else would show it.
#include "control/stores.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

namespace lungate::control {
namespace {

using backend::Loss;
using backend::file::OpenFailure;
using ceph::Cause;
using telemetry::OfflineReason;

template <class From>
struct Label {
  From from;
  OfflineReason to;
};

/// The rows are in the order of the enumeration, so that none can be left out in the middle.
template <class From, std::size_t kRows>
void expect_labels(const std::array<Label<From>, kRows>& rows) {
  for (std::size_t i = 0; i < kRows; ++i) {
    EXPECT_EQ(static_cast<std::size_t>(rows[i].from), i);
    EXPECT_EQ(reason_of(rows[i].from), rows[i].to) << "value " << i;
  }
}

TEST(OfflineReasons, OfImages) {
  expect_labels(std::to_array<Label<Cause>>({
      {Cause::kNotFound, OfflineReason::kMissing},
      {Cause::kLocked, OfflineReason::kLocked},
      {Cause::kDenied, OfflineReason::kDenied},
      {Cause::kUnfit, OfflineReason::kInvalid},
      {Cause::kUnreachable, OfflineReason::kUnreachable},
      {Cause::kFenced, OfflineReason::kFenced},
      {Cause::kFailed, OfflineReason::kOther},
  }));
}

TEST(OfflineReasons, OfFiles) {
  expect_labels(std::to_array<Label<OpenFailure>>({
      {OpenFailure::kMissing, OfflineReason::kMissing},
      {OpenFailure::kNotPermitted, OfflineReason::kDenied},
      {OpenFailure::kNotAFile, OfflineReason::kInvalid},
      {OpenFailure::kEmpty, OfflineReason::kInvalid},
      {OpenFailure::kLocked, OfflineReason::kLocked},
      {OpenFailure::kWouldShrink, OfflineReason::kInvalid},
      {OpenFailure::kSystem, OfflineReason::kOther},
  }));
}

/// Guards kFenced: who has only lost the lock was not shut out, and the alert about gateways that
/// fence each other must not say so.
TEST(OfflineReasons, OfLosses) {
  expect_labels(std::to_array<Label<Loss>>({
      {Loss::kNone, OfflineReason::kNone},
      {Loss::kFenced, OfflineReason::kFenced},
      {Loss::kLockLost, OfflineReason::kLocked},
      {Loss::kUnfit, OfflineReason::kInvalid},
  }));
  EXPECT_EQ(backend::kLosses, 4u) << "a new loss needs a row above";
}

/// A folder with one configured file in it.
class StoresOpen : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / "lungate-XXXXXX";
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    // For the test that is another user for a moment.
    std::filesystem::permissions(folder_, std::filesystem::perms{0755});
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return folder_ + "/disk"; }
  void make(std::uint64_t size_bytes) const {
    std::ofstream{path()};
    std::filesystem::resize_file(path(), size_bytes);
  }
  Stores::Opened open(std::uint64_t size_bytes = 0) {
    config::Lun lun;
    lun.store = config::File{.path = path(), .size_bytes = size_bytes};
    return stores_.open({}, lun);
  }
  /// Why it does not open; kNone if it does. The text names the file: it is all that people have.
  OfflineReason refused(std::uint64_t size_bytes = 0) {
    const auto opened = open(size_bytes);
    if (opened) return OfflineReason::kNone;
    EXPECT_NE(opened.error().text.find(path()), std::string::npos) << opened.error().text;
    return opened.error().reason;
  }

  static constexpr std::uint64_t kSize = 1 << 20;
  std::string folder_;
  Stores stores_{config::Config{}};
};

TEST_F(StoresOpen, AFile) {
  const auto opened = open(kSize);
  ASSERT_TRUE(opened) << opened.error().text;
  EXPECT_EQ((*opened)->state().size_bytes, kSize);
  EXPECT_FALSE(stores_.ceph().answers) << "and no Ceph for it";
}

TEST_F(StoresOpen, MissingWithoutASizeToMakeItWith) {
  EXPECT_EQ(refused(), OfflineReason::kMissing);
}

TEST_F(StoresOpen, LockedByAnother) {
  const auto first = open(kSize);
  ASSERT_TRUE(first);
  EXPECT_EQ(refused(), OfflineReason::kLocked);
  (*first)->close();
  EXPECT_EQ(refused(), OfflineReason::kNone) << "let go";
}

TEST_F(StoresOpen, DeniedByItsMode) {
  make(kSize);
  std::filesystem::permissions(path(), std::filesystem::perms{0});
  const bool root = ::geteuid() == 0;  // it may open everything
  ASSERT_TRUE(!root || ::seteuid(65534) == 0);
  const OfflineReason reason = refused();
  ASSERT_TRUE(!root || ::seteuid(0) == 0);
  EXPECT_EQ(reason, OfflineReason::kDenied);
}

TEST_F(StoresOpen, InvalidAsItIs) {
  make(0);
  EXPECT_EQ(refused(), OfflineReason::kInvalid) << "empty";
  make(kSize);
  EXPECT_EQ(refused(kSize / 2), OfflineReason::kInvalid) << "would be cut";
  std::filesystem::remove(path());
  std::filesystem::create_directory(path());
  EXPECT_EQ(refused(), OfflineReason::kInvalid) << "a folder";
}

/// A shrinking is for the operator to do, and his configuration says it before he has done it.
TEST_F(StoresOpen, ARefusalToResizeHasItsLabel) {
  const auto opened = open(kSize);
  ASSERT_TRUE(opened);
  config::Lun lun;
  lun.store = config::File{.path = path(), .size_bytes = kSize / 2};
  const auto resized = Stores::resize(**opened, lun);
  ASSERT_FALSE(resized);
  EXPECT_EQ(resized.error().reason, OfflineReason::kInvalid);
}

}  // namespace
}  // namespace lungate::control
