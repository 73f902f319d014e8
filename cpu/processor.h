// The processor: physical state and the block-caching interpreter's loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "core/interrupt_line.h"
#include "core/scheduler.h"
#include "cpu/block.h"
#include "cpu/cpu_model.h"
#include "cpu/decoder.h"
#include "cpu/execution_source.h"
#include "cpu/exit.h"
#include "cpu/fault.h"
#include "cpu/float/x87_state.h"
#include "cpu/instruction_table.h"
#include "cpu/jump_cache.h"
#include "cpu/privileged_state.h"
#include "cpu/processor_counters.h"
#include "cpu/registers.h"
#include "cpu/return_stack.h"
#include "cpu/sse_state.h"
#include "cpu/system/event.h"
#include "cpu/system/io_instruction.h"
#include "cpu/system/view.h"
#include "cpu/trap_handler.h"
#include "mmu/guest_paging.h"
#include "mmu/memory_unit.h"

namespace ringdown {

class BlockCache;

/// Settings fixed at construction.
struct ProcessorConfig {
  bool single_instruction_blocks = false;  // for tests: every block holds one instruction
  HandlerSubstitution substitution = {};   // for experiments: instructions that do something else
};

/// Public members are the architectural state and what handlers (cpu/handler.h) work on.
class Processor final : public TickSource,
                        public SystemBackend,
                        public MemoryObserver,
                        public WatchObserver,
                        public Serializable {
 public:
  Processor(GuestMemory& memory, Bus& ports, const CpuModel& model, ProcessorConfig config = {});
  ~Processor() override;

  // --- State -------------------------------------------------------------------------------------------
  Registers registers;
  PrivilegedState state;  // physical
  X87State x87;
  SseState sse;
  MemoryUnit memory;

  // --- What handlers use -------------------------------------------------------------------------------
  /// Whose rights data accesses have: follows CPL (of the guest, where kernel and user share a physical
  /// ring).
  Privilege privilege = Privilege::Supervisor;
  /// The TLB of that privilege.
  const Tlb* tlb = &memory.tlb(Privilege::Supervisor);
  /// A segment register as fast paths see it: accesses that end at or below an end are within limit and
  /// rights. 0 where only the full check can tell. Follows `state`.
  struct SegmentWindow {
    u64 read_end = 0;
    u64 write_end = 0;
    u32 base = 0;
  };
  std::array<SegmentWindow, kSegmentCount> windows;
  /// x87 registers, tags and status are on the host's unit and not in `x87`
  /// (cpu/execute/x87/host_registers.h): only while handlers run, never between blocks.
  bool x87_on_host = false;
  /// CR0.TS or EM, an x87 exception is pending, or the registers are on the host's unit: x87 and MMX
  /// instructions that find them in `x87` look closer.
  bool fpu_blocked = false;
  void update_fpu_blocked();
  /// The guest's MXCSR is the host's, and not in `sse` (cpu/execute/simd/host_control.h): only while handlers
  /// run, never between blocks.
  bool mxcsr_on_host = false;
  /// CR0 and CR4 let SSE instructions run.
  bool sse_usable = false;
  /// Instructions left before the loop must look up. A block takes its whole length off when it is entered.
  s64 budget = 0;
  /// Instructions of the current block that have been taken off `budget` but not yet retired; 0 between
  /// blocks. Set by slow paths, so that time is exact in mid-block.
  u32 unretired = 0;
  /// Set by a handler that returns nullptr.
  enum class Leave : u8 {
    Boundary,   // registers.eip is the next instruction
    Exception,  // `fault`, raised by `faulting`
    Replaced,   // the trap handler put an event in the place of the instruction
    Again,      // the trap handler wants the instruction to run, by itself
  };
  Leave leave = Leave::Boundary;
  Fault fault{};
  const Operation* faulting = nullptr;
  /// A direct branch that had no target yet: filled in by the loop if it may be linked.
  BlockLink* open_link = nullptr;
  /// The operation that went the slow way to memory last.
  const Operation* storing = nullptr;
  /// Successors of indirect branches and page-crossing direct ones, under `jump_tag()`.
  JumpCache jump_cache;
  /// Where the RETs that come next are expected to lead.
  ReturnStack returns;
  /// Block mode and privilege, in the highest bits.
  static constexpr unsigned kJumpModeShift = 47;
  u64 jump_context = 0;
  /// Of that privilege, below these bits.
  const u64* fetch_generation = &memory.fetch_generation(Privilege::Supervisor);
  u64 jump_tag() const { return jump_context | *fetch_generation; }
  /// Leaves the block soon if a slow access changed a translation that instructions are fetched through.
  void check_fetch_changes() {
    if (memory.fetch_changes() != seen_fetch_changes) request_attention();
  }
  u32 seen_fetch_changes = 0;
  /// Gives back what the block took for `op` and the instructions behind it, and stands at it.
  void stand_at(const Operation& op) {
    budget += op.remaining;
    unretired = 0;
    registers.eip = op.eip;
  }
  /// Runs an operation on privileged state over a view: EIP is moved behind it first, and back on a fault.
  Fault execute_system(SystemView& view, const Operation& op);
  /// Continues behind the block-ending `op`, which completed over the physical view: without the loop if
  /// nothing is due at this boundary.
  const Operation* complete_system(const Operation* op, SystemEffect effect);
  /// `op`, which ends its block, raised `fault` over the physical view: to the trap handler if there is
  /// one, and behind it if that emulates it.
  const Operation* refuse_system(const Operation* op);
  /// The same for an operation that must not run.
  const Operation* trap_sensitive(const Operation* op);
  /// The trap handler counts an instruction that it emulated.
  void retire_emulated() { --budget; }
  /// Delivers an event over a view; a triple fault shuts that view's processor down.
  void deliver(SystemView& view, Event event);

  // --- Running -----------------------------------------------------------------------------------------
  /// Runs until `limit` ticks have retired in total, or something else stops it. Never runs past `limit`.
  Exit run(Ticks limit);
  /// Power-on state (Intel SDM vol. 3A, table 9-1).
  void reset();

  /// Connects the monitor; nullptr is bare mode.
  void set_trap_handler(TrapHandler* handler);
  TrapHandler* trap_handler() const { return trap_handler_; }
  /// After anything changed `state`, `registers.eip` or the handler's policy from outside an instruction:
  /// recomputes what derives from it.
  void state_changed();
  /// The same, where no other segment registers than these changed.
  void state_changed(SegmentSet segments);
  /// The same, where this one is all that changed.
  void segment_changed(Segment segment);
  /// The same, where an operation on privileged state or an event may have changed it.
  void state_may_have_changed() {
    if (!source_.matches(state, registers.flags)) state_changed();
  }

  SystemView& physical_view() { return physical_view_; }
  /// The architectural state that the guest believes in: physical when bare, the monitor's otherwise.
  SystemView& guest_view() { return trap_handler_ != nullptr ? trap_handler_->guest_view() : physical_view_; }
  /// Selectors as the guest knows them.
  u16 guest_selector(Segment segment) const { return guest_state_->segment(segment).selector; }

  // --- Pins --------------------------------------------------------------------------------------------
  void set_intr(Level level);
  void pulse_nmi();
  /// SMI# and INIT#: latched until the processor, outside system management mode, takes them.
  void pulse_smi();
  void pulse_init();
  bool intr_pending() const { return intr_; }
  bool nmi_pending() const { return nmi_pending_; }
  bool smi_pending() const { return smi_pending_; }
  bool init_pending() const { return init_pending_; }
  /// SMIACT#.
  bool smi_active() const { return smi_active_; }
  void connect_interrupts(InterruptAcknowledge& controller) { interrupts_ = &controller; }
  void connect_scheduler(Scheduler& scheduler) { scheduler_ = &scheduler; }
  /// Local APIC access for IA32_APIC_BASE and IA32_TSC_DEADLINE, and FERR#; optional.
  struct PlatformHooks {
    std::function<u64()> apic_base = {};
    std::function<void(u64)> set_apic_base = {};
    std::function<void(bool)> set_ferr = {};
    std::function<void(bool)> set_smi_active = {};
    std::function<void()> init = {};  // the processor took INIT#: its local APIC does too
    std::function<u64()> tsc_deadline = {};
    std::function<void(u64 deadline, s64 tsc_offset)> set_tsc_deadline = {};
  };
  void connect_platform(PlatformHooks hooks) { hooks_ = std::move(hooks); }

  // --- Debugger ----------------------------------------------------------------------------------------
  void set_breakpoint(u32 linear);
  void clear_breakpoint(u32 linear);
  bool has_breakpoint(u32 linear) const;
  /// Linear bytes; the machine stops behind an instruction that accesses one of them so.
  struct Watchpoint {
    enum class Kind : u8 { Write, Read, Access };
    u32 linear = 0;
    u32 length = 0;
    Kind kind = Kind::Write;
    friend bool operator==(const Watchpoint&, const Watchpoint&) = default;
  };
  void set_watchpoint(const Watchpoint& watchpoint);
  void clear_watchpoint(const Watchpoint& watchpoint);
  /// The watchpoint that made `run` return last.
  const Watchpoint& watch_hit() const { return watch_hit_; }

  // --- TickSource --------------------------------------------------------------------------------------
  Ticks ticks() const override { return static_cast<Ticks>(slice_end_ - budget - unretired); }
  void deadline_moved() override;
  /// Ends the slice after the current instruction: something needs the machine's attention.
  void request_attention();
  /// Makes `run` return Stopped after the current instruction: a device asks for a reset or the like.
  void request_stop() {
    if (!stop_) stop_ = ExitReason::Stopped;
    request_attention();
  }

  // --- SystemBackend of the physical view ----------------------------------------------------------------
  AccessStatus read_table(GuestLinear linear, std::span<std::byte> data) override;
  AccessStatus write_table(GuestLinear linear, std::span<const std::byte> data) override;
  void paging_changed() override;
  void invalidate_page(GuestLinear linear) override;
  u32 read_port(IoPort port, Width width) override;
  void write_port(IoPort port, Width width, u32 value) override;
  Privilege privilege_at(u8 cpl) const override;
  u64 time_stamp() const override;
  void stall(Ticks instructions) override;
  u64 retired_instructions() const override { return ticks(); }
  u64 apic_base() const override;
  void set_apic_base(u64 value) override;
  u64 tsc_deadline() const override;
  void set_tsc_deadline(u64 deadline, s64 tsc_offset) override;
  void set_ferr(bool asserted) override;
  void note_io(const IoInstruction& instruction) override;
  void set_smi_active(bool active) override;
  const CpuModel& model() const override { return model_; }

  // --- MemoryObserver: self-modifying code, DMA into code ------------------------------------------------
  void frame_written(HostFrame frame, u32 offset, u32 length) override;
  bool concerns(HostFrame frame, u32 offset, u32 length) const override;
  void tracking_added(HostFrame) override {}
  void map_changed() override;

  // --- WatchObserver: data breakpoints of DR0–DR3, watchpoints --------------------------------------------
  void watched_access(GuestLinear linear, u32 size, AccessType type) override;

  const ProcessorCounters& counters();

  ChunkTag chunk_tag() const override { return ChunkTag("CPU "); }
  u16 chunk_version() const override { return kSystemManagementKept; }
  void serialize(Archive& archive) override;
  void serialize_counters(Archive& archive);

 private:
  friend class BlockCache;
  static constexpr u16 kSystemManagementKept = 3;

  enum class Boundary : u8 { Run, RunOne, Again, Leave };
  Boundary service_boundary(bool first, Exit& exit);
  /// Takes SMI# or INIT#, if one is due.
  bool service_interventions(const PrivilegedState& guest);
  void take_smi();
  void take_init();
  /// Delivers the event that is due, if any.
  bool service_events(PrivilegedState& guest);
  /// Whether the next instruction may run, and others behind it, as if this were no boundary. An interrupt
  /// shadow that holds nothing back ends.
  bool nothing_due();
  const Operation* behind_trap(const Operation* op, TrapHandler::Outcome outcome, u32 derivation);
  /// Continues at EIP, at a boundary behind the block-ending `op`; `derivation` is from before it.
  const Operation* resume(const Operation* op, u32 derivation);
  void run_one(PrivilegedState& guest);
  /// Whether the instruction that ran by itself last branched. A branch to the instruction behind itself is
  /// not told from none.
  bool single_branched() const;
  /// Runs the block at EIP; false if there was none (a fetch fault has been raised).
  bool run_at_eip(bool single);
  Block* find_block(bool single);
  Block* look_up_block(bool single);
  /// Where the code of a block lies.
  struct LookUp;
  Block* decode_block(LookUp& at, Block* stale);
  Block* fetch_failed(const Fault& fault);
  /// Raises a fault of the instruction at EIP, none of which has been decoded.
  void fault_before_instruction(const Fault& failure);
  /// Acts on `leave`; true if the instruction that ended the block retired.
  bool handle_leave();
  bool handle_exception();
  void split_block_at(u32 eip);
  void observe_blocks();
  /// Brings a block in line with stored bytes that hold nothing but an operand of one of its instructions.
  bool update_values(Block& block, u32 offset, u32 length);
  void raise_event(Event event);
  /// Takes instructions off the budget until the loop comes round.
  void hold_back(s64 instructions);
  void release_attention();
  void account_cpl();
  void set_privilege(Privilege p);
  /// Follows the guest's debug registers.
  void update_watch();
  void update_debugger();
  /// Watches the pages of data breakpoints while DR7 enables any, and of watchpoints.
  void watch_pages();
  void update_windows(SegmentSet changed);
  BlockMode execution_mode() const;
  /// Whether the mode is certainly the same after a change of that segment register.
  bool keeps_mode(Segment changed) const;
  /// What follows from the state, by the segment registers that changed.
  void derive_execution(SegmentSet changed);
  void link(Block& target);
  /// Before a block goes, or its exit moves: no link of it may be written to any more.
  void forget_links();

  Bus& ports_;
  const CpuModel& model_;
  ProcessorConfig config_;
  SystemView physical_view_;
  PrivilegedState* guest_state_ = &state;  // of the guest's view
  TrapHandler* trap_handler_ = nullptr;
  std::unique_ptr<BlockCache> blocks_;
  Decoder decoder_;
  GuestPaging bare_paging_;
  InterruptAcknowledge* interrupts_ = nullptr;
  Scheduler* scheduler_ = nullptr;
  PlatformHooks hooks_;
  ExecutionSource source_;  // of what state_changed() derived last
  u32 derivation_ = 0;      // counts them
  BlockMode mode_;
  s64 slice_end_ = 0;  // ticks at which `budget` reaches zero
  bool attention_ = false;
  s64 held_back_ = 0;  // taken from `budget` by hold_back
  bool intr_ = false;
  bool nmi_pending_ = false;
  bool smi_pending_ = false;
  bool init_pending_ = false;
  bool smi_active_ = false;
  IoInstruction last_io_;
  Ticks last_io_tick_ = ~Ticks{0};  // when it was about to retire
  std::optional<ExitReason> stop_;
  Ticks last_delivery_ = ~Ticks{0};  // of an event; it costs a tick if nothing has retired since
  bool step_suppressed_ = false;  // INT n, INT1, INT3, INTO that interrupts: no single-step trap behind them
  struct {
    u32 behind = 0;  // EIP
    bool repeats = false;
  } single_;  // the instruction that ran by itself last
  u8 accounted_cpl_ = 0;
  Ticks accounted_ticks_ = 0;  // already attributed to a CPL
  ProcessorCounters counters_;
  std::vector<u32> breakpoints_;
  std::vector<Watchpoint> watchpoints_;
  bool debugger_waits_ = false;  // for any of them
  Watchpoint watch_hit_;
  std::array<u32, 4> watched_addresses_{};  // DR0–DR3 and DR7 that the memory unit watches for
  u32 watched_control_ = 0;
  DecodedBlock decoded_;
  BlockPointer uncached_;  // the last block that could not be cached
};

}  // namespace ringdown
