// SPDX-License-Identifier: LGPL-2.1-or-later

// The file behind a segment, without its contents: made under another name, locked, mapped, given
// memory piece by piece, moved to its path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "telemetry/segment.h"

namespace lungate::telemetry {

class SegmentFile {
 public:
  /// A file of `bytes` zeros in the folder of `path`, locked and mapped, not yet at `path`. It is
  /// sparse: no page has memory before reserve(). `tag` makes its temporary name unique.
  static Result<SegmentFile, SegmentError> create(const std::string& path, std::uint64_t bytes,
                                                  const std::string& tag);

  SegmentFile() = default;
  SegmentFile(SegmentFile&& other) noexcept;
  SegmentFile& operator=(SegmentFile&&) = delete;
  /// Unmaps and unlocks. A file that was not published is removed.
  ~SegmentFile();

  /// Gives memory to a range. A mapped page without memory on a full tmpfs is a SIGBUS for whoever
  /// touches it: call this first, and nothing that is touched can be missing.
  Result<void, SegmentError> reserve(std::uint64_t offset, std::uint64_t bytes);

  /// Moves the file to `path`, in one step for everybody who looks.
  Result<void, SegmentError> publish(const std::string& path);

  std::span<std::byte> bytes() const { return mapping_; }

 private:
  UniqueFd fd_;
  std::span<std::byte> mapping_;
  std::string temporary_;  // its name while unpublished
};

}  // namespace lungate::telemetry
