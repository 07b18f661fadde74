// SPDX-License-Identifier: LGPL-2.1-or-later
// One session of libiscsi with one LUN, asynchronous, on one thread.
#pragma once

#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "tests/lab/load/options.h"

namespace lungate::lab {

/// How a command ended. `good` is SCSI status GOOD; everything else is told in `error`.
struct Outcome {
  bool good = false;
  bool connection_lost = false;
  std::string error;
};

class Initiator {
 public:
  using Done = std::function<void(const Outcome&)>;

  /// Logs in and reads the capacity. Throws std::runtime_error with the library's words.
  explicit Initiator(const Options& options);
  ~Initiator();
  Initiator(const Initiator&) = delete;
  Initiator& operator=(const Initiator&) = delete;

  std::uint64_t size_bytes() const { return blocks_ * block_bytes_; }
  std::uint32_t block_bytes() const { return block_bytes_; }
  bool connected() const { return connected_; }

  /// READ(16) and WRITE(16). `data` stays valid until `done` has been called; offsets and lengths
  /// are multiples of block_bytes(). `done` is called from turn(), exactly once.
  void read(std::uint64_t offset, std::span<std::byte> data, Done done);
  void write(std::uint64_t offset, std::span<const std::byte> data, Done done);

  /// Waits at most `timeout` for the socket (and for `stop_fd`), then serves it. When the
  /// connection is lost, every command in flight ends in here with `connection_lost`. REQUIRES:
  /// connected().
  void turn(std::chrono::milliseconds timeout, int stop_fd);

 private:
  struct Close {
    void operator()(iscsi_context* context) const { iscsi_destroy_context(context); }
  };
  struct Command;

  static void completed(iscsi_context*, int status, void* task, void* command);
  void read_capacity();
  void started(scsi_task* task, std::unique_ptr<Command> command);

  std::unique_ptr<iscsi_context, Close> context_;
  int lun_ = 0;
  std::uint64_t blocks_ = 0;
  std::uint32_t block_bytes_ = 0;
  bool connected_ = false;
};

}  // namespace lungate::lab
