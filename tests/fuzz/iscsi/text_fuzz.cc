// SPDX-License-Identifier: LGPL-2.1-or-later
// Text of a peer: parsed, gathered, negotiated, answered.
//
// How it works: byte 0 chooses phase and session type, byte 1 where the text is cut; the rest is
// the text. What parses keeps the bounds and is built again to the same bytes; the answer is
// bounded, parses, and survives being cut into PDUs.
#include <string>

#include "iscsi/discovery.h"
#include "iscsi/names.h"
#include "iscsi/negotiation.h"
#include "iscsi/text.h"
#include "tests/fuzz/iscsi/input.h"

namespace {

using namespace lungate;
using namespace lungate::iscsi;
using fuzz::Input;
using fuzz::require;

void check_values(const TextKeys& keys) {
  static const std::vector<DiscoveredTarget> kTargets = {
      {"iqn.2026-11.io.lungate:a", {{"10.0.0.1", 3260, 1}, {"::1", 3260, 1}}},
  };
  for (const KeyValue& pair : keys) {
    require(!pair.key.empty() && pair.key.size() <= limits::kTextKeyBytesMax);
    require(pair.value.size() <= limits::kTextValueBytesMax);
    parse_number(pair.value);
    parse_boolean(pair.value);
    require(!split_list(pair.value).empty());
    if (const auto name = normalise_name(pair.value)) {
      require(name->size() <= limits::kNameBytesMax);
      require(*normalise_name(*name) == *name);
    }
    const auto targets = send_targets(pair.value, {}, kTargets);
    if (targets && !targets->empty()) require(targets->back() == '\0');
  }
}

void check_rebuilt(const TextKeys& keys, std::string_view text) {
  TextBuilder builder;
  for (const KeyValue& pair : keys) builder.add(pair.key, pair.value);
  require(text.substr(0, builder.text().size()) == builder.text());
}

void check_parameters(const Parameters& p) {
  require(p.first_burst_bytes <= p.max_burst_bytes);
  require(p.max_burst_bytes >= 512 && p.max_burst_bytes <= 0xffffff);
  require(p.max_send_data_segment_bytes >= 512 && p.max_send_data_segment_bytes <= 0xffffff);
  require(p.max_connections == 1 && p.error_recovery_level == 0);
  require(p.max_outstanding_r2t >= 1 && p.max_outstanding_r2t <= limits::kMaxOutstandingR2t);
  require(p.data_pdu_in_order && p.data_sequence_in_order);
}

void check_sent(const std::string& reply, std::size_t bytes_max) {
  TextSender sender(reply);
  std::string sent;
  while (sender.pending()) {
    const TextSender::Piece piece = sender.next(bytes_max);
    require(!piece.text.empty() && piece.text.size() <= bytes_max);
    require(piece.more == sender.pending());
    sent += piece.text;
  }
  require(sent == reply);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t choice = input.u8();
  const std::uint8_t cut = input.u8();
  const Bytes bytes = input.rest();

  TextGatherer gatherer;
  const std::size_t first = std::min<std::size_t>(cut, bytes.size());
  if (!gatherer.append(bytes.first(first)) || !gatherer.append(bytes.subspan(first))) return 0;
  require(gatherer.text() == text_of(bytes));

  const auto keys = parse_text(gatherer.text());
  if (!keys) return 0;
  require(keys->size() <= limits::kTextKeysMax);
  check_values(*keys);
  check_rebuilt(*keys, gatherer.text());

  const KeyPhases phases[] = {kInSecurity, kInOperational, kInFullFeature, kInOperational};
  const SessionType type = (choice & 4) != 0 ? SessionType::kDiscovery : SessionType::kNormal;
  Negotiation negotiation{TargetParameters{}};
  TextBuilder reply;
  if (!negotiation.answer(*keys, phases[choice & 3], type, reply)) return 0;
  check_parameters(negotiation.parameters());
  require(reply.text().size() <= limits::kTextBytesMax);
  require(parse_text(reply.text()).has_value());
  check_sent(reply.text(), 1u + cut);
  return 0;
}
