// SPDX-License-Identifier: LGPL-2.1-or-later

// SEND DIAGNOSTIC (SPC-4, 6.42): the default self-test, which asks the store for the first block.
// There are no diagnostic pages and no other self-tests.
#include "scsi/commands.h"
#include "scsi/error_map.h"
#include "scsi/medium_access.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

Step tested(Execution& execution) {
  return failed(execution) ? backend_failed(execution) : good(execution);
}

}  // namespace

std::uint64_t send_diagnostic_scratch(const Cdb&, std::uint32_t block_bytes) {
  return block_bytes;
}

Step send_diagnostic(Execution& execution) {
  constexpr std::uint8_t kSelfTest = 0x04;
  if ((execution.cdb.bytes[1] & kSelfTest) == 0) return good(execution);  // nothing was asked for
  return submit(execution, {backend::Verb::kRead, 0, execution.scratch.size(), execution.scratch},
                tested);
}

}  // namespace lungate::scsi
