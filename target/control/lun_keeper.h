// SPDX-License-Identifier: LGPL-2.1-or-later

// Keeps one LUN of the configuration served: opens its store, tries again when that fails, sees its
// changes, closes it.
//
//            +------------ after a delay, doubled each time ------------- offline
//            v                                                              ^  |
//   start -> opening --refused--------------------------------------------->|  |
//            |  ^ |                                                         |  |
//            |  | +--another store than before, or removed--> closing ------+  |
//            |  +-------------------------------------------- (quiesced)       |
//            +--open--> ready --lost, or removed------------>    |             |
//                                                                +--removed--> gone
//
// A store that is missing, locked or unreachable takes its own LUN offline and nothing else.
//
// The LUN's identity is that of the first store that was opened (Traits::identity_seed). If another
// one stands in its place later (an image deleted and made again, renamed, restored), it is not
// served: the initiators' caches and file systems are of the first, and would be written into the
// second. A unit attention would not stop them; the operator decides, by removing the LUN and
// adding it again.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backend/backend.h"
#include "base/in_flight.h"
#include "base/limits.h"
#include "base/transitions.h"
#include "config/config.h"
#include "control/stores.h"
#include "event/loop.h"
#include "event/workers.h"
#include "session/gateway.h"
#include "telemetry/segment.h"

namespace lungate::control {

/// What a keeper works with; all outlive it.
struct KeeperTools {
  event::Loop& home;
  event::Workers& workers;  // close, resize
  event::Workers& openers;  // open, which may hang for limits::kImageOpenTimeout
  event::Workers& gaugers;  // looking how full stores' places are, which may hang for good
  session::Gateway& gateway;
  telemetry::Segment& segment;
  Stores& stores;
  std::uint16_t portal_group_tag = 1;
  std::uint32_t queue_depth_limit = limits::kCommandWindow;  // of one session, on each LUN
};

enum class LunPhase : std::uint8_t {
  kOpening,  // a worker opens the store
  kReady,    // served
  kOffline,  // not served; tried again by the timer
  kClosing,  // commands are quiesced, then a worker closes the store
  kGone,     // removed: nothing of it is left
};
inline constexpr Transitions<LunPhase, 5> kLunTable{
    "a LUN goes from phase to phase by its table",
    {{LunPhase::kOffline, LunPhase::kOpening},
     {LunPhase::kOpening, LunPhase::kReady},
     {LunPhase::kOpening, LunPhase::kOffline},
     {LunPhase::kOpening, LunPhase::kClosing},  // removed meanwhile, or another store than before
     {LunPhase::kOpening, LunPhase::kGone},     // refused, and removed meanwhile
     {LunPhase::kReady, LunPhase::kClosing},
     {LunPhase::kClosing, LunPhase::kOpening},  // lost: tried again at once
     {LunPhase::kClosing, LunPhase::kOffline},  // another store than before
     {LunPhase::kClosing, LunPhase::kGone},
     {LunPhase::kOffline, LunPhase::kGone}}};
std::string_view name(LunPhase phase);

/// A store that has been opened, with what was stored of its unit; null: nothing.
struct OpenStore {
  std::shared_ptr<backend::Backend> backend;
  std::shared_ptr<const scsi::Reservations> reservations;
  scsi::MediumActivityPtr medium_activity;  // work that has not ended well
};

/// Home loop's thread; owned by shared_ptr, for work on other threads may outlast its removal.
class LunKeeper final : public backend::Watcher, public std::enable_shared_from_this<LunKeeper> {
 public:
  LunKeeper(KeeperTools tools, session::LunId id, const config::Target& target,
            const config::Lun& lun);
  ~LunKeeper();

  /// Begins to open. `known` is called once, when the first attempt has ended either way.
  Result<void, telemetry::SegmentError> start(session::Done known);

  /// The configuration has another size, threshold or SLO for it.
  void resize(const config::Lun& lun);

  /// Once. REQUIRES: the directory names it no more. `gone`: its store is closed, no lane knows it.
  void remove(session::Done gone);

  session::LunId id() const { return id_; }
  const config::Lun& config() const { return lun_; }
  LunPhase phase() const { return phase_; }
  const std::string& reason() const { return reason_; }
  /// Whether it is known if the store can be had: from here on reason() says why not.
  bool first_attempt_ended() const { return known_ == nullptr; }
  std::uint64_t size_bytes() const { return size_bytes_; }
  bool read_only() const { return read_only_; }
  /// As wwn_text() has it; empty until a store has been open.
  const std::string& wwn() const { return wwn_; }

 private:
  void backend_changed() noexcept override;
  void open();
  /// `as`: the configuration that it was opened by.
  void opened(OpenStore store, const config::Lun& as);
  std::optional<Refusal> another_store();
  void serve(const config::Lun& as);
  void refused(const Refusal& refusal);
  void look();
  /// 0 where the store cannot tell how full its place is.
  std::uint8_t threshold_percent() const;
  void gauge_again();
  void gauge();
  void gauged(const std::optional<backend::Fullness>& fullness);
  void lose(const backend::State& state);
  void close(session::Done closed);
  void finish();
  void part_gone();
  void promise();
  void count(telemetry::LunCounter counter);
  void describe(telemetry::OfflineReason reason);

  KeeperTools tools_;
  const session::LunId id_;
  const config::Target target_;
  config::Lun lun_;
  std::optional<telemetry::SlotId> slot_;
  std::shared_ptr<session::LunHome> home_;
  /// Ours from opened() to close(); lanes have it in their snapshots, workers while they call it.
  std::shared_ptr<const scsi::Reservations> reservations_;  // as opened
  scsi::MediumActivityPtr medium_activity_;                 // the same
  std::shared_ptr<backend::Backend> backend_;
  backend::FullnessGauge gauge_;  // of the store that is served; null: it has none
  bool gauging_ = false;          // a look is under way: the next waits for it, and nothing else
  std::optional<double> place_used_;       // 0 to 1, as the last look has it
  std::optional<InFlight> calls_;          // workers' calls of backend_: its close waits for them
  std::optional<std::string> first_seed_;  // identity of the store that was served first
  StateOf<LunPhase, kLunTable> phase_{LunPhase::kOffline};
  std::string reason_ = "opening";
  std::uint64_t size_bytes_ = 0;
  bool read_only_ = false;
  std::string wwn_;
  bool removed_ = false;
  session::Done known_;
  session::Done gone_;
  unsigned gone_parts_ = 2;  // until gone_: the store is closed, and no lane knows the LUN
  Nanoseconds retry_delay_;
  event::Timer retry_;
  event::Timer gauge_timer_;
};

}  // namespace lungate::control
