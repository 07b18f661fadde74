// SPDX-License-Identifier: LGPL-2.1-or-later

// A store for measuring everything but a store: reads give zeros, writes vanish. For benchmarks
// only; its kind, "null", is what INQUIRY says so by.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "backend/backend.h"

namespace lungate::backend::null {

struct Options {
  std::string name = {};         // what the disk's identity is made from: unique per LUN
  std::uint64_t size_bytes = 0;  // as large as one likes: nothing is stored
};

/// Cannot fail. Completions are posted by the submitting thread itself, so what is measured has no
/// hop between threads; memory is really zeroed, so that no read ever shows what was there before.
std::unique_ptr<Backend> open(const Options& options);

}  // namespace lungate::backend::null
