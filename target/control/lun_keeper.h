// SPDX-License-Identifier: LGPL-2.1-or-later

// Keeps one LUN of the configuration served: opens its store, tries again when that fails, sees its
// changes, closes it.
//
//            +--------- refused: after a delay, doubled each time ---------+
//            v                                                            |
//   start -> opening --open--> ready --lost--> closing (drained) --closed-+
//                                |
//                             remove() --> closing (drained) --> gone
//
// A store that is missing, locked or unreachable takes its own LUN offline and nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backend/backend.h"
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
  event::Workers& workers;
  session::Gateway& gateway;
  telemetry::Segment& segment;
  Stores& stores;
  std::uint16_t portal_group_tag = 1;
};

enum class LunPhase : std::uint8_t { kOpening, kReady, kOffline, kClosing };
std::string_view name(LunPhase phase);

/// Home loop's thread; owned by shared_ptr, for work on other threads may outlast its removal.
class LunKeeper final : public backend::Watcher, public std::enable_shared_from_this<LunKeeper> {
 public:
  LunKeeper(KeeperTools tools, session::LunId id, const config::Target& target,
            const config::Lun& lun);
  ~LunKeeper();

  /// Begins to open. `known` is called once, when the first attempt has ended either way.
  Result<void, telemetry::SegmentError> start(session::Done known);

  /// The configuration has another size for it.
  void resize(const config::Lun& lun);

  /// REQUIRES: the directory names it no more. `gone`: its store is closed.
  void remove(session::Done gone);

  session::LunId id() const { return id_; }
  const config::Lun& config() const { return lun_; }
  LunPhase phase() const { return phase_; }
  const std::string& reason() const { return reason_; }
  std::uint64_t size_bytes() const { return size_bytes_; }
  bool read_only() const { return read_only_; }

 private:
  void backend_changed() noexcept override;
  void open();
  /// `as`: the configuration that it was opened by.
  void opened(std::shared_ptr<backend::Backend> backend, const config::Lun& as);
  void refused(const Refusal& refusal);
  void look();
  void lose(const backend::State& state);
  void close(session::Done closed);
  void describe(telemetry::OfflineReason reason);

  KeeperTools tools_;
  const session::LunId id_;
  const config::Target target_;
  config::Lun lun_;
  std::optional<telemetry::SlotId> slot_;
  std::shared_ptr<session::LunHome> home_;
  std::shared_ptr<backend::Backend> backend_;
  LunPhase phase_ = LunPhase::kOpening;
  std::string reason_ = "opening";
  std::uint64_t size_bytes_ = 0;
  bool read_only_ = false;
  bool removed_ = false;
  session::Done known_;
  session::Done gone_;
  Nanoseconds retry_delay_;
  event::Timer retry_;
};

}  // namespace lungate::control
