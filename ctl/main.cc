// SPDX-License-Identifier: LGPL-2.1-or-later

// lungate: the operator's command.
#include <iostream>

#include "ctl/commands.h"
#include "ctl/options.h"

int main(int argc, char** argv) {
  const auto options = lungate::ctl::parse_options(argc, argv);
  if (!options) {
    (options.error().exit_code == 0 ? std::cout : std::cerr) << options.error().text;
    return options.error().exit_code;
  }
  return lungate::ctl::run(*options, std::cout, std::cerr);
}
