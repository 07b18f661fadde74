// SPDX-License-Identifier: LGPL-2.1-or-later

// A secret of the operator's: a few bytes that no log line, no printed configuration and no core
// file may show. Copies share the one place that holds them, so that a snapshot of the
// configuration does not strew secrets over the heap; the last copy wipes it. The place is a page
// of its own that the kernel leaves out of core files (MADV_DONTDUMP).
//
// There is no operator<< and no conversion to a string, on purpose: who needs the bytes says
// bytes() and hands them to a digest.
#pragma once

#include <memory>

#include "base/bytes.h"

namespace lungate {

/// Constant once made; any thread may hold and drop copies.
class Secret {
 public:
  /// No secret: nobody can prove to have it.
  Secret() = default;
  /// Copies `bytes`; what they were copied from is the caller's to wipe.
  explicit Secret(Bytes bytes);

  bool empty() const { return place_ == nullptr; }
  Bytes bytes() const;

  /// Of two configurations. What a peer sends is never compared with a secret, only with digests.
  friend bool operator==(const Secret& a, const Secret& b);

 private:
  class Place;
  std::shared_ptr<const Place> place_;
};

/// Overwrites what is not needed any more; the compiler does not leave it out.
void wipe(MutableBytes bytes);

}  // namespace lungate
