// SPDX-License-Identifier: LGPL-2.1-or-later

// MODE SELECT 6, 10 (SPC-4, 6.11, 6.12). Everything that is sent must be changeable or equal what
// it is now. The whole list is judged before anything changes.
#include <limits>

#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/mode_pages.h"
#include "scsi/mode_parameters.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

constexpr std::uint8_t kModeSelect6 = 0x15;

std::uint64_t list_bytes(const Cdb& cdb) {
  if (cdb.opcode() == kModeSelect6) return as<Mode6>(cdb).bytes;
  return as<Mode10>(cdb).bytes;
}

std::uint16_t position(std::size_t at) {
  return static_cast<std::uint16_t>(at);
}

/// A page's header, of whichever form.
struct PageHeader {
  std::uint8_t code = 0;
  std::uint8_t subpage = 0;
  std::size_t bytes = 0;        // that follow the header
  std::size_t own_bytes = 2;    // of the header
  std::size_t length_byte = 1;  // where `bytes` stands

  bool long_form() const { return own_bytes == 4; }
};

/// Nothing if there is not all of it. PS is reserved here.
std::optional<PageHeader> page_header(Bytes list) {
  struct Short {
    std::uint8_t code = 0;
    std::uint8_t bytes = 0;
  };
  struct Long {
    std::uint8_t code = 0;
    std::uint8_t subpage = 0;
    be16 bytes;
  };
  constexpr std::uint8_t kCode = 0x3f;
  constexpr std::uint8_t kSubpageFormat = 0x40;
  if (list.size() < sizeof(Short)) return std::nullopt;
  const auto brief = load<Short>(list);
  const auto code = static_cast<std::uint8_t>(brief.code & kCode);
  if ((brief.code & kSubpageFormat) == 0) return PageHeader{code, 0, brief.bytes};
  if (list.size() < sizeof(Long)) return std::nullopt;
  const auto full = load<Long>(list);
  return PageHeader{code, full.subpage, full.bytes, sizeof(Long), offsetof(Long, bytes)};
}

// A field pointer counts from the beginning of the parameter list, header included.

/// Reads a parameter list from its beginning to its end; the first mistake is kept and stops it.
class ListReader {
 public:
  ListReader(Bytes list, const Unit& unit) : list_(list), unit_(unit), mode_(unit.mode) {}

  template <class Header>
  void read_header();
  void read_pages();

  const std::optional<Sense>& mistake() const { return mistake_; }
  const ModeState& mode() const { return mode_; }

 private:
  Bytes rest() const { return list_.subspan(at_); }
  void too_short() { mistake_ = Sense{sense::kParameterListLengthError, {}, {}}; }
  void wrong(std::size_t at, std::optional<std::uint8_t> bit = std::nullopt) {
    mistake_ = invalid_field_in_list(position(at), bit);
  }
  void read_block_descriptor();
  void read_page();
  void compare(const ModePage& page, Bytes sent);

  const Bytes list_;
  const Unit& unit_;
  ModeState mode_;
  std::size_t at_ = 0;
  std::optional<Sense> mistake_;
};

template <class Header>
void ListReader::read_header() {
  if (list_.size() < sizeof(Header)) return too_short();
  const auto header = load<Header>(list_);
  // Data length and device-specific byte are reserved here or ignored (SBC-3, 6.4.1).
  if (header.medium_type != 0) return wrong(offsetof(Header, medium_type));
  at_ = sizeof(Header);
  if (header.descriptor_bytes == 0) return;
  if (header.descriptor_bytes != sizeof(BlockDescriptor))
    return wrong(offsetof(Header, descriptor_bytes));
  read_block_descriptor();
}

/// The unit's size is not ours to change; no blocks means that it is left alone.
void ListReader::read_block_descriptor() {
  if (rest().size() < sizeof(BlockDescriptor)) return too_short();
  const auto sent = load<BlockDescriptor>(rest());
  const BlockDescriptor ours = block_descriptor(unit_.geometry);
  if (sent.blocks != 0 && sent.blocks != ours.blocks) return wrong(at_);
  if (sent.block_bytes != ours.block_bytes)
    return wrong(at_ + offsetof(BlockDescriptor, block_bytes));
  at_ += sizeof(BlockDescriptor);
}

void ListReader::read_pages() {
  while (!mistake_ && !rest().empty()) read_page();
}

void ListReader::read_page() {
  const std::optional<PageHeader> header = page_header(rest());
  if (!header) return too_short();
  const ModePage* page = find_mode_page(header->code, header->subpage);
  // Subpage 0 is the page itself, which has the short form.
  if (header->long_form() && header->subpage == 0) return wrong(at_, 6);
  if (page == nullptr) return wrong(at_, 5);
  if (header->bytes + header->own_bytes != page->bytes) return wrong(at_ + header->length_byte);
  if (rest().size() < page->bytes) return too_short();
  compare(*page, rest().first(page->bytes));
  at_ += page->bytes;
}

void ListReader::compare(const ModePage& page, Bytes sent) {
  const ModePageBytes current = mode_page_bytes(page, PageControl::kCurrent, unit_);
  const ModePageBytes changeable = mode_page_bytes(page, PageControl::kChangeable, unit_);
  for (std::size_t i = page.header_bytes(); i < sent.size(); ++i)
    if (((sent[i] ^ current[i]) & ~changeable[i]) != std::byte{0}) return wrong(at_ + i);
  if (page.apply != nullptr) page.apply(sent, mode_);
}

/// GOOD: every loop has seen the change. BUSY: another was faster, or the unit is gone.
Step changed(Execution& execution) {
  if (execution.changed.status == Status::kGood) return good(execution);
  return end(execution, execution.changed.status);
}

}  // namespace

std::uint64_t mode_select_bytes(const Cdb& cdb, std::uint32_t) {
  return list_bytes(cdb);
}

std::optional<Sense> mode_select_refusal(const Cdb& cdb, const Unit&) {
  constexpr std::uint8_t kPageFormat = 0x10;
  constexpr std::uint8_t kListBytes10 = 7;
  if (list_bytes(cdb) > limits::kParameterListBytesMax) return invalid_field_in_cdb(kListBytes10);
  if (list_bytes(cdb) > 0 && (cdb.bytes[1] & kPageFormat) == 0) return invalid_field_in_cdb(1, 4);
  return std::nullopt;
}

Step mode_select(Execution& execution) {
  execution.transfer_bytes = execution.planned.bytes;
  if (execution.planned.bytes == 0) return good(execution);
  if (execution.data_out.size() < execution.planned.bytes)
    return fail(execution, {sense::kParameterListLengthError, {}, {}});

  ListReader reader(execution.data_out, *execution.unit);
  if (execution.cdb.opcode() == kModeSelect6)
    reader.read_header<ModeHeader6>();
  else
    reader.read_header<ModeHeader10>();
  reader.read_pages();
  if (reader.mistake()) return fail(execution, *reader.mistake());
  if (reader.mode() == execution.unit->mode) return good(execution);
  execution.change = ModeChange{execution.unit->mode, reader.mode()};
  execution.next = changed;
  return Step::kChange;
}

}  // namespace lungate::scsi
