// SPDX-License-Identifier: LGPL-2.1-or-later
// The model of one disk: what initiators have been told of their writes, what the store has seen of
// them, and what was read.
//
//   told                        then
//   GOOD                        the store has completed every block of it, before
//   nothing was done (BUSY...)  no block of it is on the disk, ever
//   over: failed, aborted       it may have landed, as a whole or in part, but lands no more
//   nothing (the path is gone)  it may land until the port has logged in again
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "tests/sim/register_history.h"
#include "tests/sim/stamp.h"
#include "tests/sim/trace.h"

namespace lungate::sim {

class Disk {
 public:
  static constexpr std::uint32_t kBlocks = 96;

  explicit Disk(unsigned number) : number_(number) {}

  unsigned number() const { return number_; }

  // --- What initiators do and hear ---
  /// The data of the new write, to be sent.
  std::vector<std::byte> begin_write(WriteId id, std::uint32_t lba, std::uint32_t blocks,
                                     Moment begin);
  /// The write is a COMPARE AND WRITE that wants to find these blocks.
  void expects(WriteId id, Bytes found);
  /// Blocks as those hold them who were told GOOD last.
  std::vector<std::byte> likely_content(std::uint32_t lba, std::uint32_t blocks) const;
  void good(WriteId id, Moment at);
  void untouched(WriteId id);
  void over(WriteId id, Moment at);
  void was_read(std::uint32_t lba, Bytes data, Moment begin, Moment end);
  /// COMPARE AND WRITE: whatever it found is gone, so nobody else can have found the same.
  void swapped(std::uint32_t lba, Bytes found, Moment begin, Moment end);

  // --- What the store sees. An answer is a rule that is broken; empty when none is ---
  std::string submitted(std::uint64_t offset, Bytes data);
  /// `data` takes the place of `before`.
  void landed(std::uint64_t offset, Bytes data, Bytes before);
  void completed(std::uint64_t offset, Bytes data);

  /// Every block's history, with what the disk holds at the end.
  void check(Bytes content, Moment at) const;

 private:
  struct Write {
    std::uint32_t lba = 0;
    std::uint32_t blocks = 0;
    Moment begin = 0;
    Moment end = kNever;
    std::vector<WriteId> expects;  // by block, of a COMPARE AND WRITE
    std::uint32_t landed = 0;      // blocks
    std::uint32_t completed = 0;   // blocks
    bool good = false;
    bool untouched = false;
  };
  struct Read {
    std::uint32_t lba;
    WriteId value;
    Moment begin;
    Moment end;
  };
  Write& write(WriteId id);
  WriteId known_writer(Bytes block, std::uint32_t lba) const;

  const unsigned number_;
  std::map<WriteId, Write> writes_;
  std::vector<Read> reads_;
  std::set<std::pair<std::uint32_t, WriteId>> swapped_;
};

}  // namespace lungate::sim
