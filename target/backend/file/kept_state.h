// SPDX-License-Identifier: LGPL-2.1-or-later

// The small state of a file LUN (Verb::kLoadState, kStoreState): a file of its own beside the disk,
// "<path>.lungate-state". It is replaced by renaming, so that a crash leaves the old one or the
// new.
#pragma once

#include <string>

#include "backend/backend.h"

namespace lungate::backend::file {

std::string state_path(const std::string& disk_path);

// 0 or an errno. Both block: on the backend's clerk.
int load_state(const std::string& path, Request& request) noexcept;
int store_state(const std::string& path, const Request& request) noexcept;

}  // namespace lungate::backend::file
