// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace lungate::control {

/// Of this program; set by CMake from the project's version. Shown by --version, `lungate status`,
/// the log when it begins to serve, and the segment: four places that agree on what is running.
inline constexpr const char* kVersion = LUNGATE_VERSION;

}  // namespace lungate::control
