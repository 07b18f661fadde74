// SPDX-License-Identifier: LGPL-2.1-or-later

// What the text formats share: numbers, escapes, labels, and the way of lines to the page. A page
// of 1,000 LUNs has 135,000 lines, and a stream costs more for each than reading its figures.
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace lungate::exporter {

/// The longest number: sign, 17 characters, exponent.
inline constexpr std::size_t kNumberCharsMax = 32;

/// Doubles as printf's %.16g in the C locale, but "NaN", "+Inf" and "-Inf". Gives the end.
/// REQUIRES: room for kNumberCharsMax.
char* write_number(char* to, double value);
char* write_number(char* to, std::uint64_t value);
char* write_number(char* to, std::int64_t value);

template <class Number>
void append_number(std::string& to, Number value) {
  std::array<char, kNumberCharsMax> text;
  to.append(text.data(), write_number(text.data(), value));
}

/// Of a HELP line: backslash and line break. Within quotation marks: these too.
enum class Escape { kHelp, kQuoted };
void append_escaped(std::string& to, std::string_view text, Escape what);
/// How many characters of it get a backslash within quotation marks.
std::size_t escapes_in(std::string_view text);

/// `name="value",...` without the braces; empty without labels.
void append_labels(std::string& to, const std::vector<prometheus::ClientMetric::Label>& labels);

/// Asks for the labels of the series that come after `metrics[here]`. A page of many LUNs lies all
/// over the memory, and waiting for its labels is more than half of what it costs to write it.
void prefetch_labels(const std::vector<prometheus::ClientMetric>& metrics, std::size_t here);

/// About the bytes of the families' lines, by each one's first series. Room for the page is asked
/// for once: a string that grows by doubling moves the page several times and touches twice its
/// memory.
std::size_t bytes_about(const std::vector<prometheus::MetricFamily>& families);

/// Gives back room that is more than half of what it has: a page that waits for its client is
/// counted by its size.
void give_back_room(std::string& page);

/// Lines on their way to the page. They are put together in a few KiB that stay in the processor's
/// cache and go to the page in bulk: asking a string for room costs more than most pieces of a
/// line.
class Lines {
 public:
  explicit Lines(std::string& page) : page_(page) {}
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  void put(std::string_view piece) {
    if (piece.size() > room()) return put_beyond(piece);
    std::memcpy(at_, piece.data(), piece.size());
    at_ += piece.size();
  }
  template <class Number>
  void put_number(Number value) {
    if (room() < kNumberCharsMax) flush();
    at_ = write_number(at_, value);
  }
  /// The last call: what is not flushed is not on the page. (No destructor does it, for it throws
  /// std::bad_alloc as the others do.)
  void flush();

 private:
  std::size_t room() const {
    return static_cast<std::size_t>(buffer_.data() + buffer_.size() - at_);
  }
  void put_beyond(std::string_view piece);

  std::string& page_;
  std::array<char, 16 * 1024> buffer_;
  char* at_ = buffer_.data();
};

/// The texts of the `le` of one family, with what closes the labels behind them: its series have
/// the same bounds, so each is made once.
class BoundTexts {
 public:
  /// `bound"} `. Valid until the next call.
  std::string_view at(std::size_t index, double bound);

 private:
  struct Known {
    std::uint64_t bits = 0;
    std::string text;
  };
  std::vector<Known> known_;
};

}  // namespace lungate::exporter
