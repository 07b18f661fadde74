// SPDX-License-Identifier: LGPL-2.1-or-later

// An image's I/O, through librbd's C API. It copies a write's data once, at submission (cluster.cc
// says why it must), so the caller's buffer is free when the completion comes, whatever librados
// still resends; and a read's data once, into our buffer. The C++ API could save the write's copy
// only with a buffer that librados may still read after the completion, which is corruption, and
// would hand a read over in fragments.
#include <rbd/librbd.h>

#include <cerrno>

#include "ceph/image.h"

namespace lungate::ceph {
namespace {

char* chars(MutableBytes bytes) {
  return reinterpret_cast<char*>(bytes.data());
}
const char* chars(Bytes bytes) {
  return reinterpret_cast<const char*>(bytes.data());
}

}  // namespace

// librbd's completion is allocated per operation and released by result(), or here when nothing was
// started. `start` returns what librbd said: zero, or an errno with the promise of no callback.
template <class Start>
int Image::start(Callback done, void* owner, Start&& start) noexcept {
  rbd_completion_t completion = nullptr;
  if (const int r = rbd_aio_create_completion(owner, done, &completion); r < 0) return r;
  const int r = start(completion);
  if (r < 0) rbd_aio_release(completion);
  return r < 0 ? r : 0;
}

int Image::read(std::uint64_t offset, MutableBytes into, Callback done, void* owner) noexcept {
  if (into.empty()) return -EINVAL;
  return start(done, owner, [&](rbd_completion_t completion) {
    return rbd_aio_read(handle_, offset, into.size(), chars(into), completion);
  });
}

int Image::write(std::uint64_t offset, Bytes from, Callback done, void* owner) noexcept {
  if (from.empty()) return -EINVAL;
  return start(done, owner, [&](rbd_completion_t completion) {
    return rbd_aio_write(handle_, offset, from.size(), chars(from), completion);
  });
}

int Image::discard(std::uint64_t offset, std::uint64_t length, Callback done,
                   void* owner) noexcept {
  if (length == 0) return -EINVAL;
  return start(done, owner, [&](rbd_completion_t completion) {
    return rbd_aio_discard(handle_, offset, length, completion);
  });
}

int Image::write_zeroes(std::uint64_t offset, std::uint64_t length, Callback done,
                        void* owner) noexcept {
  if (length == 0) return -EINVAL;
  return start(done, owner, [&](rbd_completion_t completion) {
    return rbd_aio_write_zeroes(handle_, offset, length, completion, 0, 0);
  });
}

int Image::write_same(std::uint64_t offset, std::uint64_t length, Bytes pattern, Callback done,
                      void* owner) noexcept {
  if (length == 0 || pattern.empty() || length % pattern.size() != 0) return -EINVAL;
  return start(done, owner, [&](rbd_completion_t completion) {
    return rbd_aio_writesame(handle_, offset, length, chars(pattern), pattern.size(), completion,
                             0);
  });
}

int Image::flush(Callback done, void* owner) noexcept {
  return start(done, owner,
               [&](rbd_completion_t completion) { return rbd_aio_flush(handle_, completion); });
}

std::int64_t Image::result(void* completion) noexcept {
  const std::int64_t result = rbd_aio_get_return_value(completion);
  rbd_aio_release(completion);
  return result;
}

}  // namespace lungate::ceph
