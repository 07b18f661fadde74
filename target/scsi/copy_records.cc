// SPDX-License-Identifier: LGPL-2.1-or-later

// The few copies that a nexus is told about. They are bounded by forgetting: the standard lets a
// copy manager discard what it needs the room for, so that only copies in progress can fill it up.
#include "scsi/copy_records.h"

#include <algorithm>

#include "base/check.h"

namespace lungate::scsi {

std::shared_ptr<CopyRecord> CopyRecords::begin(std::uint8_t list_id, bool keep) {
  drop(list_id);
  Record* place = place_for_new();
  if (place == nullptr) return nullptr;
  *place = std::make_shared<CopyRecord>();
  (*place)->list_id = list_id;
  (*place)->keep = keep;
  return *place;
}

CopyRecord* CopyRecords::find(std::uint8_t list_id) {
  forget_abandoned();
  for (const Record& record : records_)
    if (record != nullptr && record->list_id == list_id) return record.get();
  return nullptr;
}

void CopyRecords::drop(std::uint8_t list_id) {
  const auto rest = std::remove_if(records_.begin(), records_.end(), [=](const Record& record) {
    return record == nullptr || record->list_id == list_id;
  });
  std::fill(rest, records_.end(), nullptr);
}

void CopyRecords::forget_abandoned() {
  const auto rest = std::remove_if(records_.begin(), records_.end(), [](const Record& record) {
    if (record == nullptr) return true;
    return record->ended ? !record->keep : record.use_count() == 1;
  });
  std::fill(rest, records_.end(), nullptr);
}

CopyRecords::Record* CopyRecords::place_for_new() {
  forget_abandoned();
  const auto free = std::find(records_.begin(), records_.end(), nullptr);
  if (free != records_.end()) return &*free;
  const auto oldest = std::find_if(records_.begin(), records_.end(),
                                   [](const Record& record) { return record->ended; });
  if (oldest == records_.end()) return nullptr;
  std::rotate(oldest, oldest + 1, records_.end());
  return &records_.back();
}

}  // namespace lungate::scsi
