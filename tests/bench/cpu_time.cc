// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/bench/cpu_time.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace lungate::bench {

double cpu_time_us(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return 0;
  // proc(5): the name in parentheses may hold spaces; utime and stime are fields 14 and 15.
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) * 1e6 / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace lungate::bench
