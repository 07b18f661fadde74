// SPDX-License-Identifier: LGPL-2.1-or-later
#include "iscsi/negotiation.h"

#include <gtest/gtest.h>

namespace lungate::iscsi {
namespace {

/// Says keys ("A=1;B=2;" with ; for NUL) and shows the answer the same way.
class Talk {
 public:
  explicit Talk(const TargetParameters& offer = {}) : negotiation(offer) {}

  std::string say(std::string text, KeyPhases phase = kInOperational) {
    for (char& c : text) {
      if (c == ';') c = '\0';
    }
    const auto keys = parse_text(text);
    if (!keys) return std::string(name(keys.error()));
    TextBuilder reply(bytes_max);
    const auto answered = negotiation.answer(*keys, phase, type, reply);
    if (!answered) return std::string(name(answered.error()));
    std::string shown = reply.take();
    for (char& c : shown) {
      if (c == '\0') c = ';';
    }
    return shown;
  }
  const Parameters& parameters() const { return negotiation.parameters(); }

  Negotiation negotiation;
  SessionType type = SessionType::kNormal;
  std::size_t bytes_max = limits::kTextBytesMax;
};

TEST(Negotiation, DefaultsAreTheStandards) {
  const Talk talk;
  const Parameters& p = talk.parameters();
  EXPECT_EQ(p.max_recv_data_segment_bytes, 8192u);
  EXPECT_EQ(p.max_send_data_segment_bytes, 8192u);
  EXPECT_EQ(p.max_burst_bytes, 262144u);
  EXPECT_EQ(p.first_burst_bytes, 65536u);
  EXPECT_EQ(p.default_time2wait_s, 2);
  EXPECT_EQ(p.default_time2retain_s, 20);
  EXPECT_EQ(p.max_outstanding_r2t, 1);
  EXPECT_EQ(p.max_connections, 1);
  EXPECT_TRUE(p.initial_r2t && p.immediate_data && p.data_pdu_in_order && p.data_sequence_in_order);
  EXPECT_FALSE(p.header_digest || p.data_digest);
}

TEST(Negotiation, WhatOpenIscsiSays) {
  Talk talk;
  EXPECT_EQ(talk.say("HeaderDigest=None;DataDigest=None;DefaultTime2Wait=2;DefaultTime2Retain=0;"
                     "IFMarker=No;OFMarker=No;ErrorRecoveryLevel=0;InitialR2T=No;"
                     "ImmediateData=Yes;MaxBurstLength=16776192;FirstBurstLength=262144;"
                     "MaxOutstandingR2T=1;MaxConnections=1;DataPDUInOrder=Yes;"
                     "DataSequenceInOrder=Yes;MaxRecvDataSegmentLength=262144;"),
            "HeaderDigest=None;DataDigest=None;DefaultTime2Wait=2;DefaultTime2Retain=0;"
            "IFMarker=No;OFMarker=No;ErrorRecoveryLevel=0;InitialR2T=No;"
            "ImmediateData=Yes;MaxBurstLength=1048576;MaxOutstandingR2T=1;MaxConnections=1;"
            "DataPDUInOrder=Yes;DataSequenceInOrder=Yes;FirstBurstLength=262144;");
  EXPECT_EQ(talk.parameters().max_send_data_segment_bytes, 262144u);
  EXPECT_EQ(talk.parameters().max_burst_bytes, 1048576u);
  EXPECT_EQ(talk.parameters().first_burst_bytes, 262144u);
  EXPECT_FALSE(talk.parameters().initial_r2t);
}

struct Row {
  const char* offer;
  const char* answer;
};

TEST(Negotiation, Booleans) {
  TargetParameters lenient;  // InitialR2T=No, ImmediateData=Yes
  lenient.initial_r2t = false;
  lenient.immediate_data = true;
  TargetParameters strict;
  strict.initial_r2t = true;
  strict.immediate_data = false;
  for (const char* said : {"Yes", "No"}) {
    const std::string offer = said;
    EXPECT_EQ(Talk(lenient).say("InitialR2T=" + offer + ";"), "InitialR2T=" + offer + ";");
    EXPECT_EQ(Talk(lenient).say("ImmediateData=" + offer + ";"), "ImmediateData=" + offer + ";");
    EXPECT_EQ(Talk(strict).say("InitialR2T=" + offer + ";"), "InitialR2T=Yes;");
    EXPECT_EQ(Talk(strict).say("ImmediateData=" + offer + ";"), "ImmediateData=No;");
  }
  EXPECT_EQ(Talk().say("DataPDUInOrder=No;"), "DataPDUInOrder=Yes;");
  EXPECT_EQ(Talk().say("DataSequenceInOrder=No;"), "DataSequenceInOrder=Yes;");
}

TEST(Negotiation, NumbersAndTheirRanges) {
  const Row rows[] = {
      {"MaxConnections=65535;", "MaxConnections=1;"},
      {"MaxConnections=0;", "MaxConnections=Reject;"},
      {"MaxConnections=65536;", "MaxConnections=Reject;"},
      {"MaxBurstLength=512;", "MaxBurstLength=512;"},
      {"MaxBurstLength=511;", "MaxBurstLength=Reject;"},
      {"MaxBurstLength=16777215;", "MaxBurstLength=1048576;"},
      {"MaxBurstLength=16777216;", "MaxBurstLength=Reject;"},
      {"MaxBurstLength=0x800;", "MaxBurstLength=2048;"},
      {"MaxBurstLength=-1;", "MaxBurstLength=Reject;"},
      {"MaxBurstLength=;", "MaxBurstLength=Reject;"},
      {"FirstBurstLength=512;", "FirstBurstLength=512;"},
      {"FirstBurstLength=100;", "FirstBurstLength=Reject;"},
      {"DefaultTime2Wait=0;", "DefaultTime2Wait=2;"},
      {"DefaultTime2Wait=3600;", "DefaultTime2Wait=3600;"},
      {"DefaultTime2Wait=3601;", "DefaultTime2Wait=Reject;"},
      {"DefaultTime2Retain=3600;", "DefaultTime2Retain=0;"},
      {"MaxOutstandingR2T=16;", "MaxOutstandingR2T=8;"},
      {"MaxOutstandingR2T=3;", "MaxOutstandingR2T=3;"},
      {"MaxOutstandingR2T=0;", "MaxOutstandingR2T=Reject;"},
      {"ErrorRecoveryLevel=2;", "ErrorRecoveryLevel=0;"},
      {"ErrorRecoveryLevel=3;", "ErrorRecoveryLevel=Reject;"},
      {"iSCSIProtocolLevel=3;", "iSCSIProtocolLevel=2;"},
      {"iSCSIProtocolLevel=32;", "iSCSIProtocolLevel=Reject;"},
      {"InitialR2T=yes;", "InitialR2T=Reject;"},
      {"ImmediateData=1;", "ImmediateData=Reject;"},
  };
  for (const Row& row : rows) EXPECT_EQ(Talk().say(row.offer), row.answer);
}

TEST(Negotiation, RejectedOffersChangeNothing) {
  Talk talk;
  talk.say("MaxBurstLength=1;MaxRecvDataSegmentLength=511;HeaderDigest=MD5;InitialR2T=maybe;");
  EXPECT_EQ(talk.parameters().max_burst_bytes, 262144u);
  EXPECT_EQ(talk.parameters().max_send_data_segment_bytes, 8192u);
  EXPECT_FALSE(talk.parameters().header_digest);
  EXPECT_TRUE(talk.parameters().initial_r2t);
}

TEST(Negotiation, DigestsInTheInitiatorsOrder) {
  EXPECT_EQ(Talk().say("HeaderDigest=CRC32C,None;"), "HeaderDigest=CRC32C;");
  EXPECT_EQ(Talk().say("HeaderDigest=None,CRC32C;"), "HeaderDigest=None;");
  EXPECT_EQ(Talk().say("DataDigest=X-com.example.md5,CRC32C;"), "DataDigest=CRC32C;");
  EXPECT_EQ(Talk().say("DataDigest=crc32c;"), "DataDigest=Reject;");
  EXPECT_EQ(Talk().say("DataDigest=;"), "DataDigest=Reject;");
  EXPECT_EQ(Talk().say("DataDigest=CRC32C2;"), "DataDigest=Reject;");
}

TEST(Negotiation, DigestsApply) {
  Talk talk;
  talk.say("HeaderDigest=CRC32C;DataDigest=None;");
  EXPECT_TRUE(talk.parameters().header_digest);
  EXPECT_FALSE(talk.parameters().data_digest);
}

TEST(Negotiation, DigestThatTheOperatorWants) {
  TargetParameters offer;
  offer.header_digest.none = false;
  Talk without(offer);
  EXPECT_EQ(without.say("HeaderDigest=None;"), "HeaderDigest=Reject;");
  EXPECT_FALSE(without.negotiation.digests_acceptable());
  Talk with(offer);
  EXPECT_EQ(with.say("HeaderDigest=None,CRC32C;"), "HeaderDigest=CRC32C;");
  EXPECT_TRUE(with.negotiation.digests_acceptable());
}

TEST(Negotiation, DigestThatTheOperatorForbids) {
  TargetParameters offer;
  offer.data_digest.crc32c = false;
  EXPECT_EQ(Talk(offer).say("DataDigest=CRC32C,None;"), "DataDigest=None;");
}

TEST(Negotiation, FirstBurstStaysWithinMaxBurst) {
  Talk talk;
  EXPECT_EQ(talk.say("FirstBurstLength=200000;MaxBurstLength=4096;"),
            "MaxBurstLength=4096;FirstBurstLength=4096;");
  EXPECT_EQ(talk.parameters().first_burst_bytes, 4096u);
  Talk silent;
  silent.say("MaxBurstLength=4096;");
  EXPECT_EQ(silent.parameters().first_burst_bytes, 4096u);
}

TEST(Negotiation, UnknownKeys) {
  EXPECT_EQ(Talk().say("X-com.example.speed=11;a=b;maxburstlength=512;"),
            "X-com.example.speed=NotUnderstood;a=NotUnderstood;maxburstlength=NotUnderstood;");
}

TEST(Negotiation, ObsoleteKeysAreNeverNotUnderstood) {
  EXPECT_EQ(Talk().say("IFMarker=Yes;OFMarker=Yes;IFMarkInt=2048~8192;OFMarkInt=Irrelevant;"),
            "IFMarker=No;OFMarker=No;IFMarkInt=Reject;OFMarkInt=Reject;");
}

TEST(Negotiation, KeysThatOnlyATargetSends) {
  EXPECT_EQ(Talk().say("TargetAlias=x;TargetAddress=1.2.3.4;TargetPortalGroupTag=1;"),
            "TargetAlias=Reject;TargetAddress=Reject;TargetPortalGroupTag=Reject;");
}

TEST(Negotiation, TaskReporting) {
  EXPECT_EQ(Talk().say("TaskReporting=FastAbort,ResponseFence,RFC3720;"), "TaskReporting=RFC3720;");
  EXPECT_EQ(Talk().say("TaskReporting=FastAbort;"), "TaskReporting=Reject;");
}

TEST(Negotiation, IrrelevantInDiscovery) {
  Talk talk;
  talk.type = SessionType::kDiscovery;
  EXPECT_EQ(talk.say("InitialR2T=Yes;ImmediateData=Yes;MaxBurstLength=512;FirstBurstLength=512;"
                     "MaxOutstandingR2T=1;MaxConnections=1;DataPDUInOrder=Yes;"
                     "DataSequenceInOrder=Yes;TaskReporting=RFC3720;iSCSIProtocolLevel=1;"),
            "InitialR2T=Irrelevant;ImmediateData=Irrelevant;MaxBurstLength=Irrelevant;"
            "MaxOutstandingR2T=Irrelevant;MaxConnections=Irrelevant;DataPDUInOrder=Irrelevant;"
            "DataSequenceInOrder=Irrelevant;TaskReporting=Irrelevant;"
            "iSCSIProtocolLevel=Irrelevant;FirstBurstLength=Irrelevant;");
  EXPECT_EQ(talk.parameters().max_burst_bytes, 262144u);
  EXPECT_EQ(talk.say("HeaderDigest=None;DefaultTime2Wait=5;ErrorRecoveryLevel=0;"),
            "HeaderDigest=None;DefaultTime2Wait=5;ErrorRecoveryLevel=0;");
}

TEST(Negotiation, RepeatedKeys) {
  Talk talk;
  talk.say("MaxBurstLength=512;");
  EXPECT_EQ(talk.say("MaxBurstLength=512;"), "repeated_key");
}

TEST(Negotiation, RejectedOffersMayBeRepeated) {
  Talk talk;
  EXPECT_EQ(talk.say("MaxBurstLength=1;"), "MaxBurstLength=Reject;");
  EXPECT_EQ(talk.say("MaxBurstLength=512;"), "MaxBurstLength=512;");
}

TEST(Negotiation, DeclarationsMayBeRepeatedInAnyPhase) {
  Talk talk;
  EXPECT_EQ(talk.say("MaxRecvDataSegmentLength=4096;", kInSecurity), "");
  EXPECT_EQ(talk.parameters().max_send_data_segment_bytes, 4096u);
  EXPECT_EQ(talk.say("MaxRecvDataSegmentLength=65536;", kInOperational), "");
  EXPECT_EQ(talk.say("MaxRecvDataSegmentLength=16777215;", kInFullFeature), "");
  EXPECT_EQ(talk.parameters().max_send_data_segment_bytes, 16777215u);
  EXPECT_EQ(talk.say("MaxRecvDataSegmentLength=16777216;"), "MaxRecvDataSegmentLength=Reject;");
}

TEST(Negotiation, KeysOutOfTheirPhase) {
  Talk talk;
  EXPECT_EQ(talk.say("MaxBurstLength=512;HeaderDigest=None;SendTargets=All;", kInSecurity),
            "MaxBurstLength=Reject;HeaderDigest=Reject;SendTargets=Reject;");
  EXPECT_EQ(talk.say("AuthMethod=None;"), "AuthMethod=Reject;");
  EXPECT_EQ(talk.say("ErrorRecoveryLevel=0;MaxConnections=1;InitiatorName=x;SessionType=Normal;"
                     "AuthMethod=None;HeaderDigest=CRC32C;",
                     kInFullFeature),
            "ErrorRecoveryLevel=Reject;MaxConnections=Reject;InitiatorName=Reject;"
            "SessionType=Reject;AuthMethod=Reject;HeaderDigest=Reject;");
  EXPECT_EQ(talk.say("MaxBurstLength=512;"), "MaxBurstLength=512;") << "still free";
}

TEST(Negotiation, OthersKeysArePassedOver) {
  Talk talk;
  EXPECT_EQ(talk.say("AuthMethod=None;InitiatorAlias=me;", kInSecurity), "");
  EXPECT_EQ(talk.say("SendTargets=All;InitiatorAlias=me;", kInFullFeature), "");
  EXPECT_EQ(talk.say("SendTargets=All;", kInFullFeature), "");
}

TEST(Negotiation, AnswersAreBounded) {
  std::string many;
  for (int i = 0; i < 64; ++i) many += "K" + std::to_string(i) + "=b;";
  EXPECT_LT(Talk().say(many).size(), 2000u);
  Talk narrow;
  narrow.bytes_max = 100;
  EXPECT_EQ(narrow.say(many), "reply_too_long");
}

TEST(Negotiation, DeclaresOurSegmentOnce) {
  Negotiation negotiation{TargetParameters{}};
  TextBuilder reply;
  negotiation.declare(reply);
  negotiation.declare(reply);
  EXPECT_EQ(reply.text(), std::string("MaxRecvDataSegmentLength=262144\0", 32));
  EXPECT_EQ(negotiation.parameters().max_recv_data_segment_bytes, 262144u);
}

TEST(KeyTable, RowsAreSound) {
  for (const KeyRow& row : key_table()) {
    EXPECT_EQ(find_key(row.name), &row) << row.name << " stands there twice";
    EXPECT_LE(row.low, row.high) << row.name;
    EXPECT_LE(row.name.size(), limits::kTextKeyBytesMax);
    EXPECT_NE(row.phases, 0) << row.name;
    EXPECT_FALSE(row.section.empty()) << row.name;
    const bool combines = row.kind == KeyKind::kBooleanAnd || row.kind == KeyKind::kBooleanOr ||
                          row.kind == KeyKind::kNumberMin || row.kind == KeyKind::kNumberMax;
    EXPECT_EQ(combines, row.ours != nullptr) << row.name;
    EXPECT_EQ(row.kind == KeyKind::kList, row.takes != nullptr) << row.name;
  }
  EXPECT_LE(key_table().size(), 64u);
}

}  // namespace
}  // namespace lungate::iscsi
