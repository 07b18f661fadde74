// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace lungate::control {

/// Of this program; set by CMake from the project's version.
inline constexpr const char* kVersion = LUNGATE_VERSION;

}  // namespace lungate::control
