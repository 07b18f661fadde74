// SPDX-License-Identifier: LGPL-2.1-or-later

// The life sign of a writer: a write lock on the segment's file, owned by the open file description
// (fcntl(2), F_OFD_SETLK). The kernel releases it when the last descriptor is closed, so also after
// kill -9; it means the same across containers that share the file, where a process id does not.
#pragma once

namespace lungate::telemetry {

/// Takes the lock; false when another description has it or the file system knows no locks.
bool lock_for_life(int fd) noexcept;

/// Whether anybody holds the lock. `fd` may be open for reading only, but must not be the holder's.
bool is_locked(int fd) noexcept;

}  // namespace lungate::telemetry
