// SPDX-License-Identifier: LGPL-2.1-or-later
#include "scsi/transport_id.h"

#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using testing::Data;
using testing::hex;
using testing::unhex;

const std::string kName = "iqn.2026-11.io.lungate:host,i,0x00023d000001";

Data written(std::string_view name) {
  Data data(transport_id_bytes(name), std::byte{0xcc});
  write_transport_id(name, data);
  return data;
}

/// A TransportID with this text, padded with zeros to the length that its header tells.
Data made(std::string_view text, std::size_t additional, unsigned format_and_protocol = 0x45) {
  Data data(4 + additional);
  data[0] = static_cast<std::byte>(format_and_protocol);
  store(MutableBytes(data).subspan(2), be16{static_cast<std::uint16_t>(additional)});
  for (std::size_t i = 0; i < std::min(text.size(), additional); ++i)
    data[4 + i] = static_cast<std::byte>(text[i]);
  return data;
}

TEST(TransportId, OfAPortIsFormat01b) {
  EXPECT_EQ(hex(written("iqn.x,i,0x000000000001")),
            "45000018"
            "69716e2e782c692c3078303030303030303030303031"
            "0000");
  EXPECT_EQ(transport_id_bytes("a,i,0x000000000001"), 24u) << "at least 20 bytes follow";
  EXPECT_EQ(transport_id_bytes("abc,i,0x000000000001"), 28u) << "with its zero";
}

TEST(TransportId, IsReadAsItWasWritten) {
  const std::string longest = std::string(limits::kNameBytesMax, 'x') + ",i,0xffffffffffff";
  for (const std::string& name : {kName, longest, std::string("a,i,0x000000000001")}) {
    Data data = written(name);
    const std::size_t size = data.size();
    data.resize(size + 10);
    const auto read = read_transport_id(data);
    ASSERT_TRUE(read.has_value()) << name;
    EXPECT_EQ(read->initiator_port, name);
    EXPECT_EQ(read->bytes, size);
  }
}

TEST(TransportId, NamesHaveOneForm) {
  EXPECT_EQ(port_name("IQN.2026-11.IO.Lungate:Host,I,0X23D000001"), kName);
  EXPECT_EQ(port_name(kName), kName);
  EXPECT_EQ(read_transport_id(made("IQN.x,i,0x1", 20))->initiator_port, "iqn.x,i,0x000000000001");
  for (const char* text :
       {"", "iqn.x", ",i,0x1", "iqn.x,i,0x", "iqn.x,i,0xg", "iqn.x,i,0x0000000000001",
        "iqn x,i,0x1", "iqn\"x,i,0x1", "iqn.x,t,0x1", "iqn.x,i,0x1,i,0x1", "iqn.\xc3\xa9,i,0x1"})
    EXPECT_FALSE(port_name(text)) << text;
  EXPECT_FALSE(port_name(std::string(limits::kNameBytesMax + 1, 'x') + ",i,0x1"));
}

TEST(TransportId, WhatFollowsTheZeroIsNotLookedAt) {
  Data data = made("iqn.x,i,0x1", 24);
  data[4 + 12] = std::byte{'5'};
  EXPECT_EQ(read_transport_id(data)->initiator_port, "iqn.x,i,0x000000000001");
}

TEST(TransportId, MistakesArePointedAt) {
  struct Row {
    Data list;
    std::size_t byte;
    const char* why;
  };
  Data cut = written(kName);
  cut.pop_back();
  const std::vector<Row> rows = {
      {{}, 0, "nothing"},
      {unhex("450000"), 0, "less than a header"},
      {made("iqn.x", 20, 0x05), 0, "a device, not a port"},
      {made("iqn.x,i,0x1", 20, 0x85), 0, "a reserved format"},
      {made("iqn.x,i,0x1", 20, 0x46), 0, "another protocol"},
      {made("iqn.x,i,0x1", 16), 2, "too short"},
      {made("iqn.x,i,0x1", 22), 2, "no multiple of four"},
      {cut, 2, "cut off"},
      {made("iqn.xxxx,i,0x0000000", 20), 4, "no zero at its end"},
      {made("iqn.x", 20), 4, "no session"},
      {made("", 20), 4, "no name"},
      {made(std::string(300, 'x') + ",i,0x1", 320), 4, "too long"},
  };
  for (const Row& row : rows) {
    const auto read = read_transport_id(row.list);
    ASSERT_FALSE(read.has_value()) << row.why;
    EXPECT_EQ(read.error(), row.byte) << row.why;
  }
}

}  // namespace
}  // namespace lungate::scsi
