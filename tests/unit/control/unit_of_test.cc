// SPDX-License-Identifier: LGPL-2.1-or-later
#include "control/unit_of.h"

#include <gtest/gtest.h>

#include "control/service.h"

namespace lungate::control {
namespace {

config::Target target() {
  config::Target target;
  target.iqn = "iqn.2026-11.io.lungate:t";
  return target;
}

backend::Traits traits() {
  backend::Traits traits;
  traits.kind = "rbd";
  traits.discard_bytes = 65536;
  traits.optimal_bytes = 4 << 20;
  traits.write_cache = true;
  traits.identity_seed = "seed";
  return traits;
}

TEST(UnitOf, ItsConfigurationAloneIsNotReady) {
  config::Lun lun;
  lun.block_size = 4096;
  lun.read_only = true;
  const scsi::Unit unit = unit_of(target(), lun, 7);
  EXPECT_EQ(unit.availability, scsi::Availability::kBecoming);
  EXPECT_EQ(unit.geometry.block_bytes, 4096u);
  EXPECT_EQ(unit.geometry.block_count, 0u);
  EXPECT_TRUE(unit.read_only);
  EXPECT_EQ(unit.target_port_group, 7);
  EXPECT_EQ(unit.relative_target_port, 7);
}

TEST(UnitOf, TheStoreGivesTheRest) {
  config::Lun lun;
  lun.block_size = 4096;
  backend::State state{
      .ready = true, .read_only = false, .size_bytes = (1 << 20) + 100, .reason = {}};
  scsi::Unit unit = unit_of(target(), lun, 1, traits(), state);
  EXPECT_EQ(unit.availability, scsi::Availability::kReady);
  EXPECT_EQ(unit.geometry.block_count, 256u) << "whole blocks";
  EXPECT_EQ(unit.geometry.optimal_blocks, 1024u);
  EXPECT_EQ(unit.geometry.unmap_granularity_blocks, 16u);
  EXPECT_TRUE(unit.write_cache);
  EXPECT_FALSE(unit.read_only);
  EXPECT_EQ(unit.identity.serial, scsi::make_identity(traits()).serial);
  state.read_only = true;
  EXPECT_TRUE(unit_of(target(), lun, 1, traits(), state).read_only);
  backend::Traits fine = traits();
  fine.discard_bytes = 512;
  EXPECT_EQ(unit_of(target(), lun, 1, fine, state).geometry.unmap_granularity_blocks, 1u)
      << "not less than a block";
  fine.discard_bytes = 0;
  EXPECT_EQ(unit_of(target(), lun, 1, fine, state).geometry.unmap_granularity_blocks, 0u);
}

TEST(UnitOf, WhatTheOperatorGivesGoesFirst) {
  config::Lun lun;
  lun.vendor = "ACME";
  lun.product = "Disk";
  lun.revision = "9";
  lun.serial = "S1";
  lun.naa = "3001405abcdef012";
  const backend::State state{
      .ready = true, .read_only = false, .size_bytes = 1 << 20, .reason = {}};
  const scsi::Unit unit = unit_of(target(), lun, 1, traits(), state);
  EXPECT_EQ(unit.identity.vendor, "ACME");
  EXPECT_EQ(unit.identity.product, "Disk");
  EXPECT_EQ(unit.identity.revision, "9");
  EXPECT_EQ(unit.identity.serial, "S1");
  EXPECT_EQ(unit.identity.naa_bytes, 8);
  EXPECT_EQ(wwn_text(unit.identity), "3001405abcdef012");
  lun.naa = "6001405abcdef0120123456789abcdef";
  EXPECT_EQ(wwn_text(unit_of(target(), lun, 1, traits(), state).identity), lun.naa);
}

TEST(SessionInfo, IsTheSessionInWords) {
  session::SessionDescription session;
  session.id = 5;
  session.identity.initiator_name = "iqn.2026-11.a:b";
  session.identity.isid = {0x80, 0x12, 0x34, 0x56, 0x00, 0x0f};
  session.tsih = 77;
  session.lane = 1;
  session.in_flight = 3;
  session.path = {.sent_bytes = 14480,
                  .retransmitted_bytes = 1448,
                  .out_of_order_segments = 2,
                  .round_trip_us = 90};
  session.luns = {0, 4};
  session.parameters.header_digest = true;
  session.parameters.max_send_data_segment_bytes = 262144;
  session.parameters.initial_r2t = false;
  const api::SessionInfo info = session_info(session);
  EXPECT_EQ(info.id, 5u);
  EXPECT_EQ(info.isid, "80123456000f");
  EXPECT_EQ(info.tsih, 77);
  EXPECT_EQ(info.loop, 1u);
  EXPECT_EQ(info.in_flight, 3u);
  EXPECT_EQ(info.sent_bytes, 14480u);
  EXPECT_EQ(info.retransmitted_bytes, 1448u);
  EXPECT_EQ(info.out_of_order_segments, 2u);
  EXPECT_EQ(info.round_trip_us, 90u);
  EXPECT_EQ(info.luns, (std::vector<std::uint16_t>{0, 4}));
  const auto value = [&](const std::string& key) -> std::string {
    for (const auto& [name, text] : info.parameters)
      if (name == key) return text;
    return "absent";
  };
  EXPECT_EQ(value("HeaderDigest"), "CRC32C");
  EXPECT_EQ(value("DataDigest"), "None");
  EXPECT_EQ(value("InitialR2T"), "No");
  EXPECT_EQ(value("MaxRecvDataSegmentLength"), "262144") << "what the initiator has declared";
}

}  // namespace
}  // namespace lungate::control
