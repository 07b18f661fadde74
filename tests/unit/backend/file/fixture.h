// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "backend/file/file_backend.h"
#include "tests/unit/backend/drive.h"

namespace lungate::backend::file {

inline constexpr std::uint64_t kMiB = 1 << 20;

/// A folder of its own for each test, gone at its end.
class TempFolder {
 public:
  explicit TempFolder(const std::string& parent = std::filesystem::temp_directory_path()) {
    std::string name = parent + "/lg-file-XXXXXX";
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    if (!path_.empty()) std::filesystem::remove_all(path_);
  }

  bool made() const { return !path_.empty(); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline struct stat stat_of(const std::string& path) {
  struct stat st {};
  EXPECT_EQ(::stat(path.c_str(), &st), 0) << path;
  return st;
}

inline std::uint64_t allocated_bytes(const std::string& path) {
  return static_cast<std::uint64_t>(stat_of(path).st_blocks) * 512;
}

/// A file of 16 MiB, served.
class FileBackendTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kSize = 16 * kMiB;

  void SetUp() override { serve({.size_bytes = kSize}); }

  /// Opens the file anew; the path is filled in.
  void serve(Options options) {
    end();
    options.path = path_;
    auto opened = open(options);
    ASSERT_TRUE(opened) << opened.error().text;
    store_ = std::move(*opened);
    drive_ = std::make_unique<test::Drive>(*store_);
  }
  void end() {
    store_.reset();
    drive_.reset();
  }
  OpenError refused(Options options) {
    if (options.path.empty()) options.path = path_;
    auto opened = open(options);
    EXPECT_FALSE(opened);
    return opened ? OpenError{} : opened.error();
  }
  test::Drive& drive() { return *drive_; }

  TempFolder folder_;
  std::string path_ = folder_ / "disk.img";
  std::unique_ptr<FileBackend> store_;
  std::unique_ptr<test::Drive> drive_;
};

}  // namespace lungate::backend::file
