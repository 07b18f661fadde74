// SPDX-License-Identifier: LGPL-2.1-or-later

// Where a file has data and where it has holes.
#pragma once

#include "backend/backend.h"

namespace lungate::backend::file {

/// Answers a kAllocation from the file itself; returns 0 or an errno (for status_of). Blocks: lseek
/// reads the file system's maps, perhaps from disk, and walks a fragmented file's extents until the
/// state changes, however far that is; so neither a loop nor the ring's thread may call it.
///
/// What is said to be a hole is a hole to the byte: the file system's blocks that hold any data are
/// data. Zeros that were written, and space that is reserved but was never written, may be either.
/// The file's end is the end of what can be told; beyond it (somebody has cut the file) the answer
/// is EFBIG, as it is for a read there.
///
/// Moves the descriptor's file offset: nobody else may use it (all our I/O names its own).
int first_extent(int fd, Request& request) noexcept;

}  // namespace lungate::backend::file
