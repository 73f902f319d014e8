// Runs a ROM, collecting its log and the instructions it reaches.
#include "tests/system/system_run.h"

#include <Zydis/Zydis.h>
#include <fmt/core.h>

#include <array>

#include "frontend/machine/guest_linear.h"
#include "tests/support/conformance_record.h"

namespace ringdown::test {

namespace {

/// Far more than any test needs; one that runs on is stopped there.
constexpr Ticks kLimit = 50'000'000;

/// Finds the table's row of the instruction that is next.
class RowTracer {
 public:
  explicit RowTracer(Machine& machine) : machine_(machine) {
    ZydisDecoderInit(&decoder32_, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
    ZydisDecoderInit(&decoder16_, ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16);
  }

  void note(std::set<std::string>& executed) const {
    const SystemView& view = machine_.processor().guest_view();
    const SegmentRegister& cs = view.state.segment(Segment::Cs);
    std::array<u8, ZYDIS_MAX_INSTRUCTION_LENGTH> bytes{};
    const std::size_t length = read_linear(machine_, GuestLinear(cs.base + view.registers.eip), bytes);
    const bool code32 = cs.attributes.big() && !view.state.paragraph_segments();
    ZydisDecodedInstruction instruction;
    std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
    const ZydisDecoder& decoder = code32 ? decoder32_ : decoder16_;
    if (ZYAN_FAILED(ZydisDecoderDecodeFull(&decoder, bytes.data(), length, &instruction, operands.data())))
      return;
    if (const InstructionRow* row =
            find_row(instruction, std::span(operands).first(instruction.operand_count)))
      executed.insert(row_key(*row));
  }

 private:
  Machine& machine_;
  ZydisDecoder decoder32_;
  ZydisDecoder decoder16_;
};

std::string describe(const Stop& stop) {
  switch (stop.reason) {
    case StopReason::Limit:
      return fmt::format("[still running after {} instructions]", kLimit);
    case StopReason::Idle:
      return "[halted]";
    case StopReason::PowerOff:
      return "[power off]";
    case StopReason::Exit:
      return stop.exit_code == 0 ? "" : fmt::format("[exit {}]", stop.exit_code);
    case StopReason::Reset:
      return "[reset]";
    case StopReason::TripleFault:
      return "[triple fault]";
    case StopReason::Breakpoint:
    case StopReason::Watchpoint:
      return "[debugger]";
    case StopReason::Waiting:
      return "[waiting for a disk]";
    case StopReason::Refused:
      return "[refused]";
    case StopReason::Invariant:
      return "[guest code at physical ring 0]";
  }
  return "";
}

Stop run_to_end(Machine& machine, RowTracing tracing, std::set<std::string>& executed) {
  const RowTracer tracer(machine);
  Stop stop;
  while (machine.ticks() < kLimit) {
    if (tracing == RowTracing::On) tracer.note(executed);
    stop = machine.run(tracing == RowTracing::On ? machine.ticks() + 1 : kLimit);
    if (stop.reason == StopReason::Idle && stop.wake_time != kNeverTime &&
        (machine.processor().guest_view().state.flags & eflags::kIf) != 0) {
      machine.skip_to(stop.wake_time);
    } else if (stop.reason != StopReason::Limit) {
      break;
    }
  }
  return stop;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

}  // namespace

Result<SystemOutcome> run_system_test(const std::filesystem::path& rom, const std::string& cpu_model,
                                      const SystemMode& mode, RowTracing tracing) {
  std::string text;
  MachineConfig config;
  config.memory_bytes = u64{16} << 20;
  config.firmware_path = rom.string();
  config.cpu_model = cpu_model;
  config.mode = mode.mode;
  config.deprivilege = mode.deprivilege;
  config.paging = mode.paging;
  config.single_instruction_blocks = mode.single_instruction_blocks;
  config.debug_console = [&text](u8 character) { text += static_cast<char>(character); };
  Log log;
  Result<std::unique_ptr<Machine>> machine = Machine::create(config, log);
  if (!machine) return machine.error();
  SystemOutcome outcome;
  const Stop stop = run_to_end(**machine, tracing, outcome.executed);
  outcome.log = lines_of(text);
  if (const std::string end = describe(stop); !end.empty()) outcome.log.push_back(end);
  outcome.ticks = (*machine)->ticks();
  return outcome;
}

}  // namespace ringdown::test
