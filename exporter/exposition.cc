// SPDX-License-Identifier: LGPL-2.1-or-later

// Families as text, by prometheus-cpp's own serializer. The site calls it on the page thread. What
// could break the format (line breaks, bytes that are not UTF-8) is not checked again here: names
// and help are the catalogue's, label values are cleaned by the reader. Out of memory is an
// exception, which the server answers with 500; half a page would be taken for the whole.
#include "exporter/exposition.h"

#include <prometheus/text_serializer.h>

#include <ostream>
#include <streambuf>

namespace lungate::exporter {
namespace {

/// Appends to a string. std::ostringstream would hold the page twice when it gives it out.
class StringBuffer final : public std::streambuf {
 public:
  explicit StringBuffer(std::string& to) : to_(to) {}

 private:
  int_type overflow(int_type c) override {
    if (c != traits_type::eof()) to_.push_back(traits_type::to_char_type(c));
    return c;
  }
  std::streamsize xsputn(const char* text, std::streamsize length) override {
    to_.append(text, static_cast<std::size_t>(length));
    return length;
  }

  std::string& to_;
};

}  // namespace

// The page is appended to, not measured first: a string that grows by doubling costs less than a
// second walk over a million samples.
std::string to_text(const std::vector<prometheus::MetricFamily>& families) {
  std::string text;
  StringBuffer buffer(text);
  std::ostream out(&buffer);
  out.exceptions(std::ios::badbit);  // out of memory is an exception, not half a page
  prometheus::TextSerializer().Serialize(out, families);
  return text;
}

}  // namespace lungate::exporter
