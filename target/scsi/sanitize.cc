// SPDX-License-Identifier: LGPL-2.1-or-later

// SANITIZE (SBC-3, 5.22): OVERWRITE, BLOCK ERASE, EXIT FAILURE MODE. Nothing is encrypted here, so
// there is no key that CRYPTOGRAPHIC ERASE could throw away. The commands check what they are
// given; the unit's home loop does the work (medium_job.h).
#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/medium_work.h"
#include "scsi/outcome.h"
#include "scsi/unit_state.h"

namespace lungate::scsi {
namespace {

/// SBC-3, 5.22.2.2. The initialization pattern follows.
struct OverwriteList {
  std::uint8_t options = 0;  // INVERT, TEST, OVERWRITE COUNT
  std::uint8_t reserved = 0;
  be16 pattern_bytes;

  bool inverts() const { return (options & 0x80) != 0; }
  std::uint8_t test() const { return (options >> 5) & 0x03; }
  std::uint8_t passes() const { return options & 0x1f; }
};
static_assert(sizeof(OverwriteList) == 4);

MediumJob job_of(const Execution& execution, MediumWork work) {
  const auto cdb = as<SanitizeCdb>(execution.cdb);
  MediumJob job;
  job.work = work;
  job.immediate = cdb.immediate();
  job.unrestricted_exit = cdb.unrestricted_exit();
  return job;
}

std::optional<Sense> bad_list(Bytes list, std::uint32_t block_bytes) {
  constexpr std::uint8_t kPatternBytes = 2;
  const auto header = load<OverwriteList>(list);
  if (header.passes() == 0) return invalid_field_in_list(0, 4);
  if (header.test() != 0) return invalid_field_in_list(0, 6);
  if (header.reserved != 0) return invalid_field_in_list(1);
  const std::size_t follows = list.size() - sizeof(OverwriteList);
  if (header.pattern_bytes == 0 || header.pattern_bytes > block_bytes ||
      header.pattern_bytes != follows)
    return invalid_field_in_list(kPatternBytes);
  return std::nullopt;
}

}  // namespace

bool erases_blocks(const Unit& unit) {
  return runs_medium_jobs(unit) && thinly_provisioned(unit);
}

std::uint64_t sanitize_bytes(const Cdb& cdb, std::uint32_t) {
  return as<SanitizeCdb>(cdb).list_bytes;
}

std::optional<Sense> sanitize_refusal(const Cdb&, const Unit& unit) {
  return unfit_for_work(unit, MediumWork::kBlockErase);
}

std::optional<Sense> sanitize_overwrite_refusal(const Cdb& cdb, const Unit& unit) {
  constexpr std::uint8_t kListBytes = 7;
  if (auto unfit = unfit_for_work(unit, MediumWork::kOverwrite)) return unfit;
  const std::uint32_t bytes = as<SanitizeCdb>(cdb).list_bytes;
  const bool fits =
      bytes > sizeof(OverwriteList) && bytes <= sizeof(OverwriteList) + unit.geometry.block_bytes;
  if (!fits) return invalid_field_in_cdb(kListBytes);
  return std::nullopt;
}

std::optional<Sense> exit_failure_mode_refusal(const Cdb&, const Unit& unit) {
  return unfit_for_work(unit, MediumWork::kExitFailureMode);
}

Step sanitize_block_erase(Execution& execution) {
  return run_on_medium(execution, job_of(execution, MediumWork::kBlockErase));
}

Step sanitize_overwrite(Execution& execution) {
  execution.transfer_bytes = execution.planned.bytes;
  const Bytes list = execution.data_out;
  if (list.size() < execution.planned.bytes)
    return fail(execution, {sense::kParameterListLengthError, {}, {}});
  if (auto bad = bad_list(list, execution.unit->geometry.block_bytes)) return fail(execution, *bad);
  MediumJob job = job_of(execution, MediumWork::kOverwrite);
  job.passes = load<OverwriteList>(list).passes();
  job.inverts = load<OverwriteList>(list).inverts();
  const Bytes pattern = list.subspan(sizeof(OverwriteList));
  job.pattern.assign(pattern.begin(), pattern.end());
  return run_on_medium(execution, std::move(job));
}

/// It leaves a SANITIZE that has failed. What a FORMAT UNIT has left half done is whole only after
/// work that succeeds: then there is nothing to leave.
Step sanitize_exit_failure_mode(Execution& execution) {
  const MediumActivityPtr& activity = execution.unit->medium_activity;
  if (activity == nullptr || activity->work == MediumWork::kFormat) return good(execution);
  return run_on_medium(execution, job_of(execution, MediumWork::kExitFailureMode));
}

}  // namespace lungate::scsi
