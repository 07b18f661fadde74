// SPDX-License-Identifier: LGPL-2.1-or-later
// CPU time of a whole process, threads that have ended included.
#pragma once

namespace lungate::bench {

/// User and system time so far, in microseconds; 0 when there is no such process.
double cpu_time_us(int pid);

}  // namespace lungate::bench
