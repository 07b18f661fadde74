// SPDX-License-Identifier: LGPL-2.1-or-later

// Copies and their account. Called by Connection (take) and wherever a queued PDU ends (reset), on
// the lane's thread. How much comes from peers; that it is too much is a value, and the connection
// decides what becomes of it.
#include "session/copies.h"

#include <cstring>
#include <new>

#include "base/check.h"

namespace lungate::session {

Copy& Copy::operator=(Copy&& other) noexcept {
  if (this == &other) return *this;
  reset();
  pool_ = std::exchange(other.pool_, nullptr);
  memory_ = std::move(other.memory_);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

void Copy::reset() {
  memory_.reset();
  const std::size_t size = std::exchange(size_, 0);
  if (CopyPool* pool = std::exchange(pool_, nullptr)) pool->bytes_in_use_ -= size;
}

CopyPool::~CopyPool() {
  check(bytes_in_use_ == 0, "every copy ends before its pool");
}

std::optional<Copy> CopyPool::take(Bytes data) noexcept {
  Copy copy;
  if (data.empty()) return copy;
  if (data.size() > bytes_max_ - bytes_in_use_) return std::nullopt;
  copy.memory_.reset(new (std::nothrow) std::byte[data.size()]);
  if (copy.memory_ == nullptr) return std::nullopt;
  std::memcpy(copy.memory_.get(), data.data(), data.size());
  copy.pool_ = this;
  copy.size_ = data.size();
  bytes_in_use_ += data.size();
  return copy;
}

}  // namespace lungate::session
