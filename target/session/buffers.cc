// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/buffers.h"

#include <new>

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

Buffer BufferPool::take(std::size_t size) {
  check(size > 0 && size <= limits::kTransferBytesMax, "a buffer's size was checked by its taker");
  const std::size_t index = class_of(size);
  bytes_in_use_ += kClassBytes[index];
  auto& list = free_[index];
  std::byte* memory = nullptr;
  if (list.empty()) {
    memory = static_cast<std::byte*>(::operator new(kClassBytes[index], kAlignment));
  } else {
    memory = list.back();
    list.pop_back();
  }
  return {this, {memory, size}};
}

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
