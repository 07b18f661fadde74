// SPDX-License-Identifier: LGPL-2.1-or-later
// The other fuzzer that must fail: it believes a length byte of its input, as a framer that checks
// nothing would. The address sanitizer has to see it; without it this runs on in silence.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

std::size_t sink = 0;  // what is read must be used, or the compiler does not read it

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::vector<std::uint8_t> text(data + 1, data + size);
  const std::uint8_t* begin = text.data();
  sink += static_cast<std::size_t>(std::count(begin, begin + data[0], std::uint8_t{0}));
  return 0;
}
