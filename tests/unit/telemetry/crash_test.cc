// SPDX-License-Identifier: LGPL-2.1-or-later
// A target that is stopped, or killed, between any two of its steps. A debugger's means
// (ptrace) take it there: instruction by instruction while it changes a segment that readers see,
// system call by system call while it makes one. What is read at each place is whole or left out,
// never mixed; and after a kill the next target starts at the same path.
#include <sys/ptrace.h>

#include <optional>

#include "tests/unit/telemetry/segment_fixture.h"

namespace lungate::telemetry {
namespace {

/// A process that goes on by steps, from where its life begins until it has ended.
class Stepped {
 public:
  /// `before` is run at full speed.
  Stepped(const std::function<void()>& before, const std::function<void()>& life) {
    pid_ = ::fork();
    if (pid_ == 0) {
      before();
      if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(kNotAllowed);
      ::raise(SIGSTOP);
      life();
      ::_exit(0);
    }
    wait();
  }
  ~Stepped() { kill(); }
  Stepped(const Stepped&) = delete;
  Stepped& operator=(const Stepped&) = delete;

  /// This machine lets no process trace its child.
  bool not_allowed() const { return exit_status_ == kNotAllowed; }
  std::optional<int> exit_status() const { return exit_status_; }

  /// False when its life has ended.
  bool instruction() { return go(PTRACE_SINGLESTEP); }
  /// To the next entry into the kernel, or exit from it.
  bool system_call() { return go(PTRACE_SYSCALL); }

  void kill() {
    if (exit_status_) return;
    ::kill(pid_, SIGKILL);
    while (!exit_status_) wait();
  }

 private:
  static constexpr int kNotAllowed = 77;

  bool go(__ptrace_request how) {
    if (!exit_status_ && ::ptrace(how, pid_, nullptr, nullptr) == 0) wait();
    return !exit_status_;
  }
  void wait() {
    int status = 0;
    if (::waitpid(pid_, &status, 0) != pid_) ::abort();
    if (WIFEXITED(status)) exit_status_ = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) exit_status_ = 128 + WTERMSIG(status);
  }

  pid_t pid_ = -1;
  std::optional<int> exit_status_;
};

std::string image_of(std::uint16_t lun) {
  return "vm-" + std::string(20, static_cast<char>('a' + lun)) + std::to_string(lun);
}
std::string host_of(std::uint64_t number) {
  return "iqn.2026-11.io.lungate:host-" + std::string(40, static_cast<char>('a' + number)) +
         std::to_string(number);
}

LunDescription described(std::uint16_t number, const std::string& image) {
  LunDescription lun = lun_number(number);
  lun.image = image;
  return lun;
}

class Crash : public SegmentTest {
 protected:
  std::function<void()> birth() {
    return [this] { segment_ = std::move(*Segment::create(plan())); };
  }

  /// Each kind of change that a reader may meet half done.
  std::function<void()> changes() {
    return [this] {
      const std::string images[] = {image_of(0), image_of(1), image_of(2)};
      const SlotId first = *segment_->add_lun(described(0, images[0]));
      const SlotId second = *segment_->add_lun(described(1, images[1]));
      segment_->identify_lun(second, "3aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa");
      segment_->promise_lun(first, {1'000'000, 2'000'000, 0.99, 128});
      LoopRecorder loop = segment_->loop(0);
      for (std::uint64_t i = 1; i <= 2; ++i) {
        const std::string host = host_of(i);
        const IoRecord io = read_of(4096, 5'000'000);
        const bool slow = loop.lun(first).record(io);
        loop.nexus(first, host, {1}).record(io, slow);
        loop.keep_slow(first, {SlowKind::kEnded, io, {1}, {i}, 0x28, i, 7, host, host});
      }
      segment_->remove_lun(second);
      segment_->set(ControlCell::kReloadsDone, 1);
    };
  }

  /// What is there is of one piece.
  static void expect_whole(const Snapshot& snapshot) {
    for (const LunSnapshot& lun : snapshot.luns) {
      EXPECT_EQ(lun.image, image_of(lun.lun));
      EXPECT_EQ(lun.wwn.substr(1, 4) == "aaaa", lun.serial.substr(0, 4) == "aaaa");
      EXPECT_LE(lun.latency[0].count(), 2u);
    }
    for (const NexusSnapshot& nexus : snapshot.nexuses) {
      EXPECT_THAT(nexus.initiator, ::testing::AnyOf(host_of(1), host_of(2)));
      EXPECT_LE(nexus.ops[0], 1u);
    }
    for (const SlowSnapshot& slow : snapshot.slow) {
      EXPECT_EQ(slow.initiator, host_of(slow.lba));
      EXPECT_EQ(slow.recorded.ns, slow.lba);
    }
  }

  /// How many steps the changes take.
  std::uint64_t instructions() {
    Stepped target(birth(), changes());
    if (target.not_allowed()) return 0;
    std::uint64_t steps = 0;
    while (target.instruction()) ++steps;
    EXPECT_EQ(target.exit_status(), 0);
    return steps;
  }

  std::unique_ptr<Segment> segment_;  // in the other process
};

/// Guards: sequence numbers around what is more than a word, and sums before bins.
TEST_F(Crash, StoppedAtAnyInstruction) {
  constexpr unsigned kLooks = 1'000;
  const std::uint64_t steps = instructions();
  if (steps == 0) GTEST_SKIP() << "no process may be traced here";
  const std::uint64_t stride = std::max<std::uint64_t>(1, steps / kLooks);
  Stepped target(birth(), changes());
  std::uint64_t looks = 0;
  std::uint64_t skipped = 0;
  for (std::uint64_t step = 0; target.instruction(); ++step) {
    if (step % stride != 0) continue;
    const Snapshot snapshot = read();
    expect_whole(snapshot);
    skipped += snapshot.slots_skipped;
    ++looks;
    if (HasFailure()) FAIL() << "after instruction " << step << " of " << steps;
  }
  EXPECT_GE(looks, kLooks / 2);
  EXPECT_GT(skipped, 0u) << "a change was never met half done: too few looks";
}

// The thread sanitizer's checks are instructions, too: twenty times as many steps to the same end.
#ifdef __SANITIZE_THREAD__
constexpr unsigned kKills = 4;
#else
constexpr unsigned kKills = 16;
#endif

TEST_F(Crash, KilledAtAnyInstruction) {
  const std::uint64_t steps = instructions();
  if (steps == 0) GTEST_SKIP() << "no process may be traced here";
  for (unsigned i = 0; i < kKills; ++i) {
    const std::uint64_t last = steps * i / kKills;
    Stepped target(birth(), changes());
    for (std::uint64_t step = 0; step < last && target.instruction(); ++step) {
    }
    target.kill();
    EXPECT_EQ(fault(), "dead");
    auto snapshot = reader_.read(Want::kAny);
    ASSERT_TRUE(snapshot.has_value()) << snapshot.error().detail;
    expect_whole(*snapshot);
    ASSERT_NE(start(), nullptr);
    if (HasFailure()) FAIL() << "after instruction " << last << " of " << steps;
  }
}

/// Guards: the file is filled under another name, and locked before it is published.
TEST_F(Crash, KilledAtAnySystemCallOfItsBirth) {
  for (unsigned last = 0;; ++last) {
    Stepped target([] {}, birth());
    if (target.not_allowed()) GTEST_SKIP() << "no process may be traced here";
    bool lives = true;
    for (unsigned i = 0; i < last && lives; ++i) lives = target.system_call();
    const std::string stopped = fault();
    EXPECT_THAT(stopped, ::testing::AnyOf("absent", "up", "dead")) << last;
    target.kill();
    EXPECT_THAT(fault(), ::testing::AnyOf("absent", "dead")) << last;
    ASSERT_NE(start(), nullptr) << "after system call " << last;
    EXPECT_EQ(fault(), "stopped");
    std::filesystem::remove(path_);
    if (!lives) {
      EXPECT_GT(last, 10u) << "a birth has more system calls than that";
      return;
    }
  }
}

}  // namespace
}  // namespace lungate::telemetry
