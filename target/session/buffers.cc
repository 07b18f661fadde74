// SPDX-License-Identifier: LGPL-2.1-or-later

// Where the data of a lane's commands lies. Called by Commands (take) and by the end of a task
// (give back), on the lane's thread only: no lock. A size comes from a peer, but was held against
// the limits before it gets here, so a wrong one is our mistake. Six sizes instead of any: memory
// of one command fits the next, and the free lists need no search.
#include "session/buffers.h"

#include "base/check.h"

namespace lungate::session {
namespace {

/// O_DIRECT and librados both like whole pages.
constexpr std::align_val_t kAlignment{4096};

}  // namespace

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  if (this != &other) {
    reset();
    pool_ = std::exchange(other.pool_, nullptr);
    memory_ = std::exchange(other.memory_, {});
  }
  return *this;
}

void Buffer::reset() {
  if (pool_ != nullptr) std::exchange(pool_, nullptr)->give_back(std::exchange(memory_, {}));
}

BufferPool::~BufferPool() {
  check(bytes_in_use_ == 0, "every buffer is given back before its pool ends");
  for (auto& list : free_)
    for (std::byte* memory : list) ::operator delete(memory, kAlignment);
}

std::size_t BufferPool::class_of(std::size_t size) {
  std::size_t index = 0;
  while (kClassBytes[index] < size) ++index;
  return index;
}

void* BufferPool::pages(std::size_t bytes) noexcept {
  return ::operator new(bytes, kAlignment, std::nothrow);
}

Buffer BufferPool::take(std::size_t size, std::size_t beyond) {
  check(size > 0 && size <= limits::kTransferBytesMax, "a buffer's size was checked by its taker");
  const std::size_t index = class_of(size);
  const std::size_t bytes = kClassBytes[index];
  if (bytes_in_use_ + bytes > bytes_max_ + beyond) return {};
  auto& list = free_[index];
  std::byte* memory = nullptr;
  if (list.empty()) {
    memory = static_cast<std::byte*>(allocate_(bytes));
    if (memory == nullptr) return {};
  } else {
    memory = list.back();
    list.pop_back();
  }
  bytes_in_use_ += bytes;
  return {this, {memory, size}};
}

/// The bound per class is in bytes, so that a burst of large commands does not leave its memory
/// here.
void BufferPool::give_back(MutableBytes memory) {
  const std::size_t index = class_of(memory.size());
  bytes_in_use_ -= kClassBytes[index];
  auto& list = free_[index];
  if ((list.size() + 1) * kClassBytes[index] > limits::kPooledBytesPerClassMax)
    ::operator delete(memory.data(), kAlignment);
  else
    list.push_back(memory.data());
}

}  // namespace lungate::session
