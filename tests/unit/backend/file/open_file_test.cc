// SPDX-License-Identifier: LGPL-2.1-or-later
#include "backend/file/open_file.h"

#include <gmock/gmock.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/backend/file/fixture.h"

namespace lungate::backend::file {
namespace {

using testing::HasSubstr;

class OpenFileTest : public FileBackendTest {
 protected:
  void SetUp() override {}  // no file yet

  void make_file(const std::string& content) { std::ofstream(path_) << content; }
};

TEST_F(OpenFileTest, MakesAnAbsentFileSparse) {
  serve({.size_bytes = 64 * kMiB});
  EXPECT_EQ(store_->state().size_bytes, 64 * kMiB);
  EXPECT_EQ(stat_of(path_).st_size, 64 * static_cast<off_t>(kMiB));
  EXPECT_LT(allocated_bytes(path_), 64 * 1024u);
}

TEST_F(OpenFileTest, TakesAFileAsItIs) {
  make_file("sixteen bytes...");
  serve({});
  EXPECT_EQ(store_->state().size_bytes, 16u);
  EXPECT_EQ(test::text_of_read(drive().read(0, 7)), "sixteen");
}

TEST_F(OpenFileTest, GrowsASmallerFileAndKeepsItsBytes) {
  make_file("old");
  serve({.size_bytes = kMiB});
  EXPECT_EQ(store_->state().size_bytes, kMiB);
  EXPECT_EQ(test::text_of_read(drive().read(0, 3)), "old");
}

TEST_F(OpenFileTest, RefusesToShrink) {
  make_file("0123456789");
  const OpenError error = refused({.size_bytes = 4});
  EXPECT_EQ(error.failure, OpenFailure::kWouldShrink);
  EXPECT_EQ(error.text, path_ + " has 10 bytes and would be cut to 4");
  EXPECT_EQ(stat_of(path_).st_size, 10);
}

TEST_F(OpenFileTest, SaysThatAFileIsMissing) {
  const OpenError error = refused({});
  EXPECT_EQ(error.failure, OpenFailure::kMissing);
  EXPECT_EQ(error.error, ENOENT);
  EXPECT_EQ(error.text, path_ + ": there is no such file; give a size and it is made");
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(OpenFileTest, SaysWhichFolderIsMissing) {
  const OpenError error = refused({.path = folder_ / "no/such/disk", .size_bytes = kMiB});
  EXPECT_EQ(error.failure, OpenFailure::kMissing);
  EXPECT_EQ(error.text, std::string(folder_ / "no/such/disk") + ": there is no folder " +
                            std::string(folder_ / "no/such"));
}

TEST_F(OpenFileTest, MakesNothingWhenOnlyReading) {
  EXPECT_EQ(refused({.size_bytes = kMiB, .read_only = true}).failure, OpenFailure::kMissing);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(OpenFileTest, RefusesAnEmptyFileWithoutASize) {
  make_file("");
  EXPECT_EQ(refused({}).failure, OpenFailure::kEmpty);
}

TEST_F(OpenFileTest, RefusesWhatIsNoFile) {
  std::filesystem::create_directory(path_);
  EXPECT_EQ(refused({.size_bytes = kMiB}).failure, OpenFailure::kNotAFile);
  EXPECT_EQ(refused({.read_only = true}).failure, OpenFailure::kNotAFile);
  EXPECT_EQ(refused({.path = "/dev/null"}).failure, OpenFailure::kNotAFile);
}

TEST_F(OpenFileTest, AFifoDoesNotHangTheOpening) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(refused({.read_only = true}).failure, OpenFailure::kNotAFile);
}

TEST_F(OpenFileTest, ReportsASizeThatNoFileCanHave) {
  EXPECT_EQ(refused({.size_bytes = ~std::uint64_t{0}}).failure, OpenFailure::kSystem);
}

TEST_F(OpenFileTest, IdentityIsTheCanonicalPath) {
  serve({.size_bytes = kMiB});
  const std::string direct = store_->traits().identity_seed;
  EXPECT_EQ(direct, "file:" + std::filesystem::canonical(path_).string());
  end();
  const std::string real = std::exchange(path_, folder_ / "link.img");
  std::filesystem::create_symlink(real, path_);
  serve({});
  EXPECT_EQ(store_->traits().identity_seed, direct);
}

// --- The lock --------------------------------------------------------------------------------

TEST_F(OpenFileTest, IsServedOnce) {
  serve({.size_bytes = kMiB});
  const OpenError error = refused({});
  EXPECT_EQ(error.failure, OpenFailure::kLocked);
  EXPECT_THAT(error.text, HasSubstr("is served by this process already"));
}

TEST_F(OpenFileTest, ClosingGivesTheLockUp) {
  serve({.size_bytes = kMiB});
  store_->close();
  EXPECT_TRUE(open({.path = path_}));
}

TEST_F(OpenFileTest, ReadersShareAWriterDoesNot) {
  make_file("disk");
  serve({.read_only = true});
  EXPECT_TRUE(open({.path = path_, .read_only = true}));
  EXPECT_EQ(refused({}).failure, OpenFailure::kLocked);
}

TEST_F(OpenFileTest, SaysWhichOtherProcessHoldsTheLock) {
  make_file("disk");
  int to_parent[2];
  ASSERT_EQ(::pipe(to_parent), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const int fd = ::open(path_.c_str(), O_RDWR);
    const bool locked = ::flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (::write(to_parent[1], locked ? "y" : "n", 1) != 1) ::_exit(1);
    while (true) ::pause();
  }
  char locked = 0;
  ASSERT_EQ(::read(to_parent[0], &locked, 1), 1);
  ASSERT_EQ(locked, 'y');
  const OpenError error = refused({});
  EXPECT_EQ(error.failure, OpenFailure::kLocked);
  EXPECT_THAT(error.text, HasSubstr("locked by process " + std::to_string(child)));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(to_parent[0]);
  ::close(to_parent[1]);
}

TEST(LockHolder, IsReadFromTheKernelsTable) {
  const std::string table =
      "1: POSIX  ADVISORY  WRITE 11 fe:01:99 0 EOF\n"
      "2: FLOCK  ADVISORY  WRITE 22 08:11:99 0 EOF\n"
      "3: FLOCK  ADVISORY  WRITE 33 fe:01:99 0 EOF\n"
      "3: -> FLOCK  ADVISORY  WRITE 44 fe:01:99 0 EOF\n";
  EXPECT_EQ(lock_holder(table, 0xfe, 1, 99), 33);
  EXPECT_EQ(lock_holder(table, 0xfe, 1, 98), 0);
  EXPECT_EQ(lock_holder("garbage\n", 0xfe, 1, 99), 0);
}

}  // namespace
}  // namespace lungate::backend::file
