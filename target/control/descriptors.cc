// SPDX-License-Identifier: LGPL-2.1-or-later

// The process's share of descriptors, asked for once by main(). A refusal is no error: what there
// is has to do, and main() warns when that is less than limits::kDescriptorsWanted.
#include "control/descriptors.h"

#include <sys/resource.h>

namespace lungate::control {

std::size_t raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlimit wanted{limit.rlim_max, limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &wanted) == 0) limit = wanted;
  return limit.rlim_cur;
}

}  // namespace lungate::control
