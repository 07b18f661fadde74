// SPDX-License-Identifier: LGPL-2.1-or-later

// Called on the backend's clerk. A value of an omap is replaced as one, so there is no half-written
// state to be found. What is found may still be anybody's who may write to the pool: whoever asked
// for it decides whether it is any good.
#include "backend/rbd/kept_state.h"

#include <algorithm>
#include <cerrno>
#include <string>

namespace lungate::backend::rbd {
namespace {

constexpr const char* kKey = "state";

std::string object_of(const ceph::Image& image) {
  return "lungate_state." + image.facts().id;
}

int number_of(const ceph::Error& error) {
  return error.number > 0 ? -error.number : -EIO;
}

}  // namespace

int load_state(ceph::Image& image, Request& request) noexcept {
  const auto value = image.pool().get(object_of(image), kKey);
  if (!value) return number_of(value.error());
  if (!*value) {
    request.extent_bytes = 0;
    return 0;
  }
  const Bytes state = bytes_of(std::string_view(**value));
  if (state.empty()) return -EBADMSG;  // never stored so: what was in it is lost
  if (state.size() > request.data.size()) return -EFBIG;
  std::copy(state.begin(), state.end(), request.data.begin());
  request.extent_bytes = state.size();
  return 0;
}

int store_state(ceph::Image& image, const Request& request) noexcept {
  const std::string value(reinterpret_cast<const char*>(request.data.data()), request.data.size());
  const auto stored = image.pool().put(object_of(image), kKey, value);
  return stored ? 0 : number_of(stored.error());
}

}  // namespace lungate::backend::rbd
