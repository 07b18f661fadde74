// SPDX-License-Identifier: LGPL-2.1-or-later
// A little language for tests about segments: a folder of their own, a target that can be started,
// killed and restarted, a LUN by its number.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "telemetry/reader.h"
#include "telemetry/recorder.h"
#include "telemetry/segment.h"

namespace lungate::telemetry {

inline constexpr std::string_view kTarget = "iqn.2026-11.io.lungate:store";

class TemporaryFolder {
 public:
  TemporaryFolder() {
    char path[] = "/tmp/lungate-XXXXXX";
    path_ = ::mkdtemp(path);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::vector<std::byte> bytes_in(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = bytes_of(std::string_view(text));
  return {bytes.begin(), bytes.end()};
}

inline void write_file(const std::string& path, Bytes bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text_of(bytes);
}

inline LunDescription lun_number(std::uint16_t number) {
  LunDescription lun;
  lun.target = kTarget;
  lun.lun = number;
  lun.backend = "rbd";
  lun.pool = "rbd";
  lun.image = "vm-1";
  lun.wwn = "3123456789abcdef";
  lun.serial = "0123456789abcdef";
  return lun;
}

inline IoRecord read_of(std::uint64_t bytes, std::uint64_t backend_ns) {
  return {Op::kRead, ErrorClass::kNone, bytes, {0, 0, backend_ns, 0}};
}

/// A process that owns a segment and then waits for its end.
class OtherProcess {
 public:
  explicit OtherProcess(const std::function<void()>& begin) {
    int ends[2];
    if (::pipe(ends) != 0) ::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      begin();
      if (::write(ends[1], "!", 1) != 1) ::_exit(1);
      for (;;) ::pause();
    }
    char ready = 0;
    if (::read(ends[0], &ready, 1) != 1) ::abort();
    ::close(ends[0]);
    ::close(ends[1]);
  }
  ~OtherProcess() { kill(); }

  void kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
};

class SegmentTest : public ::testing::Test {
 protected:
  SegmentPlan plan() const {
    return {path_, "gw-a", "1.2.3", kLoops, kSlots, {{"10.0.0.1:3260", 1}}, true, kPairs};
  }

  std::unique_ptr<Segment> start() const { return start(plan()); }
  static std::unique_ptr<Segment> start(const SegmentPlan& plan) {
    auto segment = Segment::create(plan);
    if (!segment) ADD_FAILURE() << segment.error().detail;
    return segment ? std::move(*segment) : nullptr;
  }

  Snapshot read(BootTime now = boot_now()) {
    auto snapshot = reader_.read(Want::kLiving, now);
    if (!snapshot) ADD_FAILURE() << snapshot.error().name() << ": " << snapshot.error().detail;
    return snapshot ? std::move(*snapshot) : Snapshot{};
  }

  /// Why the segment cannot be read; "up" when it can.
  std::string fault() {
    auto snapshot = reader_.read();
    return snapshot ? "up" : std::string(snapshot.error().name());
  }

  static constexpr unsigned kLoops = 2;
  static constexpr unsigned kSlots = 4;
  static constexpr unsigned kPairs = 3;
  TemporaryFolder folder_;
  const std::string path_ = folder_ / "gw-a";
  Reader reader_{path_};
};

}  // namespace lungate::telemetry
