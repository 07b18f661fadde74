// SPDX-License-Identifier: LGPL-2.1-or-later

// Content negotiation. The site asks it for each page, on the page thread. Nothing here fails: what
// is not understood is not wanted. Lists are short (a request's headers are bounded by the server),
// so they are walked anew for each question.
#include "exporter/accept.h"

#include <algorithm>
#include <cstddef>

#include "exporter/ascii.h"

namespace lungate::exporter {
namespace {

constexpr std::string_view kBlank = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// The part before the first `separator`; `rest` loses it. No separator: all of it.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return trimmed(part);
}

std::string_view unquoted(std::string_view value) {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return quoted ? value.substr(1, value.size() - 2) : value;
}

/// A quality in thousandths: "1", "0.75", "0.". What is none is 0.
int quality(std::string_view text) {
  if (text.empty() || text[0] < '0' || text[0] > '1') return 0;
  if (text.size() > 5 || (text.size() > 1 && text[1] != '.')) return 0;
  int value = (text[0] - '0') * 1000;
  int unit = 100;
  for (std::size_t i = 2; i < text.size(); ++i, unit /= 10) {
    if (text[i] < '0' || text[i] > '9') return 0;
    value += (text[i] - '0') * unit;
  }
  return std::min(value, 1000);
}

/// One item of a list, and how it fits what is offered.
struct Match {
  int closeness = -1;  // 0: "*/*", 1: "text/*", 2: the type itself; -1: none
  int q = 0;

  /// The closest decides; of equal ones the best.
  void take(const Match& other) {
    if (other.closeness > closeness || (other.closeness == closeness && other.q > q)) *this = other;
  }
};

struct Offer {
  std::string_view type;
  std::string_view family;  // "text/*"
  std::string_view version;
};
constexpr Offer kText{"text/plain", "text/*", "0.0.4"};
constexpr Offer kOpenMetrics{"application/openmetrics-text", "application/*", "1.0.0"};

// A version that we do not speak is another type. Other parameters (charset, escaping) are wishes
// that our formats fulfil anyway.
Match match(std::string_view item, const Offer& offer) {
  const std::string_view type = take_until(item, ';');
  Match match;
  if (same_name(type, offer.type)) {
    match.closeness = 2;
  } else if (same_name(type, offer.family)) {
    match.closeness = 1;
  } else if (type == "*/*") {
    match.closeness = 0;
  }
  match.q = 1000;
  while (!item.empty()) {
    std::string_view parameter = take_until(item, ';');
    const std::string_view name = take_until(parameter, '=');
    const std::string_view value = unquoted(trimmed(parameter));
    if (same_name(name, "q")) match.q = quality(value);
    if (same_name(name, "version") && match.closeness == 2 && value != offer.version) return {};
  }
  return match.closeness < 0 ? Match{} : match;
}

Match best(std::string_view list, const Offer& offer) {
  Match found;
  while (!list.empty()) found.take(match(take_until(list, ','), offer));
  return found;
}

}  // namespace

// The rules for a draw stand in the header.
Format choose_format(std::string_view accept) {
  const Match text = best(accept, kText);
  const Match open = best(accept, kOpenMetrics);
  const bool named = open.closeness == 2 && text.closeness < 2;
  const bool better = open.q > text.q || (open.q == text.q && named);
  return open.q > 0 && better ? Format::kOpenMetrics : Format::kText;
}

// "*" speaks for gzip where gzip is not named itself. Who prefers no packing is believed.
bool wants_gzip(std::string_view accept_encoding) {
  Match gzip;
  Match identity;
  while (!accept_encoding.empty()) {
    const std::string_view item = take_until(accept_encoding, ',');
    gzip.take(match(item, {"gzip", "x-gzip", {}}));
    identity.take(match(item, {"identity", {}, {}}));
    if (const Match any = match(item, {"*", {}, {}}); any.closeness == 2) gzip.take({0, any.q});
  }
  return gzip.q > 0 && gzip.q >= identity.q;
}

}  // namespace lungate::exporter
