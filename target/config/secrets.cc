// SPDX-License-Identifier: LGPL-2.1-or-later

// Files with secrets. Called where a Config is about to be used, at a start and at a reload, on a
// thread that may block. What is wrong with a file is the operator's to mend, and is told for all
// of them at once. The content passes through one buffer here, which is wiped, and lies in a Secret
// from then on.
#include "config/secrets.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "base/fd.h"
#include "config/access_rules.h"
#include "config/names.h"

namespace lungate::config {
namespace {

/// A chap table and how the operator knows it.
struct OwnedChap {
  Chap* chap;
  std::string owner;
};

std::vector<OwnedChap> all_chaps(Config& config) {
  std::vector<OwnedChap> chaps{{&config.discovery.chap, "[discovery]"}};
  for (Target& target : config.targets) {
    chaps.push_back({&target.chap, chap_owner(target)});
    for (Initiator& initiator : target.initiators)
      chaps.push_back({&initiator.chap, chap_owner(initiator, target)});
  }
  return chaps;
}

std::string error_text(int error) {
  return std::generic_category().message(error);
}

/// What the file holds, with its newline; one byte more than is allowed says that it is too long.
class Content {
 public:
  ~Content() { wipe(std::as_writable_bytes(std::span(buffer_))); }
  Content() = default;
  Content(const Content&) = delete;
  Content& operator=(const Content&) = delete;

  /// 0, or the errno.
  int read(int fd) {
    while (used_ < buffer_.size()) {
      const ssize_t got = ::read(fd, buffer_.data() + used_, buffer_.size() - used_);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return errno;
      if (got == 0) break;
      used_ += static_cast<std::size_t>(got);
    }
    return 0;
  }
  std::string_view text() const {
    std::string_view text(buffer_.data(), used_);
    if (text.ends_with('\n')) text.remove_suffix(1);
    return text;
  }

 private:
  std::array<char, limits::kChapSecretBytesMax + 2> buffer_{};
  std::size_t used_ = 0;
};

/// Nothing: the secret is in its place.
Objection load(const std::string& path, Secret& secret) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return Complaint{"cannot be opened: " + error_text(errno), ""};
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return Complaint{"is not a regular file", ""};
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Complaint{"is open to others than its owner", "chmod 600"};
  }
  Content content;
  if (const int error = content.read(fd.get()); error != 0) {
    return Complaint{"cannot be read: " + error_text(error), ""};
  }
  if (auto objection = check_secret(content.text())) return objection;
  secret = Secret(bytes_of(content.text()));
  return {};
}

void load_if_named(const std::string& path, Secret& secret, std::string_view key,
                   const std::string& owner, Errors& errors) {
  if (path.empty() || errors.size() >= limits::kConfigErrorsMax) return;
  auto objection = load(path, secret);
  if (!objection) return;
  errors.push_back({path, 0, 0, quote(key) + " of " + owner + ": " + objection->message,
                    std::move(objection->hint)});
}

/// Neither has a place here any more but its file.
Error shared_secret_error(const OwnedChap& gateways, const OwnedChap& initiators) {
  const std::string& file = gateways.chap->mutual_secret_file;
  const std::string& other = initiators.chap->secret_file;
  return {file.empty() ? "the configuration" : file, 0, 0,
          std::string(file.empty() ? "'mutual_secret'" : "'mutual_secret_file'") + " of " +
              gateways.owner + ": it is the secret of " + initiators.owner +
              (other.empty() ? "" : " (" + other + ")") + " as well: each side needs its own",
          "RFC 7143, 9.2.1"};
}

bool in_text(const Chap& chap) {
  return (!chap.secret.empty() && chap.secret_file.empty()) ||
         (!chap.mutual_secret.empty() && chap.mutual_secret_file.empty());
}

}  // namespace

Result<void, Errors> load_secrets(Config& config) {
  const std::vector<OwnedChap> owned = all_chaps(config);
  Errors errors;
  std::vector<const Chap*> chaps;
  for (const auto& [chap, owner] : owned) {
    load_if_named(chap->secret_file, chap->secret, "secret_file", owner, errors);
    load_if_named(chap->mutual_secret_file, chap->mutual_secret, "mutual_secret_file", owner,
                  errors);
    chaps.push_back(chap);
  }
  if (!errors.empty()) return err(std::move(errors));
  const SharedSecret shared = find_shared_secret(chaps);
  if (shared.gateways == nullptr) return {};
  const auto gateways = std::ranges::find(owned, shared.gateways, &OwnedChap::chap);
  const auto initiators = std::ranges::find(owned, shared.initiators, &OwnedChap::chap);
  return err(Errors{shared_secret_error(*gateways, *initiators)});
}

bool has_secrets_in_text(const Config& config) {
  if (in_text(config.discovery.chap)) return true;
  for (const Target& target : config.targets) {
    if (in_text(target.chap)) return true;
    for (const Initiator& initiator : target.initiators) {
      if (in_text(initiator.chap)) return true;
    }
  }
  return false;
}

Result<Config, Errors> parse_with_secrets(const std::string& path, const ReadGroup& read_group) {
  auto config = parse_file(path, read_group);
  if (!config) return config;
  if (auto loaded = load_secrets(*config); !loaded) return err(std::move(loaded.error()));
  return config;
}

}  // namespace lungate::config
