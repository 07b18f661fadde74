// SPDX-License-Identifier: LGPL-2.1-or-later
// Walks the table of keys: every key is accepted at both ends of its range, refused beyond and
// refused with a value of another type; so a new row is tested by being there.
#include "config/keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>

#include "config/schema.h"
#include "tests/unit/config/text.h"

namespace lungate::config {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A good text in which the key's table stands, and nothing in the key's way.
Text base_for(const KeyDoc& key) {
  Text text;
  const bool other_store = key.name == "image" || key.name == "null";
  if (other_store) text = text.without("[[target.lun]]", "file");
  if (key.name == "null") text = text.with("[[target.lun]]", "size = \"1GiB\"");
  if (key.name == "max_burst_bytes") text = text.with("[iscsi]", "first_burst_bytes = 512");
  if (key.name == "first_burst_bytes") text = text.with("[iscsi]", "max_burst_bytes = 4194304");
  if (key.name == "luns") {
    text = text.with("[[target.lun]]", "id = 255");
  }
  return text;
}

Text with_value(const KeyDoc& key, const std::string& value) {
  const std::string line = key.name + " = " + value;
  if (key.table != "target.lun.slo") return base_for(key).with(key.table, line);
  return base_for(key).with("[[target.lun]]", "slo = { " + line + " }");
}

/// "512 to 4096" cut in two.
std::pair<std::string, std::string> ends(const std::string& range) {
  const auto to = range.find(" to ");
  return {range.substr(0, to), range.substr(to + 4)};
}

std::vector<KeyDoc> keys_with_range() {
  std::vector<KeyDoc> keys = reference();
  std::erase_if(
      keys, [](const KeyDoc& key) { return key.range.empty() || key.type.starts_with("list"); });
  return keys;
}

std::string test_name(const KeyDoc& key) {
  std::string name = key.table + "_" + key.name;
  std::erase_if(name, [](char c) { return c == '[' || c == ']'; });
  std::ranges::replace(name, '.', '_');
  return name;
}

class KeyWithRange : public testing::TestWithParam<KeyDoc> {};

TEST_P(KeyWithRange, IsAcceptedWithinAndRefusedBeyond) {
  const KeyDoc& key = GetParam();
  const auto [low, high] = ends(key.range);
  const std::string quote = key.type == "size" ? "\"" : "";
  for (const std::string& value : {low, high}) {
    EXPECT_EQ(with_value(key, quote + value + quote).errors(), "");
  }
  if (key.type == "integer") {
    const auto below = std::to_string(std::stoll(low) - 1);
    const auto above = std::to_string(std::stoll(high) + 1);
    for (const std::string& value : {below, above, std::string("0xffffffffffffffffff")}) {
      EXPECT_THAT(with_value(key, value).errors(), HasSubstr("it must be " + key.range)) << value;
    }
  } else if (key.type == "size") {
    for (const std::string_view value : {"1048575", "\"1025PiB\"", "-1", "\"99999999999PiB\""}) {
      EXPECT_THAT(with_value(key, std::string(value)).errors(), HasSubstr("'size' is ")) << value;
    }
  } else {
    for (const std::string_view value : {"0", "-1.0", "1e9", "nan", "inf"}) {
      EXPECT_THAT(with_value(key, std::string(value)).errors(),
                  HasSubstr("it must be " + key.range))
          << value;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Keys, KeyWithRange, testing::ValuesIn(keys_with_range()),
                         [](const auto& key) { return test_name(key.param); });

class EveryKey : public testing::TestWithParam<KeyDoc> {};

TEST_P(EveryKey, RefusesOtherTypes) {
  const KeyDoc& key = GetParam();
  const std::string expected =
      key.built ? "'" + key.name + "' must be " : "'" + key.name + "' is not built yet: ";
  EXPECT_THAT(with_value(key, "2020-02-02").errors(), HasSubstr(expected));
  EXPECT_THAT(with_value(key, "[[]]").errors(), HasSubstr("'" + key.name + "' "));
}

TEST_P(EveryKey, HasWordsForTheOperator) {
  const KeyDoc& key = GetParam();
  EXPECT_FALSE(key.text.empty());
  EXPECT_LE(key.text.size(), 80u);
  EXPECT_THAT(reference_text(), HasSubstr("  " + key.name + " "));
}

INSTANTIATE_TEST_SUITE_P(Keys, EveryKey, testing::ValuesIn(reference()),
                         [](const auto& key) { return test_name(key.param); });

// Keys with a rule instead of a range: what passes and what does not.
struct RuledValue {
  std::string_view table, key, good, bad;
};
constexpr RuledValue kRuled[] = {
    {"[gateway]", "name", "'gw-a'", "'gw a'"},
    {"[gateway]", "control_socket", "'/run/x.sock'", "'x.sock'"},
    {"[ceph]", "conf", "'/etc/ceph.conf'", "'/etc/'"},
    {"[ceph]", "user", "'lungate'", "'client.lungate'"},
    {"[telemetry]", "segment", "'/dev/shm/x'", "''"},
    {"[log]", "level", "'warn'", "'loud'"},
    {"[exporter]", "listen", "'[::1]:9287'", "'::1:9287'"},
    {"[exporter]", "segments", "['/dev/shm/x']", "['x']"},
    {"[iscsi]", "header_digest", "['CRC32C']", "['crc32c']"},
    {"[iscsi]", "data_digest", "['None', 'CRC32C']", "['None', 'CRC32C', 'None']"},
    {"[[portal_group]]", "gateway", "'gw-a'", "''"},
    {"[[portal_group]]", "portals", "['[::1]:3260']", "['127.0.0.1']"},
    {"[[target]]", "iqn", "'eui.0123456789abcdef'", "'iqn.2026-13.a:b'"},
    {"[[target]]", "alias", "'a b'", "\"a\\nb\""},
    {"[[target.lun]]", "image", "'rbd/ns/vm'", "'vm'"},
    {"[[target.lun]]", "file", "'/srv/b'", "'b'"},
    {"[[target.lun]]", "vendor", "'LUNGATE'", "'LUNGATE 9'"},
    {"[[target.lun]]", "product", "'disk of sixteen!'", "'disk of seventeen'"},
    {"[[target.lun]]", "revision", "'0001'", "'00001'"},
    {"[[target.lun]]", "serial", "'8f2c'", "' 8f2c'"},
    {"[[target.lun]]", "naa", "'60014051234567890123456789012345'", "'6001405'"},
    {"[[target.initiator]]", "iqn", "'naa.0123456789abcdef'", "'client'"},
    {"[[target.initiator]]", "luns", "[255]", "[256]"},
};

TEST(RuledKeys, PassAndFail) {
  for (const RuledValue& row : kRuled) {
    KeyDoc key;
    key.table = row.table;
    key.name = row.key;
    EXPECT_EQ(with_value(key, std::string(row.good)).errors(), "") << row.key;
    EXPECT_THAT(with_value(key, std::string(row.bad)).errors(), HasSubstr("'" + key.name + "' "))
        << row.key;
  }
}

TEST(RuledKeys, AreAllInTheTableAbove) {
  for (const KeyDoc& key : reference()) {
    const bool ruled = key.built && key.range.empty() && key.type != "true or false";
    if (!ruled) continue;
    const auto row = std::ranges::find_if(kRuled, [&](const RuledValue& value) {
      return value.table == key.table && value.key == key.name;
    });
    EXPECT_NE(row, std::end(kRuled)) << key.table << " " << key.name << " has no test row";
  }
}

TEST(Reference, TellsDefaultsAndDuties) {
  EXPECT_THAT(reference_text(),
              HasSubstr("[gateway]\n"
                        "  name                         this gateway's name, in its paths, metrics "
                        "and locks; keep it\n"
                        "                               string, required\n"));
  EXPECT_THAT(reference_text(), HasSubstr("integer, 1 to 1024, default 128\n"));
}

}  // namespace
}  // namespace lungate::config
