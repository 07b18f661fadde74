// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>

#include "backend/backend.h"
#include "ceph/image.h"

namespace lungate::backend::rbd {

/// How a verb of the port becomes a call of librbd.
struct VerbRow {
  bool modifies;  // needs the lock; refused on a read-only image
  bool ranged;    // has a range, which must lie inside the image
  /// Null for what is offered as a call that blocks only (allocation, small state): the backend's
  /// clerk makes it.
  int (*start)(ceph::Image& image, Request& request, ceph::Image::Callback done);
};
const VerbRow& row_of(Verb verb);

/// What librbd's result means for the request: the one place where its errors are translated.
Status status_of(const Request& request, std::int64_t result);

}  // namespace lungate::backend::rbd
