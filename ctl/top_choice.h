// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "ctl/choice.h"
#include "ctl/top_rows.h"

namespace lungate::ctl {

/// The rows that are wanted, in the order that is wanted. Rows that are equal in it stay in the
/// order of their names, so that idle ones do not change places from page to page.
std::vector<TopRow> chosen(const Top& top, const TopChoice& choice);

}  // namespace lungate::ctl
