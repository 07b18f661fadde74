// SPDX-License-Identifier: LGPL-2.1-or-later

// Opening an image, and refusing those that a gateway cannot serve truthfully. Called by the Opener
// on its attempt's thread (open) and in librbd's callback for changes (size_bytes,
// forbidden_setting); all of it may wait for ever. What an operator has made of the image
// (features, settings, a missing one) comes back as a sentence that says what to do about it.
//
// Why so strict: a feature that is let pass here decides about the data behind our back (a
// journal's order, a cache's loss, a mirror's demotion), and an initiator would be told GOOD all
// the same.
#include "ceph/image.h"

#include <rbd/librbd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "base/check.h"

namespace lungate::ceph {
namespace {

/// Features that a gateway cannot serve truthfully: each has a writer or an order of its own.
struct RefusedFeature {
  std::uint64_t bit;
  std::string_view why;
};
constexpr std::array kRefusedFeatures{
    RefusedFeature{RBD_FEATURE_JOURNALING, "is journaled (journal-based mirroring)"},
    RefusedFeature{RBD_FEATURE_MIGRATING, "is being migrated"},
    RefusedFeature{RBD_FEATURE_NON_PRIMARY, "is the non-primary copy of a mirrored image"},
    RefusedFeature{RBD_FEATURE_DIRTY_CACHE, "has a client-side cache with unwritten data"},
};

/// Settings that an image or its pool may carry (`rbd config image set`) against our own.
struct NeededSetting {
  std::string_view name;
  std::string_view value;
};
constexpr std::array kNeededSettings{
    NeededSetting{"rbd_cache", "false"},
    NeededSetting{"rbd_persistent_cache_mode", "disabled"},
    NeededSetting{"rbd_skip_partial_discard", "false"},
    NeededSetting{"rbd_disable_zero_copy_writes", "true"},
};

/// All options as they apply to this image: our client's, overridden by the pool's and the image's.
struct ConfigList {
  std::vector<rbd_config_option_t> options;
  int count = 0;

  explicit ConfigList(rbd_image_t image) {
    int room = 0;
    rbd_config_image_list(image, nullptr, &room);  // says how many there are
    options.resize(static_cast<std::size_t>(room));
    count = room;
    if (rbd_config_image_list(image, options.data(), &count) < 0) count = 0;
  }
  ConfigList(const ConfigList&) = delete;
  ConfigList& operator=(const ConfigList&) = delete;
  ~ConfigList() { rbd_config_image_list_cleanup(options.data(), count); }
};

Error refused(const ImageSpec& spec, std::string_view why) {
  return {Cause::kUnfit, 0, "image " + to_string(spec) + " " + std::string(why)};
}

Error open_error(int result, const ImageSpec& spec) {
  if (result == -ENOENT)
    return {Cause::kNotFound, ENOENT, "there is no image '" + to_string(spec) + "'"};
  return error_of(result, "open image " + to_string(spec));
}

/// librbd gives back the pointer that watch() passed: the image's own member, which lives until
/// unwatch() has returned.
void on_header_change(void* changed) {
  (*static_cast<std::function<void()>*>(changed))();
}

}  // namespace

std::string to_string(const ImageSpec& spec) {
  std::string text = spec.pool + "/";
  if (!spec.name_space.empty()) text += spec.name_space + "/";
  text += spec.image;
  if (!spec.snapshot.empty()) text += "@" + spec.snapshot;
  return text;
}

Result<std::unique_ptr<Image>, Error> Image::open(std::shared_ptr<Cluster> cluster,
                                                  const ImageSpec& spec, bool for_writing) {
  auto pool = Pool::open(std::move(cluster), spec.pool, spec.name_space);
  if (!pool) return err(std::move(pool.error()));
  // A snapshot never changes, so it needs no watch; everything else is opened with one (a read-only
  // open has none and would not see a resize) and simply never written to.
  rbd_image_t handle = nullptr;
  const int r =
      spec.snapshot.empty()
          ? rbd_open(pool->handle(), spec.image.c_str(), &handle, nullptr)
          : rbd_open_read_only(pool->handle(), spec.image.c_str(), &handle, spec.snapshot.c_str());
  if (r < 0) return err(open_error(r, spec));
  std::unique_ptr<Image> image(new Image(std::move(*pool), handle));
  if (auto done = image->check_features(spec, for_writing); !done)
    return err(std::move(done.error()));
  if (auto done = image->read_facts(spec); !done) return err(std::move(done.error()));
  if (const std::string setting = image->forbidden_setting(); !setting.empty())
    return err(refused(spec, "has a setting of its own that forbids serving it: " + setting));
  return image;
}

Image::~Image() {
  unwatch();  // first: its callback may use this object
  rbd_close(handle_);
}

Result<void, Error> Image::check_features(const ImageSpec& spec, bool for_writing) const {
  std::uint64_t features = 0;
  if (const int r = rbd_get_features(handle_, &features); r < 0)
    return err(error_of(r, "read the features of image " + to_string(spec)));
  // Readers too: a non-primary or migrating image changes under them in ways that we would not see.
  for (const RefusedFeature& feature : kRefusedFeatures) {
    if ((features & feature.bit) != 0) return err(refused(spec, feature.why));
  }
  if (for_writing && (features & RBD_FEATURE_EXCLUSIVE_LOCK) == 0)
    return err(refused(spec, "lacks the exclusive-lock feature (rbd feature enable " +
                                 to_string(spec) + " exclusive-lock)"));
  return {};
}

Result<void, Error> Image::read_facts(const ImageSpec& spec) {
  rbd_image_info_t info{};
  std::array<char, 256> id{};
  std::uint64_t unit = 0;
  std::uint64_t count = 0;
  int r = rbd_stat(handle_, &info, sizeof info);
  if (r == 0) r = rbd_get_id(handle_, id.data(), id.size());
  if (r == 0) r = rbd_get_stripe_unit(handle_, &unit);
  if (r == 0) r = rbd_get_stripe_count(handle_, &count);
  if (r == 0 && !spec.snapshot.empty())
    r = rbd_snap_get_id(handle_, spec.snapshot.c_str(), &facts_.snapshot_id);
  if (r < 0) return err(error_of(r, "read the header of image " + to_string(spec)));
  // An image keeps its id when it is renamed, and its pool's id when that is.
  facts_.pool_id = pool_.id();
  facts_.data_pool_id = rbd_get_data_pool_id(handle_);
  facts_.id = id.data();
  facts_.object_bytes = info.obj_size;
  facts_.stripe_bytes = unit * count;
  facts_.striped = count > 1;
  return {};
}

Result<std::uint64_t, Error> Image::size_bytes() const {
  std::uint64_t size = 0;
  if (const int r = rbd_get_size(handle_, &size); r < 0)
    return err(error_of(r, "read the image's size"));
  return size;
}

// A list that cannot be read says nothing: the settings were looked at when the image was opened,
// and an error of the cluster is no reason to give up an image that works.
std::string Image::forbidden_setting() const {
  const ConfigList list(handle_);
  for (int i = 0; i < list.count; ++i) {
    const rbd_config_option_t& option = list.options[static_cast<std::size_t>(i)];
    for (const NeededSetting& needed : kNeededSettings) {
      if (needed.name == option.name && needed.value != option.value)
        return std::string(option.name) + "=" + option.value;
    }
  }
  return {};
}

// librbd takes the address of changed_, so that must be in place before the watch is.
Result<void, Error> Image::watch(std::function<void()> changed) {
  check(!changed_, "an image is watched once");
  changed_ = std::move(changed);
  const int r = rbd_update_watch(handle_, &watch_, &on_header_change, &changed_);
  if (r == 0) return {};
  changed_ = nullptr;
  return err(error_of(r, "watch the image"));
}

void Image::unwatch() {
  if (!changed_) return;
  rbd_update_unwatch(handle_, watch_);
  changed_ = nullptr;
}

}  // namespace lungate::ceph
