// SPDX-License-Identifier: LGPL-2.1-or-later
#include "backend/file/kept_state.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

namespace lungate::backend::file {
namespace {

class KeptState : public testing::Test {
 protected:
  KeptState() {
    folder_ = std::filesystem::temp_directory_path() / "lungate-XXXXXX";
    if (::mkdtemp(folder_.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
    path_ = state_path(folder_ + "/disk.img");
  }
  ~KeptState() override { std::filesystem::remove_all(folder_); }

  int store(std::string text) {
    Request request;
    request.data = std::as_writable_bytes(std::span(text));
    return store_state(path_, request);
  }
  /// What is there, or "error N".
  std::string load(std::size_t room = 100) {
    std::vector<std::byte> bytes(room);
    Request request;
    request.data = bytes;
    if (const int error = load_state(path_, request)) return "error " + std::to_string(error);
    return {reinterpret_cast<const char*>(bytes.data()), request.extent_bytes};
  }

  std::string folder_;
  std::string path_;
};

TEST_F(KeptState, IsNothingAtFirst) {
  EXPECT_EQ(load(), "");
}

TEST_F(KeptState, IsWhatWasStoredLastAndNothingOfBefore) {
  EXPECT_EQ(store("a long one"), 0);
  EXPECT_EQ(store("short"), 0);
  EXPECT_EQ(load(), "short");
  EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
}

TEST_F(KeptState, IsForTheServiceAlone) {
  ASSERT_EQ(store("x"), 0);
  struct stat facts {};
  ASSERT_EQ(::stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
}

TEST_F(KeptState, ThatIsTooLongIsNotCut) {
  ASSERT_EQ(store("0123456789"), 0);
  EXPECT_EQ(load(9), "error " + std::to_string(EFBIG));
  EXPECT_EQ(load(10), "0123456789");
}

/// Nothing is ever stored as no bytes: whom the state kept out would be let in.
TEST_F(KeptState, ThatIsEmptyHasLostWhatWasInIt) {
  std::ofstream(path_) << "";
  EXPECT_EQ(load(), "error " + std::to_string(EBADMSG));
}

/// A crash between writing and renaming: what was half written is nobody's state.
TEST_F(KeptState, IsTheOldOneUntilTheNewOneIsWhole) {
  ASSERT_EQ(store("old"), 0);
  std::ofstream(path_ + ".new") << "half";
  EXPECT_EQ(load(), "old");
  EXPECT_EQ(store("new"), 0);
  EXPECT_EQ(load(), "new");
}

TEST_F(KeptState, ThatCannotBeWrittenLeavesTheOldOne) {
  ASSERT_EQ(store("old"), 0);
  std::filesystem::create_directory(path_ + ".new");  // in the way of the new file
  EXPECT_EQ(store("new"), EISDIR);
  EXPECT_EQ(load(), "old");
}

}  // namespace
}  // namespace lungate::backend::file
