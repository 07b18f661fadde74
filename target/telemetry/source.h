// SPDX-License-Identifier: LGPL-2.1-or-later

// Bytes that claim to be a segment, read by copying them out.
//
// Why copies by pread(2) and no mapping: a mapped file that somebody truncates kills its reader
// with SIGBUS, whatever was checked before; and what was checked in a mapping may be something else
// when it is used. A copy comes short instead, and stays what it was when it was checked. A scrape
// of 1,000 LUNs copies some 25 MB, a few milliseconds. The price: the kernel copies aligned memory
// in steps of at least eight bytes on every machine that we know, so counters are not torn, but no
// standard says so; reader_test.cc watches it.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace lungate::telemetry {

/// What decode.cc reads from: it cannot tell a live file from a test's bytes, and needs not.
class Source {
 public:
  /// How many bytes there are now. It may shrink at any time.
  virtual std::uint64_t size() const = 0;
  /// Fills `to` from `offset`; false when fewer bytes are there.
  [[nodiscard]] virtual bool read(std::uint64_t offset, MutableBytes to) const = 0;

 protected:
  ~Source() = default;
};

/// An open file. Does not own the descriptor.
class FileSource final : public Source {
 public:
  explicit FileSource(int fd) : fd_(fd) {}
  std::uint64_t size() const override;
  bool read(std::uint64_t offset, MutableBytes to) const override;

 private:
  int fd_;
};

/// Bytes in memory: for tests and the fuzzer. Does not own them.
class MemorySource final : public Source {
 public:
  explicit MemorySource(Bytes bytes) : bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }
  bool read(std::uint64_t offset, MutableBytes to) const override;

 private:
  Bytes bytes_;
};

}  // namespace lungate::telemetry
