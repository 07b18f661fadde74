// SPDX-License-Identifier: LGPL-2.1-or-later

// The mode pages as rows: how many bytes, what they say now and by default, what of them may be
// changed. MODE SENSE builds from these rows and MODE SELECT compares with them, so what is
// reported as changeable is what can be changed. Pure; any thread.
#include "scsi/mode_pages.h"

#include "base/check.h"

namespace lungate::scsi {
namespace {

/// Read-Write Error Recovery (SBC-3, 6.4.7): the store recovers by its own rules.
struct ErrorRecoveryPage {
  std::uint8_t code = 0x01;
  std::uint8_t length = 0x0a;
  std::array<std::uint8_t, 10> rest{};
};
static_assert(sizeof(ErrorRecoveryPage) == 12);

/// Caching (SBC-3, 6.4.5). WCE is true to the cache and not for an initiator to set: it follows
/// from how the image was opened.
struct CachingPage {
  std::uint8_t code = 0x08;
  std::uint8_t length = 0x12;
  std::uint8_t flags = 0;
  std::array<std::uint8_t, 17> rest{};
};
static_assert(sizeof(CachingPage) == 20);

/// Control (SPC-4, 7.5.8). One task set for all initiators (TST 0), and tasks that another
/// initiator aborts end with TASK ABORTED (TAS 1): without a status a host would wait for its own
/// time-out, 30 s and more, to learn that it has been fenced. Both are what the session does.
struct ControlPage {
  std::uint8_t code = 0x0a;
  std::uint8_t length = 0x0a;
  std::uint8_t flags_2 = 0x02;   // GLTSD: no log parameters are saved
  std::uint8_t queueing = 0x10;  // commands may be reordered without restriction; QERR 0
  std::uint8_t protection = 0;
  std::uint8_t flags_5 = 0x40;  // TAS
  be16 obsolete;
  be16 busy_timeout_100ms;  // 0: undefined
  be16 self_test_s;
};
static_assert(sizeof(ControlPage) == 12);

/// Control Extension (SPC-4, 7.5.9), a subpage of Control. The clock is the machine's (TCMOS), and
/// access states of the port group change by themselves, if at all (IALUAE). Sense data have no
/// limit here but their own (VPD 86).
struct ControlExtensionPage {
  std::uint8_t code = 0x4a;  // SPF
  std::uint8_t subpage = 0x01;
  be16 length = 0x1c;
  std::uint8_t flags = 0x05;
  std::array<std::uint8_t, 27> rest{};
};
static_assert(sizeof(ControlExtensionPage) == 32);

/// Power Condition (SPC-4, 7.5.13): there is one, active, and no timer that would leave it.
struct PowerConditionPage {
  std::uint8_t code = 0x1a;
  std::uint8_t length = 0x26;
  std::array<std::uint8_t, 37> rest{};
  std::uint8_t check_conditions = 0x54;  // none for being woken: 01b for each of three kinds
};
static_assert(sizeof(PowerConditionPage) == kModePageBytesMax);

/// Informational Exceptions Control (SPC-4, 7.5.11): there are none.
struct ExceptionsPage {
  std::uint8_t code = 0x1c;
  std::uint8_t length = 0x0a;
  std::uint8_t flags = 0x08;  // DEXCPT
  std::array<std::uint8_t, 9> rest{};
};
static_assert(sizeof(ExceptionsPage) == 12);

/// Logical Block Provisioning (SBC-3, 6.4.6), a subpage of the one before: one soft threshold, in
/// percent of what is available (SBC-4), told to every nexus (SITUA 0). It is the operator's.
struct ProvisioningPage {
  std::uint8_t code = 0x5c;  // SPF
  std::uint8_t subpage = 0x02;
  be16 length = 0x14;
  std::uint8_t flags = 0;
  std::array<std::uint8_t, 11> rest{};
  std::uint8_t enabled_type_arming = 0x08;  // a percentage, decreasing; not enabled
  std::uint8_t resource = 0x03;             // as the parameter of log page 0Ch
  be16 reserved;
  be32 count;
};
static_assert(sizeof(ProvisioningPage) == 24);

constexpr std::uint8_t kWriteCacheEnable = 0x04;  // in CachingPage::flags
constexpr std::uint8_t kDescriptorSense = 0x04;   // in ControlPage::flags_2
constexpr std::uint8_t kSoftwareProtect = 0x08;   // in ControlPage::protection

void build_error_recovery(const Unit&, const ModeState&, MutableBytes page) {
  store(page, ErrorRecoveryPage{});
}

void build_caching(const Unit& unit, const ModeState&, MutableBytes page) {
  CachingPage caching;
  if (unit.write_cache) caching.flags = kWriteCacheEnable;
  store(page, caching);
}

void build_control(const Unit&, const ModeState& mode, MutableBytes page) {
  ControlPage control;
  if (mode.descriptor_sense) control.flags_2 |= kDescriptorSense;
  if (mode.software_write_protect) control.protection |= kSoftwareProtect;
  store(page, control);
}

void apply_control(Bytes page, ModeState& mode) {
  const auto control = load<ControlPage>(page);
  mode.descriptor_sense = (control.flags_2 & kDescriptorSense) != 0;
  mode.software_write_protect = (control.protection & kSoftwareProtect) != 0;
}

void build_control_extension(const Unit&, const ModeState&, MutableBytes page) {
  store(page, ControlExtensionPage{});
}

void build_power_condition(const Unit&, const ModeState&, MutableBytes page) {
  store(page, PowerConditionPage{});
}

void build_exceptions(const Unit&, const ModeState&, MutableBytes page) {
  store(page, ExceptionsPage{});
}

void build_provisioning_thresholds(const Unit& unit, const ModeState&, MutableBytes page) {
  constexpr std::uint8_t kEnabled = 0x80;
  ProvisioningPage thresholds;
  if (has_threshold(unit)) {
    thresholds.enabled_type_arming |= kEnabled;
    thresholds.count = 100u - unit.threshold_percent;
  }
  store(page, thresholds);
}

/// MODE SENSE's changeable values need no table of their own that could disagree with what MODE
/// SELECT takes: ones where a bit differs between the two modes that have nothing in common. The
/// header stays.
ModePageBytes changeable(const ModePage& page, const Unit& unit) {
  const ModeState all{.software_write_protect = true, .descriptor_sense = true};
  ModePageBytes with_none{};
  ModePageBytes with_all{};
  page.build(unit, ModeState{}, with_none);
  page.build(unit, all, with_all);
  for (std::size_t i = page.header_bytes(); i < page.bytes; ++i) with_none[i] ^= with_all[i];
  return with_none;
}

}  // namespace

std::span<const ModePage> mode_pages() {
  static constexpr std::array<ModePage, 7> kPages = {{
      {0x01, 0x00, sizeof(ErrorRecoveryPage), build_error_recovery, nullptr},
      {0x08, 0x00, sizeof(CachingPage), build_caching, nullptr},
      {0x0a, 0x00, sizeof(ControlPage), build_control, apply_control},
      {0x0a, 0x01, sizeof(ControlExtensionPage), build_control_extension, nullptr},
      {0x1a, 0x00, sizeof(PowerConditionPage), build_power_condition, nullptr},
      {0x1c, 0x00, sizeof(ExceptionsPage), build_exceptions, nullptr},
      {0x1c, 0x02, sizeof(ProvisioningPage), build_provisioning_thresholds, nullptr},
  }};
  return kPages;
}

const ModePage* find_mode_page(std::uint8_t code, std::uint8_t subpage) {
  for (const ModePage& page : mode_pages())
    if (page.code == code && page.subpage == subpage) return &page;
  return nullptr;
}

ModePageBytes mode_page_bytes(const ModePage& page, PageControl control, const Unit& unit) {
  ModePageBytes bytes{};
  switch (control) {
    case PageControl::kCurrent:
      page.build(unit, unit.mode, bytes);
      return bytes;
    case PageControl::kChangeable:
      return changeable(page, unit);
    case PageControl::kDefault:
      page.build(unit, unit.saved_mode_default, bytes);
      return bytes;
    case PageControl::kSaved:
      break;
  }
  check_failed("no page is saved", __FILE__, __LINE__);
}

}  // namespace lungate::scsi
