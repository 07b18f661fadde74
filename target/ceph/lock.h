// SPDX-License-Identifier: LGPL-2.1-or-later

// When a gateway may take an image's exclusive lock. librbd would decide differently (it breaks and
// blocklists a silent holder by itself, and hands its own lock to whoever asks), so it is asked to
// take a lock only when nobody holds it, and keeps it (manual mode).
//
//   holder                                            take_lock does
//   ------------------------------------------------  --------------------------------------------
//   nobody                                            takes it
//   a client that is not in our roster                refuses: "locked by client.X at ADDR". qemu,
//   (qemu, krbd, another gateway)                     krbd and mirroring are never broken
//   another image handle of this process              refuses: one LUN per image
//   a client of this process that was closed (its     fences it for good, breaks, takes
//   release did not get through) or found fenced
//   a former instance, its process seen to have       fences it at once (it is dead: a second),
//   ended (same boot, same PID namespace)             breaks the lock, takes it
//   a former instance, its process seen running       refuses: two processes with one gateway name
//                                                     is a mistake that must not kill the first
//   a former instance that cannot be seen from here   refuses while its watch on the image lives,
//   (another host, a reboot, a container)             then fences, breaks, takes: it has been dead
//                                                     or cut off for osd_client_watch_timeout (30
//                                                     s)
//
// Fencing comes before breaking, breaking names exactly the fenced client, and this connection has
// seen the osdmap with the fence before anything is read or written: nothing of the former instance
// can land after our first I/O. (An OSD that gets an operation stamped with a newer map's epoch
// catches up first, and then refuses the fenced client.)
//
// What remains: somebody outside the group taking the free lock between our look and our taking it
// makes librbd ask them for it; a holder that hands over automatically (qemu) then would. The
// window is some milliseconds at the start of a LUN.
#pragma once

#include "base/result.h"
#include "ceph/error.h"
#include "ceph/image.h"
#include "ceph/roster.h"

namespace lungate::ceph {

/// Blocks: workers only, see bounded.h. Errors: kLocked with a sentence that names the holder, and
/// those of the calls it makes.
Result<void, Error> take_lock(Image& image, Roster& roster);

}  // namespace lungate::ceph
