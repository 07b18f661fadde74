// SPDX-License-Identifier: LGPL-2.1-or-later
#include "control/file_check.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "backend/file/file_backend.h"

namespace lungate::control {
namespace {

/// A folder, and what stands in it before and after.
class FileCheck : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / "lungate-XXXXXX";
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  config::File file(std::uint64_t size_bytes, const std::string& name = "disk") const {
    return {folder_ + "/" + name, size_bytes, 0};
  }
  void make(std::uint64_t size_bytes) const {
    std::ofstream(folder_ + "/disk").put('x');
    std::filesystem::resize_file(folder_ + "/disk", size_bytes);
  }
  /// Names, sizes and times of everything in the folder.
  std::string traces() const {
    std::string text;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      struct stat found {};
      ::stat(entry.path().c_str(), &found);
      text += entry.path().string() + " " + std::to_string(found.st_size) + " " +
              std::to_string(found.st_mtim.tv_nsec) + " " + std::to_string(found.st_ctim.tv_nsec);
    }
    return text;
  }
  /// What is said; "good: " or "bad: " before it. Nothing on the disk may change by it.
  std::string said(const config::File& of, bool read_only = false) const {
    const std::string before = traces();
    const Outlook outlook = look_at(of, read_only);
    EXPECT_EQ(traces(), before);
    return (outlook.good ? "good: " : "bad: ") + outlook.text;
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  std::string folder_;
};

/// Guards absent(): the check made the file, as root, and the service could not open it.
TEST_F(FileCheck, AnAbsentFileWillBeMadeAndIsNotMadeHere) {
  EXPECT_EQ(said(file(1 << 30)), "good: will be made, 1GiB");
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/disk"));
}

TEST_F(FileCheck, AnAbsentFileWithoutASizeIsAnError) {
  EXPECT_TRUE(has(said(file(0)), "bad: " + folder_ + "/disk: there is no such file"));
  EXPECT_TRUE(has(said(file(1 << 20), true), "read_only makes none"));
}

TEST_F(FileCheck, AMissingFolderIsNamed) {
  EXPECT_EQ(said(file(1 << 20, "no/disk")), "bad: " + folder_ + "/no/disk: the folder " + folder_ +
                                                "/no: No such file or directory");
}

TEST_F(FileCheck, AFolderThatCannotBeWrittenIsNamed) {
  std::filesystem::permissions(folder_, std::filesystem::perms{0555});
  const bool root = ::geteuid() == 0;  // it may write everywhere
  ASSERT_TRUE(!root || ::seteuid(65534) == 0);
  const Outlook outlook = look_at(file(1 << 20), false);
  ASSERT_TRUE(!root || ::seteuid(0) == 0);
  std::filesystem::permissions(folder_, std::filesystem::perms{0755});
  EXPECT_FALSE(outlook.good);
  EXPECT_TRUE(has(outlook.text, "cannot be made in the folder " + folder_ + ": Permission denied"))
      << outlook.text;
}

TEST_F(FileCheck, AFileThatIsThereIsOpenedAsItIs) {
  make(3 << 20);
  EXPECT_EQ(said(file(0)), "good: ok, 3MiB");
  EXPECT_EQ(said(file(3 << 20)), "good: ok, 3MiB");
  EXPECT_EQ(said(file(3 << 20), true), "good: ok, 3MiB");
}

TEST_F(FileCheck, AFileThatWouldGrowIsNotGrownHere) {
  make(1 << 20);
  EXPECT_EQ(said(file(2 << 20)), "good: ok, 1MiB, will be grown to 2MiB");
  make(0);
  EXPECT_EQ(said(file(2 << 20)), "good: ok, 0B, will be grown to 2MiB");
  EXPECT_TRUE(has(said(file(0)), "bad: "));
}

TEST_F(FileCheck, AFileThatWouldBeCutIsAnError) {
  make(3 << 20);
  EXPECT_EQ(said(file(2 << 20)), "bad: " + folder_ + "/disk has 3MiB and would be cut to 2MiB");
  EXPECT_EQ(would_shrink(file(3 << 20)), std::nullopt);
  EXPECT_EQ(would_shrink(file(4 << 20)), std::nullopt);
  EXPECT_EQ(would_shrink(file(0)), std::nullopt);
  EXPECT_EQ(would_shrink(file(1 << 20, "absent")), std::nullopt);
}

TEST_F(FileCheck, WhoHoldsTheFileIsNamed) {
  make(1 << 20);
  {
    const auto writer = backend::file::open({.path = folder_ + "/disk"});
    EXPECT_TRUE(has(said(file(0)), "bad: " + folder_ + "/disk is ")) << said(file(0));
  }
  const auto reader = backend::file::open({.path = folder_ + "/disk", .read_only = true});
  EXPECT_TRUE(has(said(file(0)), "locked by another process, which reads it"));
  EXPECT_EQ(said(file(0), true), "good: ok, 1MiB") << "readers share it";
}

TEST_F(FileCheck, AFolderIsNoFile) {
  std::filesystem::create_directory(folder_ + "/disk");
  EXPECT_TRUE(has(said(file(1 << 20)), "bad: "));
}

}  // namespace
}  // namespace lungate::control
