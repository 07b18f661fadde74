// SPDX-License-Identifier: LGPL-2.1-or-later

// The web configuration in force. It is looked at again while the exporter runs, as Prometheus does
// it: a renewed certificate or a new password needs no restart.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "exporter/tls.h"
#include "exporter/users.h"
#include "exporter/vitals.h"
#include "exporter/web_config.h"

namespace lungate::exporter {

/// One reading of the file and of those that it names.
struct Rules {
  WebConfig config;
  std::shared_ptr<const TlsCredentials> tls;  // null: no TLS
  std::shared_ptr<Users> users;
};

/// Thread-safe.
class Security {
 public:
  /// Reads everything. `vitals` learns when the certificate ends, and must outlive this. The error
  /// is for people.
  static Result<std::unique_ptr<Security>, std::string> open(std::string path, Vitals& vitals);

  /// Those in force. Looks whether a file has changed, at most every
  /// limits::kWebConfigLookInterval. A change that is wrong is logged and not followed; so is one
  /// that switches TLS on or off, which takes a restart.
  std::shared_ptr<const Rules> rules(BootTime now = boot_now());
  /// Reads the files at the next rules(), changed or not.
  void reload() { must_read_ = true; }

 private:
  /// What tells that a file was changed.
  using Stamp = std::vector<std::int64_t>;
  struct Reading {
    std::shared_ptr<const Rules> rules;
    std::vector<std::string> files;  // itself first
  };

  Security(std::string path, Vitals& vitals) : path_(std::move(path)), vitals_(vitals) {}
  Result<void, std::string> read(Reading& reading) const;
  Stamp stamp() const;
  void follow();
  void take(Reading reading);

  const std::string path_;
  Vitals& vitals_;
  std::atomic<bool> must_read_ = false;
  std::mutex mutex_;
  // Guarded by mutex_.
  Reading current_;
  std::vector<std::string> watched_;  // files whose change is followed
  Stamp stamp_;
  BootTime looked_;
};

}  // namespace lungate::exporter
