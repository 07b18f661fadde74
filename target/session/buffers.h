// SPDX-License-Identifier: LGPL-2.1-or-later

// Memory for the data of commands: page-aligned, in a few sizes, kept by the lane for the next
// command, so that the path of an I/O does not go to the allocator.
#pragma once

#include <array>
#include <cstddef>
#include <new>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"

namespace lungate::session {

class BufferPool;

/// Owns one piece of memory of a pool; gives it back at the end of its life. Lane's thread only.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)), memory_(std::exchange(other.memory_, {})) {}
  Buffer& operator=(Buffer&& other) noexcept;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { reset(); }

  /// The size asked for, not the size of the class. Contents are undefined at first.
  MutableBytes bytes() const { return memory_; }
  bool empty() const { return memory_.empty(); }
  void reset();

 private:
  friend class BufferPool;
  Buffer(BufferPool* pool, MutableBytes memory) : pool_(pool), memory_(memory) {}

  BufferPool* pool_ = nullptr;
  MutableBytes memory_;
};

/// The buffers of one lane. The pool is what bounds the memory that peers can make the gateway
/// hold: each connection has a budget (limits::kTaskBytesPerConnectionMax), and thousands of them
/// share the lane's.
class BufferPool {
 public:
  /// Whole pages of exactly so many bytes; null when there are none. A test has one that runs out.
  using Allocate = void* (*)(std::size_t bytes) noexcept;
  static void* pages(std::size_t bytes) noexcept;

  explicit BufferPool(std::size_t bytes_max = limits::kTaskBytesPerLaneMax,
                      Allocate allocate = &BufferPool::pages)
      : bytes_max_(bytes_max), allocate_(allocate) {}
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  /// REQUIRES: every buffer has been given back.
  ~BufferPool();

  /// Empty when the lane's bound is reached or the system has no memory: the command is answered
  /// TASK SET FULL then and comes again. `beyond`: by so much the bound is higher for this taker.
  /// REQUIRES: 0 < size <= limits::kTransferBytesMax.
  [[nodiscard]] Buffer take(std::size_t size, std::size_t beyond = 0);

  /// What a buffer of `size` bytes costs: the size of its class.
  static std::size_t cost(std::size_t size) { return kClassBytes[class_of(size)]; }
  /// Bytes in use, counted by class size: what commands of this lane really hold.
  std::size_t bytes_in_use() const { return bytes_in_use_; }

 private:
  friend class Buffer;
  void give_back(MutableBytes memory);

  static constexpr std::array<std::size_t, limits::kBufferClasses> kClassBytes = {
      4 * limits::kKiB,   16 * limits::kKiB, 64 * limits::kKiB,
      256 * limits::kKiB, 1 * limits::kMiB,  4 * limits::kMiB};
  static_assert(kClassBytes.back() >= limits::kTransferBytesMax);
  static std::size_t class_of(std::size_t size);

  std::array<std::vector<std::byte*>, kClassBytes.size()> free_;
  std::size_t bytes_in_use_ = 0;
  const std::size_t bytes_max_;
  const Allocate allocate_;
};

}  // namespace lungate::session
