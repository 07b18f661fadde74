// SPDX-License-Identifier: LGPL-2.1-or-later
// Where an image has data: by its object map and by asking its objects, over clones, snapshots and
// stripes, and when the ground goes away meanwhile.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "base/limits.h"
#include "tests/unit/backend/rbd/lun.h"
#include "tests/unit/base/no_threads.h"

namespace lungate::backend::rbd {
namespace {

using test::Data;
using test::kMiB;
using test::noise;

using Features = std::vector<std::string>;

/// With an object map (fast-diff), and without.
class AllocationTest : public test::LunTest, public testing::WithParamInterface<Features> {
 protected:
  /// Snapshots and clones keep their images: they go first.
  void TearDown() override {
    backend_.reset();
    for (const std::string& name : extra_images_) rbd_remove(pool().handle(), name.c_str());
    for (const auto& [image, name] : snapshots_) {
      const test::Handle handle(pool(), image);
      rbd_snap_remove(handle.image, name.c_str());
    }
  }

  std::string make(std::uint64_t bytes, int object_order = 20) {
    return admin_->make_image(
        {.bytes = bytes, .object_order = object_order, .without = GetParam()});
  }
  void snapshot(const std::string& image, const std::string& name) {
    admin_->snapshot(image, name);
    snapshots_.emplace_back(image, name);
  }
  /// Of format 2, whose parent needs no protection: taking that back asks every pool, also one
  /// that another test has made unusable.
  std::string clone(const std::string& parent, const std::string& name) {
    rbd_image_options_t settings = nullptr;
    rbd_image_options_create(&settings);
    rbd_image_options_set_uint64(settings, RBD_IMAGE_OPTION_FEATURES, features());
    rbd_image_options_set_uint64(settings, RBD_IMAGE_OPTION_CLONE_FORMAT, 2);
    const std::string clone = test::fresh_name();
    const int r = rbd_clone3(pool().handle(), parent.c_str(), name.c_str(), pool().handle(),
                             clone.c_str(), settings);
    rbd_image_options_destroy(settings);
    test::must(r, "clone " + parent);
    extra_images_.push_back(clone);
    return clone;
  }
  std::string make_striped(std::uint64_t bytes) {
    const std::string name = test::fresh_name();
    int order = 20;
    test::must(rbd_create3(pool().handle(), name.c_str(), bytes, features(), &order, 65536, 4),
               "create " + name);
    extra_images_.push_back(name);
    return name;
  }
  /// The address that holds the image's lock.
  std::string owner_of(const std::string& image) {
    const auto opened = ceph::Image::open(pool().cluster(), {"rbd", "", image, ""}, false);
    return (*(*opened)->lock_holder())->address;
  }

  /// "data BYTES" or "hole BYTES" from the offset on; otherwise the status.
  std::string at(std::uint64_t offset, std::uint64_t length) {
    test::Asked request;
    request.verb = Verb::kAllocation;
    request.offset = offset;
    request.length = length;
    request.reply_to = &inbox_;
    backend_->submit(request);
    EXPECT_EQ(inbox_.take(), &request);
    if (request.status != Status::kOk) return std::string(name(request.status));
    return (request.extent_allocated ? "data " : "hole ") + std::to_string(request.extent_bytes);
  }
  /// "hole@0 data@1048576 ...": where the state changes, as one who asks again and again sees it.
  std::string map() {
    const std::uint64_t size = backend_->state().size_bytes;
    std::string text, state;
    for (std::uint64_t offset = 0; offset < size;) {
      const std::string found = at(offset, size - offset);
      const std::size_t space = found.find(' ');
      if (space == std::string::npos) return found;
      if (found.substr(0, space) != state) {
        state = found.substr(0, space);
        text += state + "@" + std::to_string(offset) + " ";
      }
      offset += std::stoull(found.substr(space));
    }
    return text;
  }

 private:
  ceph::Pool& pool() {
    if (!pool_) pool_.emplace(test::opened(test::connected(), "rbd", ""));
    return *pool_;
  }
  static std::uint64_t features() {
    std::uint64_t bits = RBD_FEATURES_DEFAULT;
    for (const std::string& feature : GetParam()) bits &= ~test::features_named(feature);
    return bits;
  }

  std::optional<ceph::Pool> pool_;
  std::vector<std::string> extra_images_;
  std::vector<std::pair<std::string, std::string>> snapshots_;
};

TEST_P(AllocationTest, AnEmptyImageIsAHole) {
  ASSERT_EQ(open(make(10 * kMiB)), "");
  EXPECT_EQ(at(0, 10 * kMiB), "hole 10485760");
  EXPECT_EQ(at(kMiB + 512, 512), "hole 512");
  EXPECT_EQ(at(10 * kMiB - 1, 1), "hole 1");
  EXPECT_EQ(at(10 * kMiB, 1), "out_of_range");
  EXPECT_EQ(at(9 * kMiB, 2 * kMiB), "out_of_range");
}

TEST_P(AllocationTest, BytesAtOddPlacesMakeTheirObjectsData) {
  ASSERT_EQ(open(make(10 * kMiB)), "");
  ASSERT_EQ(write(3 * kMiB - 1, noise(1, 1)), Status::kOk);
  ASSERT_EQ(write(6 * kMiB + 77, noise(512, 1)), Status::kOk);
  EXPECT_EQ(at(0, 10 * kMiB), "hole 2097152");
  EXPECT_EQ(at(kMiB + 5, 10), "hole 10");
  EXPECT_EQ(at(2 * kMiB + 17, 8 * kMiB - 17), "data 1048559");
  EXPECT_EQ(at(2 * kMiB + 17, 100), "data 100");
  EXPECT_EQ(map(), "hole@0 data@2097152 hole@3145728 data@6291456 hole@7340032 ");
}

TEST_P(AllocationTest, ADiscardedObjectIsAHoleAndAPartOfOneIsNot) {
  ASSERT_EQ(open(make(8 * kMiB)), "");
  ASSERT_EQ(write(0, noise(8 * kMiB, 2)), Status::kOk);
  EXPECT_EQ(map(), "data@0 ");
  ASSERT_EQ(run(Verb::kDiscard, 2 * kMiB, 3 * kMiB + 65536), Status::kOk);
  EXPECT_EQ(map(), "data@0 hole@2097152 data@5242880 ");
  ASSERT_EQ(write(3 * kMiB, noise(512, 3)), Status::kOk);
  EXPECT_EQ(map(), "data@0 hole@2097152 data@3145728 hole@4194304 data@5242880 ");
}

TEST_P(AllocationTest, LooksOnlySoFarAtATime) {
  constexpr int kOrder = 14;
  constexpr std::uint64_t kObject = 1 << kOrder;
  constexpr std::uint64_t kWindow = limits::kAllocationObjectsMax * kObject;
  ASSERT_EQ(open(make(3 * kWindow, kOrder)), "");
  ASSERT_EQ(write(2 * kWindow + kObject, noise(512, 3)), Status::kOk);
  EXPECT_EQ(at(0, 3 * kWindow), "hole " + std::to_string(kWindow));
  EXPECT_EQ(at(100, 3 * kWindow - 100), "hole " + std::to_string(kWindow - 100));
  EXPECT_EQ(map(), "hole@0 data@" + std::to_string(2 * kWindow + kObject) + " hole@" +
                       std::to_string(2 * kWindow + 2 * kObject) + " ");
}

/// What only a snapshot holds is none of the image's; librbd once took it for a hole worth an
/// assertion, in a clone's parent.
TEST_P(AllocationTest, DataThatIsOnlyInASnapshotIsAHole) {
  const std::string image = make(4 * kMiB);
  ASSERT_EQ(open(image), "");
  ASSERT_EQ(write(kMiB, noise(kMiB, 4)), Status::kOk);
  snapshot(image, "before");
  ASSERT_EQ(run(Verb::kDiscard, kMiB, kMiB), Status::kOk);
  ASSERT_EQ(write(3 * kMiB, noise(512, 4)), Status::kOk);
  EXPECT_EQ(map(), "hole@0 data@3145728 ");
  Options past = options(image);
  past.image.snapshot = "before";
  past.read_only = true;
  ASSERT_EQ(open(past), "");
  EXPECT_EQ(map(), "hole@0 data@1048576 hole@2097152 ");
}

TEST_P(AllocationTest, AClonesDataAreItsParentsToo) {
  const std::string parent = make(6 * kMiB);
  ASSERT_EQ(open(parent), "");
  ASSERT_EQ(write(kMiB, noise(2 * kMiB, 5)), Status::kOk);
  snapshot(parent, "before");
  ASSERT_EQ(run(Verb::kDiscard, 2 * kMiB, kMiB), Status::kOk);
  ASSERT_EQ(write(5 * kMiB, noise(512, 5)), Status::kOk);
  snapshot(parent, "base");
  backend_.reset();
  const std::string child = clone(parent, "base");
  ASSERT_EQ(open(child), "");
  EXPECT_EQ(map(), "hole@0 data@1048576 hole@2097152 data@5242880 ");
  EXPECT_EQ(read(kMiB, 512), noise(512, 5));

  ASSERT_EQ(write(3 * kMiB + 1, noise(1, 5)), Status::kOk);
  EXPECT_EQ(map(), "hole@0 data@1048576 hole@2097152 data@3145728 hole@4194304 data@5242880 ");
  // The clone keeps an object that hides its parent's: data, or a hole, but what it reads is zeros.
  ASSERT_EQ(run(Verb::kDiscard, kMiB, kMiB), Status::kOk);
  EXPECT_EQ(read(kMiB, kMiB), Data(kMiB));
  EXPECT_EQ(at(5 * kMiB, kMiB), "data 1048576");
}

/// The image is shrunk and grown while it is looked at.
TEST_P(AllocationTest, AResizeMeanwhileIsSurvived) {
  const std::string image = make(16 * kMiB, 14);
  ASSERT_EQ(open(image), "");
  ASSERT_EQ(write(0, noise(512, 6)), Status::kOk);
  snapshot(image, "s");  // one more object map to read, so more time in between
  std::atomic<bool> stop{false};
  std::thread resizer([&] {
    for (int i = 0; i < 30; ++i) admin_->resize(image, (i % 2 == 0 ? 1 : 16) * kMiB);
    stop = true;
  });
  std::array<test::Asked, 8> requests;
  int told = 0, refused = 0;
  while (!stop) {
    for (std::size_t i = 0; i < requests.size(); ++i) {
      requests[i] = test::Asked{};
      requests[i].verb = Verb::kAllocation;
      requests[i].length = i % 2 == 0 ? kMiB : 16 * kMiB;
      requests[i].reply_to = &inbox_;
      backend_->submit(requests[i]);
    }
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const Request* request = inbox_.take();
      ASSERT_NE(request, nullptr) << "a request was never answered";
      ++(request->status == Status::kOk ? told : refused);
      EXPECT_TRUE(request->status == Status::kOk || request->status == Status::kOutOfRange)
          << name(request->status) << " " << request->error;
      if (request->status != Status::kOk) continue;
      EXPECT_TRUE(request->extent_bytes > 0 && request->extent_bytes <= request->length);
      EXPECT_TRUE(request->extent_allocated);
    }
  }
  resizer.join();
  printf("%d told, %d out of range\n", told, refused);
  EXPECT_GT(told, 0);
}

/// Requests are looked up and wait while the gateway is fenced: each is answered once, none as if
/// it knew, and then the image can be closed.
TEST_P(AllocationTest, AFenceMeanwhileEndsEachRequestOnce) {
  const std::string image = make(64 * kMiB);
  ASSERT_EQ(open(image), "");
  ASSERT_EQ(write(0, noise(512, 7)), Status::kOk);
  const std::string address = owner_of(image);
  std::array<test::Asked, 16> requests;
  const auto ask = [this](Request& request) {
    request.verb = Verb::kAllocation;
    request.length = 64 * kMiB;
    request.reply_to = &inbox_;
    backend_->submit(request);
  };
  for (Request& request : requests) ask(request);
  std::thread fence([&] { admin_->blocklist(address); });
  std::size_t in_progress = requests.size();
  int told = 0;
  while (in_progress > 0) {
    Request* request = inbox_.take();
    if (request == nullptr) break;
    if (request->status == Status::kOk) {
      EXPECT_TRUE(request->extent_allocated);
      ++told;
      ask(*request);
      continue;
    }
    EXPECT_EQ(request->status, Status::kNotOwner) << name(request->status) << request->error;
    --in_progress;
  }
  fence.join();
  ASSERT_EQ(in_progress, 0u) << "a request was never answered";
  printf("%d told before the fence\n", told);
  backend_->close();
  backend_.reset();
  EXPECT_EQ(open(image), "");
}

/// Guards LookUps in the adapter: a removal, a reset and the end wait for what is being looked up.
TEST_P(AllocationTest, LookUpsAreBoundedAndThoseOfNobodyAreNotMade) {
  ASSERT_EQ(open(make(4 * kMiB)), "");
  std::array<test::Asked, limits::kLookUpsPerLunMax * 8> requests;
  for (int round = 0; round < 2; ++round) {  // the second shows that places are given back
    for (Request& request : requests) {
      request.verb = Verb::kAllocation;
      request.length = 4 * kMiB;
      request.reply_to = &inbox_;
      fresh_look_ups(request);
      hurry(request);
      backend_->submit(request);
    }
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const Request* request = inbox_.take();
      ASSERT_NE(request, nullptr);
      EXPECT_EQ(request->status, Status::kOk);
      EXPECT_NE(request->look_until, BootTime{});
      EXPECT_FALSE(request->looked);
      EXPECT_TRUE(request->extent_allocated) << "it would be a hole, had anybody looked";
    }
  }
  EXPECT_EQ(at(0, 4 * kMiB), "hole 4194304");
}

TEST_P(AllocationTest, WithoutAThreadTheUnitIsBusy) {
  ASSERT_EQ(open(make(4 * kMiB)), "");
  {
    const test::NoThreads machine;
    EXPECT_EQ(at(0, 4 * kMiB), "no_memory");
  }
  EXPECT_EQ(at(0, 4 * kMiB), "hole 4194304");
}

std::string name_of(const testing::TestParamInfo<Features>& info) {
  return info.param.empty() ? "WithObjectMap" : "WithoutObjectMap";
}
INSTANTIATE_TEST_SUITE_P(Images, AllocationTest,
                         testing::Values(Features{}, Features{"fast-diff", "object-map"}), name_of);

using StripedAllocationTest = AllocationTest;
INSTANTIATE_TEST_SUITE_P(Images, StripedAllocationTest, testing::Values(Features{}), name_of);

TEST_P(StripedAllocationTest, IsNotLookedInto) {
  ASSERT_EQ(open(make_striped(8 * kMiB)), "");
  EXPECT_EQ(at(512, 8 * kMiB - 512), "data 8388096");
}

}  // namespace
}  // namespace lungate::backend::rbd
