// Searches the one- and two-byte opcode maps.
#include "cpu/row_encodings.h"

#include "cpu/encoding_head.h"

namespace ringdown {

namespace {

constexpr u8 kTwoByteEscape = 0x0f;
/// JCXZ is JECXZ with an address-size prefix; other encodings do not need one.
constexpr u8 kAddressSize = 0x67, kJecxz = 0xe3;
constexpr std::array<u8, 5> kMandatoryPrefixes = {0x00, 0x66, 0xf2, 0xf3, kAddressSize};

class Search {
 public:
  std::vector<RowEncodings> run() {
    for (const InstructionRow& row : instruction_table()) found_.push_back({&row, {}});
    found_.push_back({nullptr, {}});
    for (const u8 prefix : kMandatoryPrefixes) {
      for (const bool two_bytes : {false, true}) {
        for (unsigned opcode = 0; opcode < 256; ++opcode) visit(prefix, two_bytes, static_cast<u8>(opcode));
      }
    }
    return std::move(found_);
  }

 private:
  struct Decoded {
    bool known = false;
    bool has_modrm = true;
    const InstructionRow* row = nullptr;
  };

  void visit(u8 prefix, bool two_bytes, u8 opcode) {
    const bool is_escape = !two_bytes && opcode == kTwoByteEscape;
    // Other prefixes are the generator's to add; behind 0F 38 and 0F 3A come newer instructions.
    const bool leads_elsewhere = two_bytes && (opcode == 0x38 || opcode == 0x3a);
    if (prefix == kAddressSize && (two_bytes || opcode != kJecxz)) return;
    if (is_escape || leads_elsewhere || (!two_bytes && is_legacy_prefix(opcode))) return;
    for (unsigned modrm = 0; modrm < 256; ++modrm) {
      const bool is_memory = modrm < 0xc0;
      if (is_memory && (modrm & 0xc7) != 0) continue;  // one for all memory forms
      const Decoded decoded = decode(prefix, two_bytes, opcode, static_cast<u8>(modrm));
      const bool newer = decoded.known && decoded.row == nullptr;
      if (newer) continue;
      add(decoded.row, {prefix, two_bytes, opcode, {}}, decoded.has_modrm, static_cast<u8>(modrm));
      if (!decoded.has_modrm) return;
    }
  }

  static Decoded decode(u8 prefix, bool two_bytes, u8 opcode, u8 modrm) {
    std::array<u8, ZYDIS_MAX_INSTRUCTION_LENGTH> code{};
    std::size_t at = 0;
    if (prefix != 0) code[at++] = prefix;
    if (two_bytes) code[at++] = kTwoByteEscape;
    code[at++] = opcode;
    code[at] = modrm;
    ZydisDecodedInstruction instruction;
    std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&table_decoder(ZYDIS_MACHINE_MODE_LEGACY_32), code.data(),
                                             code.size(), &instruction, operands.data())))
      return {};
    return {true, (instruction.attributes & ZYDIS_ATTRIB_HAS_MODRM) != 0,
            find_row(instruction, {operands.data(), instruction.operand_count})};
  }

  void add(const InstructionRow* row, RowEncoding encoding, bool has_modrm, u8 modrm) {
    const std::size_t at = row != nullptr ? static_cast<std::size_t>(row - instruction_table().data())
                                          : instruction_table().size();
    std::vector<RowEncoding>& encodings = found_[at].encodings;
    const bool same = !encodings.empty() && encodings.back().prefix == encoding.prefix &&
                      encodings.back().two_bytes == encoding.two_bytes &&
                      encodings.back().opcode == encoding.opcode;
    if (!same) encodings.push_back(std::move(encoding));
    if (has_modrm) encodings.back().modrm.push_back(modrm);
  }

  std::vector<RowEncodings> found_;
};

}  // namespace

const ZydisDecoder& table_decoder(ZydisMachineMode mode) {
  const auto make = [](ZydisMachineMode of, ZydisStackWidth width) {
    ZydisDecoder decoder;
    ZydisDecoderInit(&decoder, of, width);
    // Bounds registers are of the past: their encodings are NOPs again, some of which MPX had refused.
    ZydisDecoderEnableMode(&decoder, ZYDIS_DECODER_MODE_MPX, ZYAN_FALSE);
    return decoder;
  };
  static const ZydisDecoder decoder64 = make(ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  static const ZydisDecoder decoder32 = make(ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
  static const ZydisDecoder decoder16 = make(ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16);
  if (mode == ZYDIS_MACHINE_MODE_LONG_64) return decoder64;
  return mode == ZYDIS_MACHINE_MODE_LEGACY_32 ? decoder32 : decoder16;
}

std::span<const RowEncodings> row_encodings() {
  static const std::vector<RowEncodings> encodings = Search().run();
  return encodings;
}

}  // namespace ringdown
