// SPDX-License-Identifier: LGPL-2.1-or-later

// Where an image has objects, by rbd_diff_iterate2 from the beginning of time: with the fast-diff
// feature from the image's object map, otherwise by asking each object. Called by the RBD adapter's
// clerk on its thread, beside the image's I/O, for it blocks, perhaps for ever. A cluster's error
// is the caller's errno: what could not be looked at is no hole. An image that is resized meanwhile
// is answered as one that is allocated.
#include <rbd/librbd.h>

#include <algorithm>
#include <cerrno>
#include <exception>

#include "base/limits.h"
#include "ceph/image.h"

namespace lungate::ceph {
namespace {

/// Stops the iteration; librbd hands it through. No errno, so it is nobody else's.
constexpr int kEnough = -1'000'000;

/// Takes what librbd finds, ascending, until the state of the range's beginning has ended.
class FirstExtent {
 public:
  FirstExtent(std::uint64_t begin, std::uint64_t end)
      : begin_(begin), end_(end), data_end_(begin) {}

  /// librbd's callback, on the thread that iterates. It may come again after kEnough, for what was
  /// asked for before.
  static int found(std::uint64_t offset, std::size_t length, int exists, void* self) {
    return static_cast<FirstExtent*>(self)->add(offset, length, exists != 0);
  }

  /// REQUIRES: the iteration has ended well, or with kEnough.
  Image::Extent result() const {
    const bool allocated = data_end_ > begin_;
    return {.bytes = (allocated ? data_end_ : hole_end()) - begin_, .allocated = allocated};
  }

 private:
  int add(std::uint64_t offset, std::uint64_t length, bool exists) {
    if (enough_) return kEnough;
    const std::uint64_t from = std::max(offset, begin_);
    const std::uint64_t to = std::min(offset + length, end_);
    if (!exists || from >= to) return 0;
    if (from <= data_end_) {
      data_end_ = std::max(data_end_, to);
      return 0;
    }
    next_data_ = from;
    enough_ = true;
    return kEnough;
  }
  std::uint64_t hole_end() const { return enough_ ? next_data_ : end_; }

  const std::uint64_t begin_;
  const std::uint64_t end_;
  std::uint64_t data_end_;       // data go from begin_ up to here
  std::uint64_t next_data_ = 0;  // behind the first gap; with enough_ only
  bool enough_ = false;
};

}  // namespace

int Image::first_extent(std::uint64_t offset, std::uint64_t length, Extent& extent) noexcept {
  if (length == 0) return -EINVAL;
  // Striped objects come out of order, and librbd 16 forgets the error of one of several that it
  // asks together: a range that could not be read would look empty.
  if (facts_.striped) {
    extent = {.bytes = length, .allocated = true};
    return 0;
  }
  const std::uint64_t window = limits::kAllocationObjectsMax * facts_.object_bytes;
  const std::uint64_t seen = std::min(length, window - offset % facts_.object_bytes);
  FirstExtent first(offset, offset + seen);
  constexpr std::uint8_t kIncludeParent = 1;
  constexpr std::uint8_t kWholeObject = 1;
  try {
    const int r = rbd_diff_iterate2(handle_, nullptr, offset, seen, kIncludeParent, kWholeObject,
                                    &FirstExtent::found, &first);
    if (r < 0 && r != kEnough) return r;
    extent = first.result();
  } catch (const std::exception&) {
    // librbd looks into a copy of the object map whose length it has not held against the range:
    // it is too short when the image shrinks in between.
    extent = {.bytes = seen, .allocated = true};
  }
  return 0;
}

}  // namespace lungate::ceph
