// SPDX-License-Identifier: LGPL-2.1-or-later

// Follows the web configuration. The server's thread asks for the rules at each connection and each
// request; a look is some stat(2), once a second at most, and a reading takes a few milliseconds
// when something has changed. A file that is being replaced may be half there: what cannot be read
// leaves the former rules in force, and its files' times are remembered, so that it is complained
// of once and read again when they change.
#include "exporter/security.h"

#include <sys/stat.h>

#include "base/limits.h"
#include "base/log.h"
#include "exporter/small_file.h"

namespace lungate::exporter {
Result<std::unique_ptr<Security>, std::string> Security::open(std::string path, Vitals& vitals) {
  std::unique_ptr<Security> made(new Security(std::move(path), vitals));
  Reading reading;
  if (auto done = made->read(reading); !done) return err(done.error());
  made->take(std::move(reading));
  return made;  // the first look reads again: what changes from now on is seen
}

// Users whose hashes are the same keep what they remember. The files that were named are known also
// when one of them cannot be used: it may be there a moment later.
Result<void, std::string> Security::read(Reading& reading) const {
  reading.files = {path_};
  const auto text = read_small_file(path_, limits::kWebConfigBytesMax);
  if (!text) return err(text.error());
  auto config = parse_web_config(*text, path_);
  if (!config) return err(config.error());
  auto rules = std::make_shared<Rules>();
  rules->config = *std::move(config);
  const TlsConfig& tls = rules->config.tls;
  for (const Pem* pem : {&tls.certificate, &tls.key, &tls.client_ca}) {
    if (!pem->file.empty()) reading.files.push_back(pem->file);
  }
  if (tls.wanted()) {
    auto credentials = TlsCredentials::load(tls);
    if (!credentials) return err(credentials.error());
    rules->tls = *std::move(credentials);
  }
  const Rules* before = current_.rules.get();
  const bool same_users = before != nullptr && before->config.users == rules->config.users;
  rules->users = same_users
                     ? before->users
                     : std::make_shared<Users>(rules->config.users,
                                               before == nullptr ? nullptr : before->users.get());
  reading.rules = std::move(rules);
  return {};
}

// The change time counts as well: mv keeps the other one.
Security::Stamp Security::stamp() const {
  Stamp stamp;
  for (const std::string& file : watched_) {
    struct stat found {};
    if (::stat(file.c_str(), &found) != 0) found = {};
    for (const std::int64_t part :
         {static_cast<std::int64_t>(found.st_ino), static_cast<std::int64_t>(found.st_size),
          std::int64_t{found.st_mtim.tv_sec}, std::int64_t{found.st_mtim.tv_nsec},
          std::int64_t{found.st_ctim.tv_sec}, std::int64_t{found.st_ctim.tv_nsec}}) {
      stamp.push_back(part);
    }
  }
  return stamp;
}

void Security::take(Reading reading) {
  watched_ = reading.files;
  current_ = std::move(reading);
  vitals_.certificate_expiry = current_.rules->tls ? current_.rules->tls->expiry() : 0;
}

// The lock is held while files are read: the server's thread is the only one that asks often.
std::shared_ptr<const Rules> Security::rules(BootTime now) {
  const std::lock_guard lock(mutex_);
  const auto interval = std::chrono::nanoseconds(limits::kWebConfigLookInterval).count();
  const bool must_read = must_read_.exchange(false);
  if (must_read || now - looked_ >= static_cast<std::uint64_t>(interval)) {
    looked_ = now;
    if (Stamp found = stamp(); must_read || found != stamp_) {
      stamp_ = std::move(found);
      try {
        follow();
      } catch (...) {  // no memory: the change has not been seen, and is looked at again
        stamp_.clear();
        throw;
      }
    }
  }
  return current_.rules;
}

// Everything is read and tried before anything of it holds: no mixture of two configurations.
// What was refused is watched as well as what is in force: the certificate that a new file names
// may come after it.
void Security::follow() {
  Reading reading;
  auto done = read(reading);
  if (done && (reading.rules->tls == nullptr) != (current_.rules->tls == nullptr)) {
    done = err(path_ + ": TLS is switched on or off by a restart only");
  }
  const auto watched = watched_;
  if (done) {
    take(std::move(reading));
    if (watched_ != watched) stamp_.clear();  // as after open()
    log::info("exporter", "web_config_loaded", {{"file", path_}});
  } else {
    watched_ = current_.files;
    watched_.insert(watched_.end(), reading.files.begin(), reading.files.end());
    if (watched_ != watched) stamp_ = stamp();  // not cleared: it would be complained of for ever
    log::error("exporter", "web_config_refused", {{"error", done.error()}});
  }
}

}  // namespace lungate::exporter
