// SPDX-License-Identifier: LGPL-2.1-or-later

// lungate: the operator's command. Links the reader's half of telemetry, config and api, and
// nothing of Ceph, libev or iSCSI, so that it runs where a gateway does not. One thread.
//
//   exit code   0    done
//               1    the gateway is not there, or says no
//               2    a configuration is wrong, here or in the target at a reload
//               64   the command line is wrong
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
