// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>

namespace lungate::exporter {

/// Whether it reads "$2b$12$..." (also $2a$ and $2y$), complete, of a cost that limits.h allows.
bool is_bcrypt(std::string_view hash);

/// 4 to 31; each step doubles the time. REQUIRES: is_bcrypt(hash).
unsigned bcrypt_cost(std::string_view hash);

/// Whether the password has this hash. Takes a tenth of a second and more: on purpose.
/// REQUIRES: is_bcrypt(hash). A password with a zero byte has none.
bool bcrypt_matches(const std::string& password, const std::string& hash);

/// Of no password that anybody knows, and as dear as any of this cost.
std::string bcrypt_of_nobody(unsigned cost);

}  // namespace lungate::exporter
