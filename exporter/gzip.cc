// SPDX-License-Identifier: LGPL-2.1-or-later

// The one file that names zlib. The site calls it on the page thread, with a whole page: compressed
// it is small, so there is nothing to win by handing it out in pieces. Only memory can fail.
#include "exporter/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

#include "exporter/text_tools.h"

namespace lungate::exporter {
namespace {

// The window of 32 KiB, deflate's largest; 16 more ask for the head and the checksum of gzip.
constexpr int kWindowBits = 15 + 16;
constexpr int kMemoryLevel = 8;

/// The library's state, ended whatever happens.
struct Deflate {
  Deflate() {
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kWindowBits, kMemoryLevel,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~Deflate() { deflateEnd(&stream); }
  Deflate(const Deflate&) = delete;
  Deflate& operator=(const Deflate&) = delete;

  z_stream stream{};
};

}  // namespace

// zlib counts input in 32 bits, so a text goes in by pieces.
std::string gzip(std::string_view text) {
  Deflate deflate_state;
  z_stream& stream = deflate_state.stream;
  // Once: a text that does not pack would be there twice while it grows. What is not written to
  // takes no memory.
  std::string out;
  out.reserve(deflateBound(&stream, text.size()));
  std::array<char, 65536> buffer;
  int result = Z_OK;
  while (result != Z_STREAM_END) {
    if (stream.avail_in == 0) {
      const auto piece =
          std::min<std::size_t>(text.size(), std::numeric_limits<decltype(stream.avail_in)>::max());
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib's API
      stream.avail_in = static_cast<uInt>(piece);
      text.remove_prefix(piece);
    }
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    result = deflate(&stream, text.empty() ? Z_FINISH : Z_NO_FLUSH);
    out.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  give_back_room(out);
  return out;
}

}  // namespace lungate::exporter
