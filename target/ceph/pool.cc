// SPDX-License-Identifier: LGPL-2.1-or-later

// RADOS calls on objects of our own, by librados' C interface, with its memory given back in every
// case. Called by Roster and Image on workers; each call blocks until the cluster answers, perhaps
// for ever (bounded.h). Every result of the cluster is an Error or a value; what others may have
// written into an object (names, sizes, bytes of zero) is taken as data and bounded.
#include "ceph/pool.h"

#include <rados/librados.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "base/limits.h"

namespace lungate::ceph {
namespace {

// librados' operations are made and released by hand; these two do it by scope.
struct WriteOp {
  rados_write_op_t op = rados_create_write_op();
  WriteOp() = default;
  WriteOp(const WriteOp&) = delete;
  WriteOp& operator=(const WriteOp&) = delete;
  ~WriteOp() { rados_release_write_op(op); }
};

struct ReadOp {
  rados_read_op_t op = rados_create_read_op();
  ReadOp() = default;
  ReadOp(const ReadOp&) = delete;
  ReadOp& operator=(const ReadOp&) = delete;
  ~ReadOp() { rados_release_read_op(op); }
};

/// Strings as librados' operations take them; they stay the caller's.
class Strings {
 public:
  template <class Range, class Get>
  Strings(const Range& range, Get get) {
    for (const auto& one : range) {
      data_.push_back(get(one).data());
      sizes_.push_back(get(one).size());
    }
  }
  const char* const* data() const { return data_.data(); }
  const std::size_t* sizes() const { return sizes_.data(); }
  std::size_t count() const { return data_.size(); }

 private:
  std::vector<const char*> data_;
  std::vector<std::size_t> sizes_;
};

/// librados' form of a list of strings: each ends with a zero.
std::vector<std::string> split(std::string_view zero_ended) {
  std::vector<std::string> parts;
  while (!zero_ended.empty()) {
    const std::size_t end = zero_ended.find('\0');
    parts.emplace_back(zero_ended.substr(0, end));
    if (end == std::string_view::npos) break;
    zero_ended.remove_prefix(end + 1);
  }
  return parts;
}

/// "v1:10.0.0.7:0/42" is how RADOS tells a locker's address; the blocklist wants "10.0.0.7:0/42",
/// which stands for every protocol.
std::string without_protocol(const std::string& address) {
  return address.starts_with("v1:") || address.starts_with("v2:") ? address.substr(3) : address;
}

/// Keys and values may hold zero bytes, so the form with sizes (next2) is used throughout. The
/// iterator is valid, and must be ended, even when the operation has failed.
std::map<std::string, std::string> collect(rados_omap_iter_t entries) {
  std::map<std::string, std::string> found;
  char* key = nullptr;
  char* value = nullptr;
  std::size_t key_bytes = 0;
  std::size_t value_bytes = 0;
  while (rados_omap_get_next2(entries, &key, &value, &key_bytes, &value_bytes) == 0 &&
         key != nullptr) {
    found.emplace(std::string(key, key_bytes), std::string(value, value_bytes));
  }
  rados_omap_get_end(entries);
  return found;
}

}  // namespace

Result<Pool, Error> Pool::open(std::shared_ptr<Cluster> cluster, const std::string& pool,
                               const std::string& name_space) {
  rados_ioctx_t handle = nullptr;
  if (const int r = rados_ioctx_create(cluster->handle(), pool.c_str(), &handle); r < 0) {
    if (r == -ENOENT)
      return err(Error{Cause::kNotFound, ENOENT, "there is no pool '" + pool + "'"});
    return err(error_of(r, "open pool " + pool));
  }
  rados_ioctx_set_namespace(handle, name_space.c_str());
  // A full pool answers ENOSPC instead of keeping the write until there is room.
  rados_set_pool_full_try(handle);
  return Pool(std::move(cluster), handle);
}

Pool::Pool(Pool&& other) noexcept
    : cluster_(std::move(other.cluster_)), handle_(std::exchange(other.handle_, nullptr)) {}

Pool& Pool::operator=(Pool&& other) noexcept {
  std::swap(cluster_, other.cluster_);
  std::swap(handle_, other.handle_);
  return *this;
}

Pool::~Pool() {
  if (handle_ != nullptr) rados_ioctx_destroy(handle_);
}

std::int64_t Pool::id() const {
  return rados_ioctx_get_id(handle_);
}

Result<void, Error> Pool::put(const std::string& object, const std::string& key,
                              const std::string& value) {
  const WriteOp write;
  const char* keys = key.data();
  const char* values = value.data();
  const std::size_t key_bytes = key.size();
  const std::size_t value_bytes = value.size();
  rados_write_op_omap_set2(write.op, &keys, &values, &key_bytes, &value_bytes, 1);
  if (const int r = rados_write_op_operate(write.op, handle_, object.c_str(), nullptr, 0); r < 0)
    return err(error_of(r, "write to object " + object));
  return {};
}

// By a list of one key, for librados has no reading of a single one. An object that is missing has
// no keys, which is no error: the roster's first entry makes it.
Result<std::optional<std::string>, Error> Pool::get(const std::string& object,
                                                    const std::string& key) {
  const ReadOp read;
  const char* keys = key.data();
  const std::size_t key_bytes = key.size();
  rados_omap_iter_t entries = nullptr;
  int result = 0;
  rados_read_op_omap_get_vals_by_keys2(read.op, &keys, 1, &key_bytes, &entries, &result);
  const int r = rados_read_op_operate(read.op, handle_, object.c_str(), 0);
  std::map<std::string, std::string> found = collect(entries);
  if (r == -ENOENT) return std::optional<std::string>{};
  if (r < 0) return err(error_of(r, "read object " + object));
  if (found.empty()) return std::optional<std::string>{};
  return std::optional<std::string>{std::move(found.begin()->second)};
}

// One call, not a loop until there are no more: the caller names the most that he can use.
Result<std::map<std::string, std::string>, Error> Pool::list(const std::string& object,
                                                             std::size_t keys_max) {
  const ReadOp read;
  rados_omap_iter_t entries = nullptr;
  unsigned char more = 0;
  int result = 0;
  rados_read_op_omap_get_vals2(read.op, "", "", keys_max, &entries, &more, &result);
  const int r = rados_read_op_operate(read.op, handle_, object.c_str(), 0);
  std::map<std::string, std::string> found = collect(entries);
  if (r < 0 && r != -ENOENT) return err(error_of(r, "read object " + object));
  return found;
}

Result<void, Error> Pool::erase(const std::string& object, const std::vector<std::string>& keys) {
  const WriteOp write;
  const Strings gone(keys, [](const auto& one) -> const std::string& { return one; });
  rados_write_op_omap_rm_keys2(write.op, gone.data(), gone.sizes(), gone.count());
  if (const int r = rados_write_op_operate(write.op, handle_, object.c_str(), nullptr, 0); r < 0)
    return err(error_of(r, "write to object " + object));
  return {};
}

// In one operation, whose steps see what those before them did: to a comparison a key that is not
// there is an empty value, but an object that is not there is an error, so it is made first.
Result<bool, Error> Pool::change(const std::string& object, const Change& change) {
  const WriteOp write;
  rados_write_op_create(write.op, LIBRADOS_CREATE_IDEMPOTENT, nullptr);
  int compared = 0;
  rados_write_op_omap_cmp2(write.op, change.key.data(), LIBRADOS_CMPXATTR_OP_EQ,
                           change.expected.data(), change.key.size(), change.expected.size(),
                           &compared);
  const Strings keys(change.set, [](const auto& one) -> const std::string& { return one.first; });
  const Strings values(change.set,
                       [](const auto& one) -> const std::string& { return one.second; });
  const Strings gone(change.remove, [](const auto& one) -> const std::string& { return one; });
  if (keys.count() > 0)
    rados_write_op_omap_set2(write.op, keys.data(), values.data(), keys.sizes(), values.sizes(),
                             keys.count());
  if (gone.count() > 0)
    rados_write_op_omap_rm_keys2(write.op, gone.data(), gone.sizes(), gone.count());
  const int r = rados_write_op_operate(write.op, handle_, object.c_str(), nullptr, 0);
  if (r == -ECANCELED) return false;
  if (r < 0) return err(error_of(r, "write to object " + object));
  return true;
}

Result<std::vector<Pool::Locker>, Error> Pool::lockers(const std::string& object,
                                                       const std::string& lock) {
  // Room for far more holders than an exclusive lock can have: a call that runs out of it says
  // ERANGE, which is an error like any other here, not a loop.
  int exclusive = 0;
  std::string tag(256, '\0');
  std::string clients(limits::kWatchersMax * 64, '\0');
  std::string cookies(limits::kWatchersMax * 64, '\0');
  std::string addresses(limits::kWatchersMax * 128, '\0');
  std::size_t tag_bytes = tag.size();
  std::size_t client_bytes = clients.size();
  std::size_t cookie_bytes = cookies.size();
  std::size_t address_bytes = addresses.size();
  const ssize_t count = rados_list_lockers(
      handle_, object.c_str(), lock.c_str(), &exclusive, tag.data(), &tag_bytes, clients.data(),
      &client_bytes, cookies.data(), &cookie_bytes, addresses.data(), &address_bytes);
  if (count == -ENOENT) return std::vector<Locker>{};
  if (count < 0) return err(error_of(count, "read the lock of " + object));
  const auto names = split(std::string_view(clients).substr(0, client_bytes));
  const auto keys = split(std::string_view(cookies).substr(0, cookie_bytes));
  const auto places = split(std::string_view(addresses).substr(0, address_bytes));
  std::vector<Locker> found;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count) && i < names.size() &&
                          i < keys.size() && i < places.size();
       ++i)
    found.push_back({names[i], keys[i], without_protocol(places[i])});
  return found;
}

Result<void, Error> Pool::break_lock(const std::string& object, const std::string& lock,
                                     const Locker& holder) {
  const int r = rados_break_lock(handle_, object.c_str(), lock.c_str(), holder.client.c_str(),
                                 holder.cookie.c_str());
  if (r < 0 && r != -ENOENT)  // ENOENT: it is gone already, which is what we want
    return err(error_of(r, "break the lock that " + holder.client + " holds"));
  return {};
}

}  // namespace lungate::ceph
