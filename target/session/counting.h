// SPDX-License-Identifier: LGPL-2.1-or-later

// What happens in the session, as the segment counts it: the one place where outcomes are mapped to
// telemetry's kinds.
#pragma once

#include "scsi/execution.h"
#include "session/close_reason.h"
#include "telemetry/recorder.h"

namespace lungate::session {

struct NexusLun;
struct Task;

void count_close(telemetry::LoopRecorder& recorder, CloseReason reason);

telemetry::ErrorClass error_class(const scsi::Execution& execution);

/// Adds a task that has been answered to its LUN's histograms and to its initiator's cells (by
/// `nexus`, which may be null), and to the slow I/O of its loop if it was slow. `sent` is when the
/// kernel took the last byte of the answer.
void record_task(Task& task, NexusLun* nexus, BootTime sent);

/// Adds a task that is in flight to the slow I/O of its loop.
telemetry::SlowKept record_stuck(const Task& task, BootTime now);

}  // namespace lungate::session
