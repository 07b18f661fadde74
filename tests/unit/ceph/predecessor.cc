// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/ceph/predecessor.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <semaphore>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "base/fd.h"
#include "ceph/lock.h"
#include "tests/unit/ceph/lab.h"

namespace lungate::test {
namespace {

constexpr const char* kSelf = "PredecessorProcess.DISABLED_HoldsTheLockAndWrites";

/// The rest of what the process writes to us, one line at the end.
std::string last_line(int fd) {
  std::string text;
  std::array<char, 512> part{};
  for (ssize_t n = 0; text.find("READY") == std::string::npos || text.back() != '\n';) {
    n = ::read(fd, part.data(), part.size());
    if (n <= 0) throw std::runtime_error("the predecessor ended: " + text);
    text.append(part.data(), static_cast<std::size_t>(n));
  }
  return text.substr(text.find("READY"));
}

}  // namespace

Predecessor::Predecessor(const std::string& gateway, const std::string& image) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  const UniqueFd from(ends[0]);
  UniqueFd to(ends[1]);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, to.get(), STDOUT_FILENO);
  std::vector<std::string> words{"predecessor", std::string("--gtest_filter=") + kSelf,
                                 "--gtest_also_run_disabled_tests"};
  std::vector<std::string> settings{"PREDECESSOR_GATEWAY=" + gateway, "PREDECESSOR_IMAGE=" + image};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::vector<char*> env;
  for (char** entry = environ; *entry != nullptr; ++entry) env.push_back(*entry);
  for (std::string& setting : settings) env.push_back(setting.data());
  env.push_back(nullptr);
  const int r = ::posix_spawn(&pid_, "/proc/self/exe", &actions, nullptr, argv.data(), env.data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (r != 0) throw std::runtime_error("posix_spawn");
  to.reset();
  std::string ready;
  std::istringstream(last_line(from.get())) >> ready >> client_ >> address_;
}

Predecessor::~Predecessor() {
  kill();
}

void Predecessor::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void Predecessor::freeze() {
  ::kill(pid_, SIGSTOP);
}

void Predecessor::thaw_until_refused() {
  ::kill(pid_, SIGCONT);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

/// The other process' side.
TEST(PredecessorProcess, DISABLED_HoldsTheLockAndWrites) {
  if (std::getenv("PREDECESSOR_GATEWAY") == nullptr) GTEST_SKIP() << "part of other tests";
  auto cluster = ceph::Cluster::connect(cluster_settings());
  ASSERT_TRUE(cluster) << cluster.error().text;
  auto image = ceph::Image::open(*cluster, {"rbd", "", std::getenv("PREDECESSOR_IMAGE"), ""}, true);
  ASSERT_TRUE(image) << image.error().text;
  ceph::Roster roster(std::getenv("PREDECESSOR_GATEWAY"));
  const auto taken = ceph::take_lock(**image, roster);
  ASSERT_TRUE(taken) << taken.error().text;
  const std::string line = "READY " + (*cluster)->client() + " " + (*cluster)->addresses() + "\n";
  ASSERT_GT(::write(STDOUT_FILENO, line.data(), line.size()), 0);
  const std::vector<std::byte> block(4096, std::byte{0xaa});
  struct Write {
    std::binary_semaphore ended{0};
    std::int64_t result = 0;
  } write;
  const auto done = [](void* completion, void* owner) {
    Write& ended = *static_cast<Write*>(owner);
    ended.result = ceph::Image::result(completion);
    ended.ended.release();
  };
  while (write.result == 0 && (*image)->write(0, block, done, &write) == 0) write.ended.acquire();
  ::_exit(0);  // fenced, most likely: librbd's farewell would take its time
}

}  // namespace lungate::test
