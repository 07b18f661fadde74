// SPDX-License-Identifier: LGPL-2.1-or-later

// From a path to a locked descriptor, with each way to fail in words. Blocks: workers only.
#pragma once

#include <cstdint>
#include <string>

#include "backend/file/file_backend.h"
#include "base/fd.h"

namespace lungate::backend::file {

struct OpenedFile {
  UniqueFd fd;
  std::string canonical_path;
  std::uint64_t size_bytes = 0;
  std::uint32_t block_bytes = 0;  // the file system's
  bool punches_holes = false;
};

Result<OpenedFile, OpenError> open_file(const Options& options);

/// The file's size, after growing it to `wanted_bytes` where that is more (0: leave it).
Result<std::uint64_t, OpenError> fit_size(int fd, const std::string& path,
                                          std::uint64_t wanted_bytes);

/// The process that holds the flock of the file with this device and inode number, as the text of
/// /proc/locks tells it; 0 when no line does.
int lock_holder(const std::string& proc_locks, unsigned major, unsigned minor, std::uint64_t inode);

}  // namespace lungate::backend::file
