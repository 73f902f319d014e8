// Decodes instruction bytes with Zydis and repacks them into the operations of one block.
#pragma once

#include <Zydis/Zydis.h>

#include <functional>
#include <memory>
#include <span>

#include "cpu/block.h"
#include "cpu/cpu_model.h"
#include "cpu/instruction_table.h"

namespace ringdown {

class TrapHandler;

/// Where a block begins and what it may hold.
struct DecodeRequest {
  std::span<const u8> bytes;  // from the first instruction to the end of the page, or what two pages hold
  u32 eip = 0;
  BlockMode mode;
  u32 last_eip = 0xffff'ffff;  // CS limit: no instruction byte may lie behind it
  u32 page_offset = 0;         // of bytes[0]
  /// Bit per byte of the page: an instruction that begins here ends its block. Empty means none.
  std::span<const u64> splits;
};

/// Gives another handler than its own to an instruction that is not stopped (nullptr: its own): a processor
/// that differs from the manual on purpose.
using HandlerSubstitution = std::function<Handler(const InstructionRow& row, const Operation& op)>;

enum class DecodeStatus : u8 {
  Done,
  NeedsNextPage,  // the first instruction crosses the end of `bytes`
  BeyondLimit,    // the first instruction crosses CS's limit: #GP(0)
};

class Decoder {
 public:
  /// Whether instructions whose encoding was met before are made without Zydis; results are the same.
  enum class Remember : u8 { Encodings, Nothing };

  explicit Decoder(const CpuModel& model, Remember remember = Remember::Encodings);

  /// Asked whether a row stops; nullptr lets everything run.
  void set_trap_handler(const TrapHandler* handler) { handler_ = handler; }
  void set_substitution(HandlerSubstitution substitution) { substitution_ = std::move(substitution); }

  DecodeStatus decode(const DecodeRequest& request, DecodedBlock& block);

  /// Brings `op`, which was made of the instruction at `code`, in line with `length` bytes of it from `first`
  /// on that were written since. False, and nothing is done, if they hold more than values, or values that
  /// decide.
  bool update_values(Operation& op, std::span<const u8> code, BlockMode mode, u32 first, u32 length) const;

  /// Instructions per block at most.
  static constexpr unsigned kMaximumInstructions = DecodedBlock::kMaximumInstructions;

 private:
  struct Instruction;

  DecodeStatus decode_one(const DecodeRequest& request, u32 offset, Instruction& instruction);
  DecodeStatus decode_anew(BlockMode mode, std::span<const u8> code, bool limited, Instruction& instruction);
  ZyanStatus run_zydis(BlockMode mode, std::span<const u8> code);
  bool ends_block(const Instruction& instruction, const DecodeRequest& request) const;
  static void find_live_flags(std::span<Instruction> instructions);
  void lower(const DecodeRequest& request, std::span<const Instruction> instructions, DecodedBlock& block);
  void lower_one(const DecodeRequest& request, const Instruction& instruction, Operation& op);
  bool fuse_last(const DecodeRequest& request, std::span<const Instruction> instructions,
                 DecodedBlock& block);
  template <class Lower>
  void lower_by(Lower choose, const DecodeRequest& request, const Instruction& instruction, u32 way,
                Operation& op);
  static void set_exit(const DecodeRequest& request, const Instruction& last, DecodedBlock& block);

  const CpuModel& model_;
  const Remember remember_;
  const TrapHandler* handler_ = nullptr;
  HandlerSubstitution substitution_;
  ZydisDecoder code32_;
  ZydisDecoder code16_;
  struct Scratch;
  std::shared_ptr<Scratch> scratch_;
};

}  // namespace ringdown
