// SPDX-License-Identifier: LGPL-2.1-or-later

// The small state of an image (Verb::kLoadState, kStoreState): one key of an object of our own
// beside it, in its pool and namespace, named by the image's id: it survives renaming, and two
// images never share it. An image that is removed leaves its object behind; an id is never used
// again, so nobody will find it.
#pragma once

#include "backend/backend.h"
#include "ceph/image.h"

namespace lungate::backend::rbd {

// 0 or a negative errno. Both block, perhaps for ever.
int load_state(ceph::Image& image, Request& request) noexcept;
int store_state(ceph::Image& image, const Request& request) noexcept;

}  // namespace lungate::backend::rbd
