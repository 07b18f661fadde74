// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config/dump.h"

#include <gtest/gtest.h>

#include "tests/unit/config/text.h"

namespace lungate::config {
namespace {

Config full() {
  Config config = *Text().parse();
  config.gateway.loops = 3;
  config.telemetry.initiators = false;
  config.log.level = log::Level::kError;
  config.exporter.listen = {"::1", 9300, true};
  config.iscsi.data_digest = {Digest::kCrc32c};
  config.targets[0].alias = "quote \" and \\ backslash";
  Lun image;
  image.id = 1;
  image.store = Image{"rbd", "ns", "vm"};
  image.serial = "8f2c";
  image.slo = {0.1, 1e5, 0.99999};
  Lun null;
  null.id = 2;
  null.store = Null{(1ull << 40) + 512};
  null.read_only = true;
  config.targets[0].luns.insert(config.targets[0].luns.end(), {image, null});
  config.targets[0].initiators[0].luns = {0, 2};
  config.targets[0].chap.user = "client";
  config.targets[0].chap.secret_file = "/etc/lungate/client";
  config.targets[0].portal_groups = {1};
  config.targets[0].moved_to = "192.0.2.1:3260";
  config.targets[0].moved_permanently = true;
  config.discovery.chap = config.targets[0].chap;
  config.discovery.chap.mutual_user = "gateway";
  config.discovery.chap.mutual_secret_file = "/etc/lungate/gateway";
  config.iscsi.chap_digests = {ChapAlgorithm::kSha256, ChapAlgorithm::kSha3};
  config.initiator_groups = {{"esx", {"iqn.1998-01.com.vmware:*", "iqn.2026-11.a:b"}}};
  Initiator group;
  group.group = "esx";
  group.members = config.initiator_groups[0].iqns;
  group.map = {{2, 0, true}, {0, 7, false}};
  group.chap = config.discovery.chap;
  config.targets[0].initiators.push_back(group);
  return config;
}

TEST(Dump, ReadsBackEqual) {
  for (const Config& config : {*Text().parse(), full()}) {
    const auto again = parse_text(to_toml(config), "dump");
    ASSERT_TRUE(again) << errors_of(again) << to_toml(config);
    EXPECT_EQ(*again, config);
  }
}

TEST(Dump, IsReadable) {
  const std::string text = to_toml(*Text().parse());
  EXPECT_EQ(text.substr(0, text.find("[log]")),
            "[gateway]\n"
            "name = \"gw-a\"\n"
            "loops = 0\n"
            "control_socket = \"/run/lungate/gw-a.sock\"\n"
            "drain_timeout_ms = 10000\n"
            "\n"
            "[ceph]\n"
            "conf = \"/etc/ceph/ceph.conf\"\n"
            "user = \"lungate\"\n"
            "images_per_connection = 16\n"
            "\n"
            "[telemetry]\n"
            "segment = \"/dev/shm/lungate/gw-a\"\n"
            "initiators = true\n"
            "\n");
  EXPECT_EQ(text.substr(text.find("[[target.lun]]")),
            "[[target.lun]]\n"
            "id = 0\n"
            "file = \"/srv/a.img\"\n"
            "block_size = 512\n"
            "read_only = false\n"
            "pool_threshold_percent = 80\n"
            "slo = { read_ms = 10, write_ms = 20, objective = 0.99 }\n"
            "\n"
            "[[target.initiator]]\n"
            "iqn = \"iqn.1994-05.com.redhat:client\"\n");
}

TEST(GroupHash, IsOfTheGroupsPartOnly) {
  const Config base = full();
  Config other_gateway = base;
  other_gateway.gateway.loops = 8;
  other_gateway.telemetry.segment = "/dev/shm/b";
  other_gateway.log.level = log::Level::kDebug;
  EXPECT_EQ(group_hash(base), group_hash(other_gateway));
  Config other_lun = base;
  other_lun.targets[0].luns[1].slo.read_ms = 11;
  EXPECT_NE(group_hash(base), group_hash(other_lun));
  Config other_offer = base;
  other_offer.iscsi.initial_r2t = true;
  EXPECT_NE(group_hash(base), group_hash(other_offer));
}

}  // namespace
}  // namespace lungate::config
