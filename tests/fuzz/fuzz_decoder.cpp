// Fuzzes the decoder with any bytes in every code mode: it reads only what it was given, its blocks are well
// formed, each instruction is the same by itself as in a block, and what it remembers of encodings changes
// nothing.
#include <fmt/core.h>

#include <algorithm>
#include <memory>

#include "cpu/decoder.h"
#include "cpu/instruction_table.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"

using namespace ringdown;
using namespace ringdown::test;

namespace {

constexpr u32 kMaximumInstructionLength = 15;
constexpr std::size_t kMaximumBytes = 256;

/// One decode of bytes that end where their allocation does.
struct Decoded {
  Decoded(Decoder& decoder, DecodeRequest request, std::span<const u8> code)
      : bytes(std::make_unique<u8[]>(code.size())) {
    std::copy(code.begin(), code.end(), bytes.get());
    request.bytes = {bytes.get(), code.size()};
    status = decoder.decode(request, block);
  }
  std::unique_ptr<u8[]> bytes;
  DecodedBlock block;
  DecodeStatus status;
};

std::string hexadecimal(std::span<const u8> code) {
  std::string text = "code:";
  for (const u8 byte : code) text += fmt::format(" {:02x}", byte);
  return text + '\n';
}

/// What is wrong with a block as such; empty if nothing.
std::string check_shape(const DecodedBlock& block, std::size_t available) {
  if (block.instruction_count == 0 || block.instruction_count > Decoder::kMaximumInstructions)
    return fmt::format("a block of {} instructions\n", block.instruction_count);
  if (block.byte_length == 0 || block.byte_length > available)
    return fmt::format("a block of {} bytes of {}\n", block.byte_length, available);
  std::string text;
  // Perhaps one more that falls through. The last two instructions may be one operation.
  const u32 operations = block.operation_count;
  if (operations + 1 < block.instruction_count || operations > block.instruction_count + 1)
    text += fmt::format("{} operations for {} instructions\n", operations, block.instruction_count);
  for (std::size_t i = 0; i < operations; ++i) {
    const Operation& op = block.storage[i];
    if (op.handler == nullptr) text += fmt::format("operation {} has no handler\n", i);
    if (op.length > kMaximumInstructionLength) text += fmt::format("operation {} is too long\n", i);
    if (op.instruction >= instruction_table().size()) text += fmt::format("operation {} has no row\n", i);
    if (op.remaining != 0 && op.remaining + i != block.instruction_count)
      text += fmt::format("operation {} has {} remaining\n", i, op.remaining);
  }
  return text;
}

/// An operation in a block and the same instruction by itself: handlers may differ, what was decoded may not.
bool same_instruction(const Operation& a, const Operation& b) {
  return a.eip == b.eip && a.instruction == b.instruction && a.length == b.length && a.lock == b.lock &&
         a.size == b.size && a.repeat == b.repeat && a.memory == b.memory && a.address16 == b.address16;
}

std::string check(Decoder& decoder, Decoder& forgetful, const DecodeRequest& request,
                  std::span<const u8> code) {
  const Decoded whole(decoder, request, code);
  const Decoded anew(forgetful, request, code);
  if (whole.status != anew.status) return "another status than when decoded anew\n";
  if (whole.status != DecodeStatus::Done) return {};
  if (!std::ranges::equal(whole.block.operations(), anew.block.operations()))
    return "other operations than when decoded anew\n";
  std::string text = check_shape(whole.block, code.size());
  if (!text.empty()) return text;
  DecodeRequest single = request;
  single.mode.single = true;
  for (const Operation& op : whole.block.operations()) {
    if (op.remaining == 0) break;  // falls through
    single.eip = op.eip;
    const Decoded alone(decoder, single, code.subspan(op.eip - request.eip));
    if (alone.status != DecodeStatus::Done || alone.block.instruction_count != 1 ||
        !same_instruction(op, alone.block.storage.front())) {
      text += fmt::format("the instruction at {:x} is another one by itself\n", op.eip);
    }
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzInput input(std::span(data, size));
  const CpuModel& model = CpuModel::all()[input.below(static_cast<unsigned>(CpuModel::all().size()))];
  DecodeRequest request;
  request.eip = input.take<u32>();
  // A limit behind the first byte, mostly far away.
  const u8 limit = input.take<u8>();
  if (limit < 0x40) request.last_eip = std::max(request.eip, request.eip + limit);
  const std::span<const u8> code = input.rest().first(std::min(input.rest().size(), kMaximumBytes));
  if (code.empty()) return 0;
  Decoder decoder(model);
  Decoder forgetful(model, Decoder::Remember::Nothing);
  for (unsigned modes = 0; modes < 32; ++modes) {
    request.mode.code32 = (modes & 1) != 0;
    request.mode.stack32 = (modes & 2) != 0;
    request.mode.paragraph = (modes & 4) != 0;
    request.mode.flat_code = (modes & 8) != 0;
    request.mode.flat_data = (modes & 16) != 0;
    if (const std::string text = check(decoder, forgetful, request, code); !text.empty())
      report_finding(fmt::format("{}, mode bits {:x}\n{}", text, modes, hexadecimal(code)));
  }
  return 0;
}
