// SPDX-License-Identifier: LGPL-2.1-or-later

// Data that a command gives (INQUIRY, MODE SENSE and the like), built whole and cut to what was
// asked for only at the end: no builder knows an allocation length.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "base/limits.h"

namespace lungate::scsi {

class ParameterData {
 public:
  /// Appends a wire structure. What we give is bounded by our own tables, never by the asker: more
  /// than kParameterDataBytesMax is our mistake.
  template <class T>
  void append(const T& value) {
    append_bytes(bytes_of(value));
  }

  void append_bytes(Bytes bytes) {
    check(bytes.size() <= data_.size() - size_, "parameter data fit their limit");
    std::copy(bytes.begin(), bytes.end(), data_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += bytes.size();
  }

  /// Writes over what stands at `at`: lengths, known when the rest is there.
  template <class T>
  void put(std::size_t at, const T& value) {
    check(at + sizeof(T) <= size_, "only what has been appended is written over");
    store(MutableBytes(data_).subspan(at), value);
  }

  std::size_t size() const { return size_; }
  Bytes bytes() const { return Bytes(data_).first(size_); }

 private:
  std::array<std::byte, limits::kParameterDataBytesMax> data_;
  std::size_t size_ = 0;
};

/// Text in a field of fixed width: left-aligned, filled with spaces, cut if longer (SPC-4, 4.3.1).
template <std::size_t kWidth>
std::array<char, kWidth> padded(std::string_view text) {
  std::array<char, kWidth> field;
  field.fill(' ');
  std::copy_n(text.begin(), std::min(text.size(), kWidth), field.begin());
  return field;
}

}  // namespace lungate::scsi
