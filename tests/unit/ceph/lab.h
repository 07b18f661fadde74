// SPDX-License-Identifier: LGPL-2.1-or-later
// What tests of images share: a cluster that runs already ($LUNGATE_TEST_CEPH_CONF, with a pool
// "rbd"), and somebody outside the gateway who makes, resizes and locks images there with his own
// RADOS client.
#pragma once

#include <gtest/gtest.h>
#include <rados/librados.h>
#include <rbd/librbd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/thread.h"
#include "ceph/cluster.h"
#include "ceph/image.h"
#include "ceph/pool.h"

namespace lungate::test {

constexpr std::uint64_t kMiB = 1024 * 1024;

/// Null where there is no cluster.
inline const char* ceph_conf() {
  const char* conf = std::getenv("LUNGATE_TEST_CEPH_CONF");
  return conf != nullptr && access(conf, R_OK) == 0 ? conf : nullptr;
}

inline ceph::ClusterSettings cluster_settings() {
  ceph::ClusterSettings settings;
  settings.conf_file = ceph_conf();
  return settings;
}

/// As main() of the target does it: librados' statics are not destroyed under a fenced client that
/// is still shutting down.
class QuietEnd : public testing::Environment {
 public:
  void TearDown() override { EXPECT_TRUE(detached_threads_end_within(std::chrono::minutes(1))); }
};
inline testing::Environment* const quiet_end = testing::AddGlobalTestEnvironment(new QuietEnd);

/// "t-PID-N": no two tests meet, in whatever order and number they run.
inline std::string fresh_name() {
  static std::atomic<int> next{0};
  return "t-" + std::to_string(::getpid()) + "-" + std::to_string(next++);
}

struct ImageShape {
  std::uint64_t bytes = 32 * kMiB;
  int object_order = 20;               // 1 MiB: boundaries come often
  std::vector<std::string> without{};  // features, by name
};

inline void must(std::int64_t result, const std::string& what) {
  if (result < 0) throw std::runtime_error(what + ": " + std::to_string(result));
}

inline std::shared_ptr<ceph::Cluster> connected() {
  auto cluster = ceph::Cluster::connect(cluster_settings());
  if (!cluster) throw std::runtime_error(cluster.error().text);
  return *cluster;
}

inline ceph::Pool opened(const std::shared_ptr<ceph::Cluster>& cluster, const std::string& name,
                         const std::string& name_space) {
  auto pool = ceph::Pool::open(cluster, name, name_space);
  if (!pool) throw std::runtime_error(pool.error().text);
  return std::move(*pool);
}

/// An image handle for one operation.
struct Handle {
  rbd_image_t image = nullptr;
  Handle(const ceph::Pool& pool, const std::string& name) {
    must(rbd_open(pool.handle(), name.c_str(), &image, nullptr), "open " + name);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { rbd_close(image); }
};

inline std::uint64_t features_named(const std::string& name) {
  std::uint64_t bits = 0;
  must(rbd_features_from_string(name.c_str(), &bits), "feature " + name);
  return bits;
}

/// The world outside: an administrator, qemu, another gateway. Each has a RADOS client of its own.
class Outsider {
 public:
  explicit Outsider(const std::string& name_space = {}, const std::string& pool = "rbd");
  ~Outsider();
  Outsider(const Outsider&) = delete;
  Outsider& operator=(const Outsider&) = delete;

  const std::string& client() const { return cluster_->client(); }
  const std::string& address() const { return cluster_->addresses(); }

  void make_name_space(const std::string& name);
  std::string make_image(const ImageShape& shape = {});  // its name
  void resize(const std::string& image, std::uint64_t bytes);
  void rename(const std::string& image, const std::string& new_name);
  void snapshot(const std::string& image, const std::string& name);
  void set_config(const std::string& image, const std::string& option, const std::string& value);
  void add_feature(const std::string& image, const std::string& feature);
  std::vector<std::byte> read_all(const std::string& image);

  /// Opens the image and takes its exclusive lock, as qemu would. Holds it until the end.
  void hold(const std::string& image);
  /// `rbd lock rm`, by somebody who has turned blocklisting off.
  void remove_lock(const std::string& image);
  /// Leaves the image behind at the end: librbd waits 30 s for a dead client that watches it.
  void leave(const std::string& image) { std::erase(made_, image); }
  /// Fences a client for an hour. The OSD knows of it when this returns.
  void blocklist(const std::string& address);
  /// How often that address is on the blocklist, and for how many seconds still.
  double blocklisted_for_s(const std::string& address);

  /// What the monitor answers to a command in JSON.
  std::string command(const std::string& json);

 private:
  std::shared_ptr<ceph::Cluster> cluster_;
  ceph::Pool pool_;
  std::vector<void*> held_;
  std::vector<std::string> made_;
};

inline Outsider::Outsider(const std::string& name_space, const std::string& pool)
    : cluster_(connected()), pool_(opened(cluster_, pool, name_space)) {}

inline Outsider::~Outsider() {
  for (void* image : held_) rbd_close(image);
  for (const std::string& image : made_) rbd_remove(pool_.handle(), image.c_str());
}

inline void Outsider::make_name_space(const std::string& name) {
  must(rbd_namespace_create(opened(cluster_, "rbd", "").handle(), name.c_str()),
       "namespace " + name);
}

inline std::string Outsider::make_image(const ImageShape& shape) {
  std::string name = fresh_name();
  std::uint64_t features = RBD_FEATURES_DEFAULT;
  for (const std::string& feature : shape.without) features &= ~features_named(feature);
  int order = shape.object_order;
  must(rbd_create2(pool_.handle(), name.c_str(), shape.bytes, features, &order), "create " + name);
  made_.push_back(name);
  return name;
}

inline void Outsider::resize(const std::string& image, std::uint64_t bytes) {
  must(rbd_resize(Handle(pool_, image).image, bytes), "resize " + image);
}

inline void Outsider::rename(const std::string& image, const std::string& new_name) {
  must(rbd_rename(pool_.handle(), image.c_str(), new_name.c_str()), "rename " + image);
  made_.push_back(new_name);
}

inline void Outsider::snapshot(const std::string& image, const std::string& name) {
  must(rbd_snap_create(Handle(pool_, image).image, name.c_str()), "snapshot of " + image);
}

inline void Outsider::set_config(const std::string& image, const std::string& option,
                                 const std::string& value) {
  const std::string key = "conf_" + option;
  must(rbd_metadata_set(Handle(pool_, image).image, key.c_str(), value.c_str()), "set " + option);
}

inline void Outsider::add_feature(const std::string& image, const std::string& feature) {
  const std::uint64_t bits = features_named(feature);
  must(rbd_update_features(Handle(pool_, image).image, bits, 1), "feature of " + image);
}

inline std::vector<std::byte> Outsider::read_all(const std::string& image) {
  const Handle handle(pool_, image);
  std::uint64_t bytes = 0;
  must(rbd_get_size(handle.image, &bytes), "size of " + image);
  std::vector<std::byte> data(bytes);
  if (bytes > 0)
    must(rbd_read(handle.image, 0, bytes, reinterpret_cast<char*>(data.data())), "read " + image);
  return data;
}

inline void Outsider::hold(const std::string& image) {
  rbd_image_t handle = nullptr;
  must(rbd_open(pool_.handle(), image.c_str(), &handle, nullptr), "open " + image);
  held_.push_back(handle);
  must(rbd_lock_acquire(handle, RBD_LOCK_MODE_EXCLUSIVE), "lock " + image);
}

inline void Outsider::remove_lock(const std::string& image) {
  must(rados_conf_set(cluster_->handle(), "rbd_blocklist_on_break_lock", "false"), "set option");
  const Handle handle(pool_, image);
  std::array<char, 256> tag{};
  std::array<char, 256> client{};
  std::array<char, 256> cookie{};
  std::array<char, 256> address{};
  std::size_t bytes[] = {tag.size(), client.size(), cookie.size(), address.size()};
  int exclusive = 0;
  must(rbd_list_lockers(handle.image, &exclusive, tag.data(), &bytes[0], client.data(), &bytes[1],
                        cookie.data(), &bytes[2], address.data(), &bytes[3]),
       "lockers of " + image);
  must(rbd_break_lock(handle.image, client.data(), cookie.data()), "break the lock of " + image);
}

inline void Outsider::blocklist(const std::string& address) {
  std::string writable = address;
  must(rados_blocklist_add(cluster_->handle(), writable.data(), 3600), "blocklist " + address);
  // The monitor knows; an OSD learns it from whoever comes with the newer map. There is one OSD.
  must(rados_wait_for_latest_osdmap(cluster_->handle()), "wait for the newest osdmap");
  const int r = rados_stat(pool_.handle(), "no such object", nullptr, nullptr);
  if (r != -ENOENT) must(r, "ask the OSD");
}

inline double Outsider::blocklisted_for_s(const std::string& address) {
  // {"addr":"127.0.0.1:0/42","until":"2036-11-20T..."}: years and months are enough for a test.
  const std::string list = command(R"({"prefix": "osd blocklist ls", "format": "json"})");
  const std::size_t place = list.find("\"" + address + "\"");
  if (place == std::string::npos) return 0;
  std::tm until{};
  const std::size_t when = list.find("until\":\"", place);
  if (::strptime(list.c_str() + when + 8, "%Y-%m-%dT%H:%M:%S", &until) == nullptr) return 0;
  return std::difftime(::timegm(&until), std::time(nullptr));
}

inline std::string Outsider::command(const std::string& json) {
  const char* commands = json.c_str();
  char* out = nullptr;
  char* status = nullptr;
  std::size_t out_bytes = 0;
  std::size_t status_bytes = 0;
  const int r = rados_mon_command(cluster_->handle(), &commands, 1, nullptr, 0, &out, &out_bytes,
                                  &status, &status_bytes);
  std::string answer(out == nullptr ? "" : out, out_bytes);
  const std::string why(status == nullptr ? "" : status, status_bytes);
  rados_buffer_free(out);
  rados_buffer_free(status);
  must(r, json + " " + why);
  return answer;
}

/// A pool whose placement group no OSD serves: what is asked of its objects waits, until heal() or
/// the end. The rest of the cluster is as before.
class HungPool {
 public:
  explicit HungPool(Outsider& admin) : admin_(admin), name_("lungate-" + fresh_name()) {
    admin_.command(R"({"prefix": "osd crush add-bucket", "name": ")" + name_ +
                   R"(", "type": "root"})");
    admin_.command(R"({"prefix": "osd crush rule create-simple", "name": ")" + name_ +
                   R"(", "root": ")" + name_ + R"(", "type": "osd"})");
    admin_.command(R"({"prefix": "osd pool create", "pool": ")" + name_ +
                   R"(", "pg_num": 1, "pool_type": "replicated", "rule": ")" + name_ + "\"}");
  }
  HungPool(const HungPool&) = delete;
  HungPool& operator=(const HungPool&) = delete;
  ~HungPool() {
    heal();
    admin_.command(R"({"prefix": "osd pool delete", "pool": ")" + name_ + R"(", "pool2": ")" +
                   name_ + R"(", "yes_i_really_really_mean_it": true})");
    admin_.command(R"({"prefix": "osd crush rule rm", "name": ")" + name_ + "\"}");
    admin_.command(R"({"prefix": "osd crush rm", "name": ")" + name_ + "\"}");
  }

  const std::string& name() const { return name_; }
  void heal() {
    admin_.command(R"({"prefix": "osd pool set", "pool": ")" + name_ +
                   R"(", "var": "crush_rule", "val": "replicated_rule"})");
  }

 private:
  Outsider& admin_;
  const std::string name_;
};

/// Skips where no cluster is given.
class CephTest : public testing::Test {
 protected:
  void SetUp() override {
    if (ceph_conf() == nullptr) GTEST_SKIP() << "no cluster: LUNGATE_TEST_CEPH_CONF names none";
  }
};

}  // namespace lungate::test
