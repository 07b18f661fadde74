// SPDX-License-Identifier: LGPL-2.1-or-later

// What a lane's connections have yet to say and had to copy for it: login and text answers, ping
// data, sense data, quoted headers. Data of commands is in buffers.h; it is sent from where it
// lies.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/limits.h"

namespace lungate::session {

class CopyPool;

/// Owns one copy; its bytes count until the end of its life. Moving it does not move the bytes.
/// Lane's thread only.
class Copy {
 public:
  Copy() = default;
  Copy(Copy&& other) noexcept { *this = std::move(other); }
  Copy& operator=(Copy&& other) noexcept;
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;
  ~Copy() { reset(); }

  Bytes bytes() const { return {memory_.get(), size_}; }
  bool empty() const { return size_ == 0; }
  void reset();

 private:
  friend class CopyPool;

  CopyPool* pool_ = nullptr;
  std::unique_ptr<std::byte[]> memory_;
  std::size_t size_ = 0;
};

/// The copies of one lane, and their bound: peers choose how much there is to copy, and whether
/// they read it.
class CopyPool {
 public:
  explicit CopyPool(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  CopyPool(const CopyPool&) = delete;
  CopyPool& operator=(const CopyPool&) = delete;
  /// REQUIRES: every copy has ended.
  ~CopyPool();

  /// Nothing at the lane's bound, or when the system has no memory.
  [[nodiscard]] std::optional<Copy> take(Bytes data) noexcept;

  std::size_t bytes_in_use() const { return bytes_in_use_; }

 private:
  friend class Copy;

  std::size_t bytes_in_use_ = 0;
  const std::size_t bytes_max_;
};

}  // namespace lungate::session
