// SPDX-License-Identifier: LGPL-2.1-or-later
// The reader on arbitrary bytes.
//
// 1. The input's first bytes are a header (or less than one); the rest is laid, once or repeated,
//    over the tables, so that small inputs make whole segments.
// 2. Half of the inputs (by their length) get a valid magic, layout and schema, so that the checks
//    behind those are reached.
// 3. Whatever comes out must keep the promises of snapshot.h: clean texts, no LUN twice, no
//    initiator twice on one, slow I/O in order, indices that are ones. The fault must be one of the
//    list.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "telemetry/catalog.h"
#include "telemetry/decode.h"
#include "telemetry/text.h"
#include "telemetry/validate.h"

namespace {

using namespace lungate;
using namespace lungate::telemetry;

constexpr std::size_t kImageBytes = 128 * 1024;

std::vector<std::byte> make_image(Bytes input) {
  std::vector<std::byte> image(kImageBytes);
  if (input.empty()) return image;
  const std::size_t first = std::min(input.size(), sizeof(layout::Header));
  std::memcpy(image.data(), input.data(), first);
  const Bytes rest = input.size() > first ? input.subspan(first) : input;
  for (std::size_t at = sizeof(layout::Header); at < image.size(); at += rest.size()) {
    std::memcpy(image.data() + at, rest.data(), std::min(rest.size(), image.size() - at));
  }
  return image;
}

void make_plausible(std::vector<std::byte>& image) {
  layout::Header header;
  std::memcpy(&header, image.data(), sizeof header);
  header.magic = layout::kMagic;
  header.major = layout::kMajor;
  header.minor = layout::kMinor;
  header.endian_probe = layout::kEndianProbe;
  header.schema_hash = schema_hash();
  header.counts.latency_bins = kBins;
  header.counts.size_bins = kSizeBins;
  std::memcpy(image.data(), &header, sizeof header);
}

void check_clients(const Snapshot& snapshot) {
  std::set<std::pair<std::size_t, std::string>> seen;
  for (const NexusSnapshot& nexus : snapshot.nexuses) {
    check(nexus.lun < snapshot.luns.size(), "an initiator's LUN is there");
    check(seen.emplace(nexus.lun, nexus.initiator).second, "no initiator is on a LUN twice");
    check(clean_text(nexus.initiator) == nexus.initiator, "texts are clean");
  }
  std::set<std::string> portals;
  for (const PortalSnapshot& portal : snapshot.portals) {
    check(!portal.address.empty() && portals.insert(portal.address).second, "no portal twice");
    check(clean_text(portal.address) == portal.address, "texts are clean");
  }
}

void check_slow(const Snapshot& snapshot) {
  BootTime before{0};
  for (const SlowSnapshot& slow : snapshot.slow) {
    check(slow.lun < snapshot.luns.size(), "a slow I/O's LUN is there");
    check(slow.loop < snapshot.loops.size() && slow.number != 0, "its loop and number are ones");
    check(index_of(slow.op) < kOps && index_of(slow.error) < kErrorClasses, "kinds are ours");
    check(index_of(slow.kind) < kSlowKinds && before <= slow.recorded, "the oldest comes first");
    check(clean_text(slow.initiator + slow.peer) == slow.initiator + slow.peer, "texts are clean");
    before = slow.recorded;
  }
}

void check_promises(const Snapshot& snapshot) {
  check(clean_text(snapshot.gateway) == snapshot.gateway, "the gateway's name is clean");
  check(!snapshot.loops.empty() && snapshot.loops.size() <= kLoopsReadMax, "1 to 64 loops");
  std::set<std::pair<std::string, std::uint16_t>> seen;
  for (const LunSnapshot& lun : snapshot.luns) {
    check(seen.emplace(lun.target, lun.lun).second, "no LUN is there twice");
    check(clean_text(lun.target) == lun.target && clean_text(lun.image) == lun.image,
          "texts are clean");
    check(index_of(lun.offline) < kOfflineReasons, "the reason is one of ours");
    check(lun.latency[0].quantile_seconds(0.99) <= 100.0, "quantiles lie on the ladder");
    check(lun.slo_objective <= 1.0 && lun.place_used.value_or(0) <= 1.0, "shares are shares");
  }
  check_clients(snapshot);
  check_slow(snapshot);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = std::as_bytes(std::span(data, size));
  std::vector<std::byte> image = make_image(input);
  if (size % 2 == 0) make_plausible(image);
  const MemorySource source(image);
  auto header = read_header(source);
  if (!header) {
    check(index_of(header.error().fault) < kFaults, "the fault is one of the list");
    return 0;
  }
  auto snapshot = decode(source, *header, BootTime{1});
  if (snapshot) check_promises(*snapshot);
  return 0;
}
