// SPDX-License-Identifier: LGPL-2.1-or-later

// The table of verbs for RBD, and librbd's errors as the port's Status. Called by RbdBackend, on
// any loop (row_of) and on librbd's thread (status_of). Ranges have been checked before; an errno
// that is not listed is an error of the medium: initiators take it for this command's and go on.
#include "backend/rbd/verbs.h"

#include <array>
#include <cerrno>

namespace lungate::backend::rbd {
namespace {

using ceph::Image;

int start_read(Image& image, Request& request, Image::Callback done) {
  return image.read(request.offset, request.data, done, &request);
}

int start_write(Image& image, Request& request, Image::Callback done) {
  return image.write(request.offset, request.data, done, &request);
}

int start_flush(Image& image, Request& request, Image::Callback done) {
  return image.flush(done, &request);
}

// With rbd_skip_partial_discard=false librbd zeroes what it cannot free, whatever the alignment.
int start_discard(Image& image, Request& request, Image::Callback done) {
  return image.discard(request.offset, request.length, done, &request);
}

// Without the thick flag: RADOS reserves no space for a range that has been written once (BlueStore
// writes elsewhere), so writing real zeros would buy nothing and cost the time of the whole range.
int start_write_zeroes(Image& image, Request& request, Image::Callback done) {
  return image.write_zeroes(request.offset, request.length, done, &request);
}

int start_write_same(Image& image, Request& request, Image::Callback done) {
  return image.write_same(request.offset, request.length, request.data, done, &request);
}

// In the order of Verb.
constexpr std::array<VerbRow, kVerbs> kRows{{
    {.modifies = false, .ranged = true, .start = start_read},
    {.modifies = true, .ranged = true, .start = start_write},
    {.modifies = false, .ranged = false, .start = start_flush},
    {.modifies = true, .ranged = true, .start = start_discard},
    {.modifies = true, .ranged = true, .start = start_write_zeroes},
    {.modifies = true, .ranged = true, .start = start_write_same},
    {.modifies = false, .ranged = true, .start = nullptr},
    {.modifies = false, .ranged = false, .start = nullptr},
    {.modifies = true, .ranged = false, .start = nullptr},
}};

}  // namespace

const VerbRow& row_of(Verb verb) {
  return kRows[static_cast<std::size_t>(verb)];
}

Status status_of(const Request& request, std::int64_t result) {
  switch (-result) {
    case EROFS:      // manual mode: the lock is not ours any more
    case ESHUTDOWN:  // blocklisted
      return Status::kNotOwner;
    case EINVAL:  // the arguments were right, so the image has been shrunk meanwhile
      return Status::kOutOfRange;
    case ENOSPC:
    case EDQUOT:
      return Status::kNoSpace;
    case ENOMEM:
      return Status::kNoMemory;
    default:
      break;
  }
  if (result < 0) return Status::kIoError;
  // A read that librbd has cut at a new, smaller size. (A write that it has cut is as good as one
  // that was whole before the shrink took its end away.)
  const bool cut =
      request.verb == Verb::kRead && static_cast<std::uint64_t>(result) < request.data.size();
  return cut ? Status::kOutOfRange : Status::kOk;
}

}  // namespace lungate::backend::rbd
