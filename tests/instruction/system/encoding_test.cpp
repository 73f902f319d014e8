// What the decoder hands to the operations on privileged state: the row and the fields each one reads.
#include "cpu/decoder.h"
#include "cpu/execute/terminators.h"
#include "tests/instruction/system/system_machine.h"

namespace ringdown::test {

namespace {

struct Decoded {
  const InstructionRow* row = nullptr;  // nullptr: no such instruction
  Operation op;
};

enum class CodeSize : u8 { Bits16, Bits32 };

class Encodings {
 public:
  Decoded decode(std::initializer_list<u8> bytes, CodeSize code = CodeSize::Bits32) {
    std::array<u8, 16> buffer{};
    std::copy(bytes.begin(), bytes.end(), buffer.begin());
    DecodeRequest request;
    request.bytes = buffer;
    request.eip = 0x100;
    request.mode.code32 = code == CodeSize::Bits32;
    request.mode.single = true;
    REQUIRE(decoder_.decode(request, block_) == DecodeStatus::Done);
    Decoded decoded;
    decoded.op = block_.storage.front();
    if (decoded.op.handler != &raise_invalid_opcode)
      decoded.row = &instruction_table()[decoded.op.instruction];
    return decoded;
  }

 private:
  Decoder decoder_{CpuModel::standard()};
  DecodedBlock block_;
};

}  // namespace

TEST_CASE("Segment register instructions carry the number of the segment register") {
  Encodings encodings;
  struct Case {
    std::initializer_list<u8> bytes;
    SystemOperation operation;
    Segment segment;
  };
  const Case cases[] = {
      {{0x06}, op_push_sreg, Segment::Es},
      {{0x0e}, op_push_sreg, Segment::Cs},
      {{0x16}, op_push_sreg, Segment::Ss},
      {{0x1e}, op_push_sreg, Segment::Ds},
      {{0x0f, 0xa0}, op_push_sreg, Segment::Fs},
      {{0x0f, 0xa8}, op_push_sreg, Segment::Gs},
      {{0x07}, op_pop_sreg, Segment::Es},
      {{0x17}, op_pop_sreg, Segment::Ss},
      {{0x1f}, op_pop_sreg, Segment::Ds},
      {{0x0f, 0xa1}, op_pop_sreg, Segment::Fs},
      {{0x0f, 0xa9}, op_pop_sreg, Segment::Gs},
      {{0x8e, 0xe3}, op_mov_to_sreg, Segment::Fs},
      {{0x8c, 0xd3}, op_mov_from_sreg, Segment::Ss},
  };
  for (const Case& c : cases) {
    const Decoded decoded = encodings.decode(c.bytes);
    REQUIRE(decoded.row != nullptr);
    INFO(decoded.row->name);
    CHECK(decoded.row->system == c.operation);
    CHECK(static_cast<Segment>(decoded.op.number) == c.segment);
  }
  const Decoded from = encodings.decode({0x8c, 0xd3});
  CHECK(from.op.rm == offset_of(Gpr::Ebx));
  CHECK(from.op.size == OperandSize::Dword);
  CHECK(encodings.decode({0x66, 0x8c, 0xd3}).op.size == OperandSize::Word);
  CHECK(encodings.decode({0x66, 0x06}).op.size == OperandSize::Word);
  CHECK(encodings.decode({0x06}, CodeSize::Bits16).op.size == OperandSize::Word);
  CHECK(encodings.decode({0x8e, 0xcb}).row == nullptr);  // MOV CS
}

TEST_CASE("Far transfers carry their pointer, returns what they release") {
  Encodings encodings;
  const Decoded jump = encodings.decode({0xea, 0x78, 0x56, 0x34, 0x12, 0x08, 0x00});
  CHECK(jump.row->system == op_jmp_far);
  CHECK(jump.op.immediate == 0x1234'5678);
  CHECK(jump.op.extra == 8);
  CHECK(!jump.op.memory);
  const Decoded call = encodings.decode({0x9a, 0x34, 0x12, 0x00, 0xf0}, CodeSize::Bits16);
  CHECK(call.row->system == op_call_far);
  CHECK(call.op.immediate == 0x1234);
  CHECK(call.op.extra == 0xf000);
  CHECK(call.op.size == OperandSize::Word);
  CHECK(!call.op.memory);
  const Decoded through = encodings.decode({0xff, 0x18});
  CHECK(through.row->system == op_call_far);
  CHECK(through.op.memory);
  CHECK(through.op.base == offset_of(Gpr::Eax));
  CHECK(encodings.decode({0xff, 0x2f}, CodeSize::Bits16).row->system == op_jmp_far);
  CHECK(encodings.decode({0xca, 0x04, 0x00}).op.immediate == 4);
  CHECK(encodings.decode({0xcb}).op.immediate == 0);
  CHECK(encodings.decode({0xcb}).row->system == op_ret_far);
  CHECK(encodings.decode({0xcf}).op.size == OperandSize::Dword);
  CHECK(encodings.decode({0xcf}, CodeSize::Bits16).op.size == OperandSize::Word);
  CHECK(encodings.decode({0x66, 0xcf}, CodeSize::Bits16).op.size == OperandSize::Dword);
  CHECK(encodings.decode({0xcd, 0x80}).op.immediate == 0x80);
  CHECK(encodings.decode({0x66, 0x9c}, CodeSize::Bits16).op.size == OperandSize::Dword);
  const Decoded lss = encodings.decode({0x0f, 0xb2, 0x23});
  CHECK(lss.row->system == op_lss);
  CHECK(lss.op.reg == offset_of(Gpr::Esp));
  CHECK(lss.op.base == offset_of(Gpr::Ebx));
}

TEST_CASE("Port instructions know where their port is") {
  Encodings encodings;
  const Decoded in = encodings.decode({0xe4, 0x60});
  CHECK(in.row->system == op_in_immediate);
  CHECK(in.op.immediate == 0x60);
  CHECK(in.op.size == OperandSize::Byte);
  const Decoded out = encodings.decode({0xe7, 0x80});
  CHECK(out.row->system == op_out_immediate);
  CHECK(out.op.immediate == 0x80);
  CHECK(out.op.size == OperandSize::Dword);
  CHECK(encodings.decode({0x66, 0xed}).row->system == op_in_dx);
  CHECK(encodings.decode({0x66, 0xed}).op.size == OperandSize::Word);
  CHECK(encodings.decode({0xee}).row->system == op_out_dx);
  const Decoded outs = encodings.decode({0xf3, 0x26, 0x6f});
  CHECK(outs.row->system == op_outsd);
  CHECK(outs.op.segment == Segment::Es);
  CHECK(outs.op.repeat != Repeat::None);
  CHECK(encodings.decode({0x6e}).op.segment == Segment::Ds);
  const Decoded ins = encodings.decode({0xf3, 0x6d}, CodeSize::Bits16);
  CHECK(ins.row->system == op_insw);
  CHECK(ins.op.address16);
}

TEST_CASE("System registers and selectors carry number, operand and size") {
  Encodings encodings;
  const Decoded to_cr3 = encodings.decode({0x0f, 0x22, 0xd9});
  CHECK(to_cr3.row->system == op_mov_to_cr);
  CHECK(to_cr3.op.number == 3);
  CHECK(to_cr3.op.rm == offset_of(Gpr::Ecx));
  const Decoded from_dr7 = encodings.decode({0x0f, 0x21, 0xfa});
  CHECK(from_dr7.row->system == op_mov_from_dr);
  CHECK(from_dr7.op.number == 7);
  CHECK(from_dr7.op.rm == offset_of(Gpr::Edx));
  CHECK(encodings.decode({0x0f, 0x22, 0xd9}, CodeSize::Bits16).op.rm == offset_of(Gpr::Ecx));
  const Decoded lgdt = encodings.decode({0x0f, 0x01, 0x16, 0x34, 0x12}, CodeSize::Bits16);
  CHECK(lgdt.row->system == op_lgdt);
  CHECK(lgdt.op.size == OperandSize::Word);
  CHECK(lgdt.op.displacement == 0x1234);
  CHECK(lgdt.op.memory);
  CHECK(encodings.decode({0x66, 0x0f, 0x01, 0x16, 0x34, 0x12}, CodeSize::Bits16).op.size ==
        OperandSize::Dword);
  const Decoded lar = encodings.decode({0x0f, 0x02, 0xc1});
  CHECK(lar.row->system == op_lar);
  CHECK(lar.op.reg == offset_of(Gpr::Eax));
  CHECK(lar.op.rm == offset_of(Gpr::Ecx));
  const Decoded arpl = encodings.decode({0x63, 0xc1});
  CHECK(arpl.row->system == op_arpl);
  CHECK(arpl.op.reg == offset_of(Gpr::Eax));
  CHECK(arpl.op.rm == offset_of(Gpr::Ecx));
  CHECK(encodings.decode({0x0f, 0x00, 0xd8}).row->system == op_ltr);
  CHECK(encodings.decode({0x0f, 0x01, 0xf0}).row->system == op_lmsw);
  CHECK(encodings.decode({0x0f, 0x01, 0x38}).row->system == op_invlpg);
  CHECK(encodings.decode({0x0f, 0x01, 0xc0}).row == nullptr);  // SGDT of a register
}

TEST_CASE("Every operation has a row, and the Robin-Irvine list is marked") {
  unsigned rows = 0;
  for (const InstructionRow& row : instruction_table()) {
    if (row.system == nullptr) continue;
    ++rows;
  }
  CHECK(rows > 60);
  for (const char* name :
       {"popf",     "pushf",   "push-cs", "push-sreg", "pop-sreg", "mov-from-sreg", "mov-to-sreg",
        "call-far", "jmp-far", "ret-far", "int",       "sgdt",     "sidt",          "sldt",
        "str",      "smsw",    "lar",     "lsl",       "verr",     "verw"}) {
    INFO(name);
    const InstructionRow* row = find_row(name);
    REQUIRE(row != nullptr);
    CHECK(row->sensitivity == Sensitivity::SensitiveUnprivileged);
  }
}

}  // namespace ringdown::test
