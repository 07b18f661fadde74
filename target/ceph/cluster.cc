// SPDX-License-Identifier: LGPL-2.1-or-later

// Connecting to a cluster, and what is said to its monitors. Called by Connections and Roster on a
// worker or an attempt's own thread, never on a loop: everything here blocks, within the time
// limits that our_options() sets. What the cluster or the operator got wrong becomes an Error; what
// must hold for the data's sake is set here over whatever ceph.conf says.
#include "ceph/cluster.h"

#include <rados/librados.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <sstream>

#include "base/limits.h"
#include "base/log.h"
#include "base/thread.h"

namespace lungate::ceph {
namespace {

struct Option {
  const char* name;
  std::string value;
};

/// What must hold whatever ceph.conf says, and why. Image metadata can override the rbd_ options
/// again, so image.cc looks at them once more after opening.
const std::array<Option, 13>& our_options() {
  static const std::array<Option, 13> options{{
      // GOOD means stored: no cache between us and the cluster.
      {"rbd_cache", "false"},
      {"rbd_persistent_cache_mode", "disabled"},
      // Discarded ranges read as zeros (LBPRZ), whatever their size and alignment.
      {"rbd_skip_partial_discard", "false"},
      // One copy per write. Without it librbd 16.2 never completes a write that fails before it
      // is sent (lock lost, image shrunk): the completion waits for the buffer's last reference,
      // and the request that holds it waits for the completion.
      {"rbd_disable_zero_copy_writes", "true"},
      // Reads must not make a write of their own.
      {"rbd_atime_update_interval", "0"},
      // An operation that librados gave up may still land: it may wait, it may not be forgotten.
      {"rados_osd_op_timeout", "0"},
      {"rados_mon_op_timeout", std::to_string(limits::kCephCommandTimeout.count())},
      {"client_mount_timeout", std::to_string(limits::kCephConnectTimeout.count())},
      // Submitting on the loop's thread must not wait: the gateway has bounds of its own
      // (limits.h), librados' would block the caller.
      {"objecter_inflight_ops", "0"},
      {"objecter_inflight_op_bytes", "0"},
      // One thread per connection runs librbd and its callbacks. Two hand every I/O to each other:
      // the same IOPS, twice the context switches and a fifth more CPU per I/O (measured, 4 KiB
      // random reads at depth 32). More images are served by more connections.
      {"librados_thread_count", "1"},
      // No signal handlers and no admin socket from a library in our process.
      {"admin_socket", ""},
      {"log_to_stderr", "false"},
  }};
  return options;
}

Result<void, Error> configure(rados_t handle, const ClusterSettings& settings) {
  const char* file = settings.conf_file.empty() ? nullptr : settings.conf_file.c_str();
  if (const int r = rados_conf_read_file(handle, file); r < 0)
    return err(error_of(r, "read the Ceph configuration " + settings.conf_file));
  for (const Option& option : our_options()) {
    if (const int r = rados_conf_set(handle, option.name, option.value.c_str()); r < 0)
      return err(error_of(r, std::string("set Ceph option ") + option.name));
  }
  for (const auto& [name, value] : settings.overrides) {
    if (const int r = rados_conf_set(handle, name.c_str(), value.c_str()); r < 0)
      return err(error_of(r, "set Ceph option " + name));
  }
  return {};
}

/// The files that are there and that this process may not read: the usual mistake, and librados
/// reports it as if there were none.
std::string unreadable_of(const std::string& keyring) {
  std::istringstream paths(keyring);
  for (std::string path; std::getline(paths, path, ',');)
    if (::access(path.c_str(), R_OK) != 0 && errno == EACCES) return path;
  return {};
}

Login login_of(const Cluster& cluster, const std::string& user) {
  const std::string keyring = cluster.option("keyring");
  return {user, keyring, unreadable_of(keyring), cluster.option("mon_host")};
}

}  // namespace

Result<std::shared_ptr<Cluster>, Error> Cluster::connect(const ClusterSettings& settings) {
  rados_t handle = nullptr;
  if (const int r = rados_create(&handle, settings.user.c_str()); r < 0)
    return err(error_of(r, "create a RADOS client"));
  const std::shared_ptr<Cluster> cluster(new Cluster(handle, settings.vitals));
  if (auto done = configure(handle, settings); !done) return err(std::move(done.error()));
  const int r = rados_connect(handle);
  settings.vitals->heard(r);
  if (r < 0) return err(connect_error_of(r, login_of(*cluster, settings.user)));
  if (auto done = cluster->read_identity(); !done) return err(std::move(done.error()));
  log::info("ceph", "connected", {{"client", cluster->client_}, {"address", cluster->addresses_}});
  return cluster;
}

Cluster::~Cluster() {
  if (!fenced()) {
    rados_shutdown(handle_);
    return;
  }
  // The blocklist may leave operations behind that never end; shutting down would wait for them.
  // Without a thread it is done here all the same: it ends a dozen, and one is what is missing.
  const auto shut_down = [handle = handle_] { rados_shutdown(handle); };
  if (!start_detached("lg-shutdown", shut_down)) shut_down();
}

// All three at once and before anything else uses the connection: a fence must be able to name
// every client that has ever taken a lock.
Result<void, Error> Cluster::read_identity() {
  std::array<char, 64> fsid{};
  if (const int r = rados_cluster_fsid(handle_, fsid.data(), fsid.size()); r < 0)
    return err(error_of(r, "read the cluster's fsid"));
  fsid_ = fsid.data();
  client_ = "client." + std::to_string(rados_get_instance_id(handle_));
  char* addresses = nullptr;
  if (const int r = rados_getaddrs(handle_, &addresses); r < 0)
    return err(error_of(r, "read this client's addresses"));
  addresses_ = addresses;
  rados_buffer_free(addresses);
  return {};
}

std::string Cluster::option(const std::string& name) const {
  std::array<char, 4096> value{};  // mon_host may list many
  if (rados_conf_get(handle_, name.c_str(), value.data(), value.size()) < 0) return {};
  return value.data();
}

// Bounded by rados_mon_op_timeout. The status text is librados' for people, often empty, and the
// errno says as much.
Result<std::string, Error> Cluster::command(const std::string& json, std::string_view doing) {
  const char* commands = json.c_str();
  char* out = nullptr;
  char* status = nullptr;
  std::size_t out_bytes = 0;
  std::size_t status_bytes = 0;
  const int r = rados_mon_command(handle_, &commands, 1, nullptr, 0, &out, &out_bytes, &status,
                                  &status_bytes);
  vitals_->heard(r);
  std::string answer(out == nullptr ? "" : out, out_bytes);
  rados_buffer_free(out);
  rados_buffer_free(status);
  if (r < 0) return err(error_of(r, doing));
  return answer;
}

Result<void, Error> Cluster::fence(const std::string& address) {
  const std::string doing = "fence the RADOS client at " + address;
  if (address.find_first_of("\"\\") != std::string::npos)
    return err(Error{Cause::kFailed, 0, "cannot " + doing + ": not an address"});
  auto list = command(R"({"prefix": "osd blocklist ls", "format": "json"})", doing);
  if (!list) return err(std::move(list.error()));
  if (list->find("\"" + address + "\"") != std::string::npos) {
    auto removed = command(
        R"({"prefix": "osd blocklist", "blocklistop": "rm", "addr": ")" + address + "\"}", doing);
    if (!removed) return err(std::move(removed.error()));
  }
  std::string writable = address;  // the C API asks for a char*, and leaves it alone
  const auto seconds = static_cast<std::uint32_t>(limits::kFenceTime.count());
  const int r = rados_blocklist_add(handle_, writable.data(), seconds);
  vitals_->heard(r);
  if (r < 0) return err(error_of(r, doing));
  log::warn("ceph", "fenced", {{"address", address}, {"by", client_}});
  return wait_for_newest_map();
}

Result<void, Error> Cluster::wait_for_newest_map() {
  const int r = rados_wait_for_latest_osdmap(handle_);
  vitals_->heard(r);
  if (r < 0) return err(error_of(r, "wait for the newest osdmap"));
  return {};
}

Result<std::optional<PoolFullness>, Error> Cluster::pool_fullness(std::int64_t pool_id) {
  const std::lock_guard lock(df_mutex_);
  if (df_from_ == BootTime{} || boot_now() > df_from_ + limits::kPoolFullnessAge) {
    constexpr std::string_view kDoing = "ask how full the pools are";
    auto answer = command(R"({"prefix": "df", "detail": "detail", "format": "json"})", kDoing);
    if (!answer) return err(std::move(answer.error()));
    auto pools = read_df(*answer);
    if (!pools)
      return err(Error{Cause::kFailed, 0, "cannot " + std::string(kDoing) + ": not as expected"});
    df_ = std::move(*pools);
    df_from_ = boot_now();
  }
  const auto found = df_.find(pool_id);
  return found == df_.end() ? std::nullopt : std::optional(found->second);
}

// The observers are called under the mutex, so that unobserve() cannot return while its observer is
// being called; they therefore must not block, nor come back to this object.
void Cluster::mark_fenced() noexcept {
  if (fenced_.exchange(true, std::memory_order_acq_rel)) return;
  vitals_->fenced.fetch_add(1, std::memory_order_relaxed);
  log::error("ceph", "this_client_is_fenced", {{"client", client_}, {"address", addresses_}});
  const std::lock_guard lock(mutex_);
  for (const auto& [id, told] : observers_) told();
}

std::uint64_t Cluster::observe(std::function<void()> told) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t id = next_observer_++;
  observers_.emplace(id, std::move(told));
  return id;
}

void Cluster::unobserve(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  observers_.erase(id);
}

}  // namespace lungate::ceph
