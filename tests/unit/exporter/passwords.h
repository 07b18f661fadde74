// SPDX-License-Identifier: LGPL-2.1-or-later
// Hashes as `htpasswd -nbB` makes them, of the lowest cost that there is.
#pragma once

namespace lungate::exporter {

inline constexpr const char* kHashOfSecret =
    "$2y$04$Bz7/NDgMmBxvxehZv.DzqeVQNPlcbfQR55TMhOzUc/h/qeL4yMFHy";  // "secret", cost 4
inline constexpr const char* kDearHash =
    "$2y$08$BD/dpQ4GNV4w2XcgdZryvuXe0aAO6Z8LGX3Rd2DEVv2tlwi7UeInq";  // cost 8

}  // namespace lungate::exporter
