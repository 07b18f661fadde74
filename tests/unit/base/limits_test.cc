// SPDX-License-Identifier: LGPL-2.1-or-later
// The relations between bounds that the code leans on; a change that breaks one does not compile.
#include "base/limits.h"

#include <gtest/gtest.h>

namespace lungate::limits {
namespace {

// A login PDU and its text fit what is read before negotiation.
static_assert(kLoginDataSegmentBytes <= kTextBytesMax);
static_assert(kTextKeyBytesMax + 1 + kTextValueBytesMax <= kTextBytesMax);
static_assert(kNameBytesMax <= kTextValueBytesMax);
// One largest command fits its connection's budget, and so does one burst of it.
static_assert(kTransferBytesMax <= kTaskBytesPerConnectionMax);
static_assert(kMaxBurstBytes <= kTransferBytesMax);
static_assert(kFirstBurstBytes <= kMaxBurstBytes);
static_assert(kMaxBurstBytes <= 0xffffff && kMaxRecvDataSegmentBytes <= 0xffffff,
              "RFC 7143, 13.12 and 13.13: at most 2^24 - 1");
// A parameter list that UNMAP may fill: 8 bytes of header, 16 for each descriptor (SBC-3, 5.28).
static_assert(8 + 16 * kUnmapDescriptorsMax <= kParameterListBytesMax);
// A dead path is given up before Linux's 30 s for its commands.
static_assert(kNopInterval + kNopTimeout < std::chrono::seconds(30));
// The pauses between two attempts to open a store grow from the one to the other.
static_assert(kReopenDelayMin <= kReopenDelayMax);
// A loop is at least one thread; a LUN's number fits the one byte of single-level addressing.
static_assert(kLoopsMax >= 1 && kLunNumberMax <= 255);
// A whole pattern block of the largest block size (4096) fits one piece of a fill.
static_assert(kFileFillBytesMax >= 4096 && kFileInlineReadBytesMax <= kTransferBytesMax);

TEST(Limits, RelationsHold) {
  SUCCEED() << "they are checked by the compiler";
}

}  // namespace
}  // namespace lungate::limits
