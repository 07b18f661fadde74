// SPDX-License-Identifier: LGPL-2.1-or-later
#include "iscsi/names.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace lungate::iscsi {
namespace {

std::string normal(std::string_view text) {
  const auto result = normalise_name(text);
  return result ? *result : "!" + std::string(name(result.error()));
}

TEST(Names, WhatInitiatorsAreCalled) {
  for (const char* text :
       {"iqn.1993-08.org.debian:01:a1b2c3d4e5f6", "iqn.1991-05.com.microsoft:host-1.example.org",
        "iqn.1998-01.com.vmware:esx-5f3a", "iqn.2007-10.com.github:sahlberg:libiscsi:iscsi-test-2",
        "iqn.2008-11.org.linux-kvm:my_guest", "iqn.2001-04.com.example", "eui.02004567a425678d",
        "naa.52004567ba64678d", "naa.62004567ba64678d0123456789abcdef"}) {
    EXPECT_EQ(normal(text), text);
  }
}

TEST(Names, UpperCaseIsFolded) {
  EXPECT_EQ(normal("IQN.2001-04.com.Example:Disk"), "iqn.2001-04.com.example:disk");
  EXPECT_EQ(normal("EUI.02004567A425678D"), "eui.02004567a425678d");
}

TEST(Names, LengthIsBounded) {
  const std::string head = "iqn.2001-04.com.example:";
  const std::string longest = head + std::string(limits::kNameBytesMax - head.size(), 'x');
  EXPECT_EQ(normal(longest), longest);
  EXPECT_EQ(normal(longest + "x"), "!too_long");
  EXPECT_EQ(normal(""), "!empty");
}

TEST(Names, OtherTypesAreUnknown) {
  EXPECT_EQ(normal("com.example:disk"), "!unknown_type");
  EXPECT_EQ(normal("iqn"), "!unknown_type");
  EXPECT_EQ(normal("iqn2001-04.com.example"), "!unknown_type");
  EXPECT_EQ(normal("discovery"), "!unknown_type");
}

TEST(Names, FormsOfEachType) {
  for (const char* text :
       {"iqn.", "iqn.2001-04", "iqn.2001-04.", "iqn.2001-13.com.example", "iqn.2001-00.com.example",
        "iqn.201-04.com.example", "iqn.2001.04.com.example", "iqn.2001-04.:disk", "eui.",
        "eui.02004567a425678", "eui.02004567a425678d0", "eui.02004567a425678g", "naa.",
        "naa.52004567ba64678", "naa.52004567ba64678d0", "naa.z2004567ba64678d"}) {
    EXPECT_EQ(normal(text), "!malformed") << text;
  }
}

TEST(Names, ForbiddenCharacters) {
  for (const std::string text :
       {"iqn.2001-04.com.example:a b", "iqn.2001-04.com.example:%n", "iqn.2001-04.com.example:a/b",
        "iqn.2001-04.com.example:a\"b", "iqn.2001-04.com.example:\xc3\xb6",
        "iqn.2001-04.com.example:a\nb", "iqn.2001-04.com.example:a,b"}) {
    EXPECT_EQ(normal(text), "!character") << text;
  }
}

}  // namespace
}  // namespace lungate::iscsi
