// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "ctl/styled.h"
#include "ctl/top_rows.h"

namespace lungate::ctl {

/// The headline of `top`, the most important first: on a small screen the rest is cut.
std::vector<Span> head_pieces(const Top& top);

}  // namespace lungate::ctl
