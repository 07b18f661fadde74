// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <iosfwd>
#include <string>

#include "ctl/options.h"

namespace lungate::ctl {

/// Reads the file that the options lead to, or the only one there is; prints what is asked for, or
/// that it is right. Exit code 0 or 2; with --online what lungate-target says, in its own words.
int run_check(const Options& options, std::ostream& out, std::ostream& err);

/// The lungate-target that lies beside this program, else the one that PATH names. This program
/// may not name Ceph, so opening images is left to it.
std::string target_program();

}  // namespace lungate::ctl
