// The monitor: owns the guest's virtual privileged state, takes every trap, and emulates, fills or reflects.
#pragma once

#include <memory>
#include <optional>

#include "cpu/monitor/deprivilege.h"
#include "cpu/monitor/policy.h"
#include "cpu/monitor/shadow_descriptors.h"
#include "cpu/monitor/statistics.h"
#include "cpu/monitor/table_watch.h"
#include "cpu/processor.h"
#include "mmu/paging_technique.h"

namespace ringdown {

/// A classic virtual machine monitor for one processor. While it is attached, guest code never runs at
/// physical ring 0. Every operation is the processor's own implementation (cpu/system), run over the virtual
/// view.
class Monitor final : public TrapHandler,
                      public SystemBackend,
                      public AssistObserver,
                      public MemoryObserver,
                      public Serializable {
 public:
  /// With a `handover`, the policy is in force from the first execution of an instruction at that linear
  /// address after a reset; everything traps until then. It must be executed without paging.
  Monitor(Processor& processor, GuestMemory& memory, Deprivilege deprivilege, Policy policy,
          std::optional<GuestLinear> handover = std::nullopt, const PagingOptions& paging = {});
  ~Monitor() override;

  /// Takes the guest over in the state that the processor is in now (after reset, or from bare mode). A
  /// hand-over is awaited from here on.
  void attach();
  /// Hands the guest back to the bare processor, at an instruction boundary.
  void detach();

  PrivilegedState& virtual_state() { return virtual_; }
  const PrivilegedState& virtual_state() const { return virtual_; }
  PagingTechnique& paging() { return *paging_; }
  const PagingTechnique& paging() const { return *paging_; }
  const Policy& policy_in_force() const { return policy_; }
  /// Where the guest must come before the policy that was asked for is in force; none once it has.
  std::optional<GuestLinear> awaited_handover() const {
    return awaiting_handover_ ? handover_ : std::nullopt;
  }
  /// Replaces the policy while the guest runs, at once.
  void set_policy(Policy policy);
  /// Who stands between the processor and this monitor, and hands on to it what it does not answer itself;
  /// nullptr: nobody.
  void interpose(TrapHandler* between);
  /// What let-through instructions loaded physically becomes virtual state, as at the next trap.
  void adopt_physical_changes();
  const MonitorStatistics& statistics();
  Deprivilege deprivilege() const { return deprivilege_; }

  // TrapHandler
  bool stops(const InstructionRow& row, const Operation& op, u32 eip, u8 policy) const override;
  u8 policy() const override { return PolicyKey::of(virtual_).value(); }
  Privilege privilege() const override;
  Outcome on_sensitive(const Operation& op) override;
  Outcome on_exception(const Fault& fault, const Operation* op) override;
  void on_event(Event event) override;
  void on_smi(const IoInstruction* io) override;
  void on_init() override;
  SystemView& guest_view() override { return view_; }
  AccessStatus read_physical_table(GuestLinear linear, std::span<std::byte> data) override;
  AccessStatus write_physical_table(GuestLinear linear, std::span<const std::byte> data) override;

  // SystemBackend of the virtual view
  AccessStatus read_table(GuestLinear linear, std::span<std::byte> data) override;
  AccessStatus write_table(GuestLinear linear, std::span<const std::byte> data) override;
  void paging_changed() override;
  void invalidate_page(GuestLinear linear) override;
  u32 read_port(IoPort port, Width width) override { return processor_.read_port(port, width); }
  void write_port(IoPort port, Width width, u32 value) override { processor_.write_port(port, width, value); }
  u64 time_stamp() const override { return processor_.time_stamp(); }
  void stall(Ticks instructions) override { processor_.stall(instructions); }
  u64 retired_instructions() const override { return processor_.ticks(); }
  u64 apic_base() const override { return processor_.apic_base(); }
  void set_apic_base(u64 value) override { processor_.set_apic_base(value); }
  u64 tsc_deadline() const override { return processor_.tsc_deadline(); }
  void set_tsc_deadline(u64 deadline, s64 tsc_offset) override {
    processor_.set_tsc_deadline(deadline, tsc_offset);
  }
  void set_ferr(bool asserted) override { processor_.set_ferr(asserted); }
  void note_io(const IoInstruction& instruction) override { processor_.note_io(instruction); }
  void set_smi_active(bool active) override { processor_.set_smi_active(active); }
  const CpuModel& model() const override { return processor_.model(); }

  // AssistObserver
  bool instruction_assisted() override;

  // MemoryObserver: stores to the guest's descriptor tables
  void frame_written(HostFrame frame, u32 offset, u32 length) override;
  void tracking_added(HostFrame) override {}
  void map_changed() override {}

  ChunkTag chunk_tag() const override { return ChunkTag("VMM "); }
  u16 chunk_version() const override { return kSystemManagementKept; }
  void serialize(Archive& archive) override;

 private:
  static constexpr u16 kSystemManagementKept = 5;

  Outcome emulate(const Operation& op, TrapCause cause);
  Outcome hypercall(PageTableRegistry& registry);
  void reflect(Event event);
  bool at_handover(u32 eip) const;
  /// Lets everything trap until the hand-over, or puts the policy that was asked for in force.
  void await_handover(bool await);
  /// Brings the processor's physical state in line with the virtual one.
  void enter_guest();
  /// The same behind `op`, which completed and whose row says what it may have changed.
  void enter_guest_behind(const Operation& op, SystemEffect effect);
  /// The same, whatever it holds now.
  void enter_guest_anew();
  void derive_guest(SegmentSet changed);
  void derive_guest_segment(Segment segment);
  TrapHandler* trap_handler() { return between_ != nullptr ? between_ : this; }
  SegmentRegister guest_segment(u16 selector, const SegmentRegister& physical);
  /// The guest's own descriptor; false where nothing is mapped.
  bool peek_descriptor(Selector selector, u64& raw);
  /// Attributes the instructions since the last call, `retired` in total, to the state so far.
  void account(Ticks retired);
  void watch_descriptor_tables();
  bool has_stale_segment();
  /// Whether the last answer may no longer hold now that a segment register was loaded.
  bool segments_need_check() const {
    return recheck_segments_ || stale_segment_ || virtual_.paragraph_segments();
  }
  /// Notes whether a segment register is stale from now on, `retired` instructions in.
  void check_segments(Ticks retired);

  Processor& processor_;
  GuestMemory& memory_;
  Deprivilege deprivilege_;
  TrapHandler* between_ = nullptr;
  const std::optional<GuestLinear> handover_;
  bool awaiting_handover_ = false;
  Policy requested_;
  Policy policy_;  // in force: `requested_`, or none while the hand-over is awaited
  PrivilegedState virtual_;
  SystemView view_;
  const std::unique_ptr<PagingTechnique> paging_;
  ShadowDescriptors descriptors_;
  MonitorStatistics statistics_;
  Ticks accounted_ticks_ = 0;
  u8 accounted_cpl_ = 0;
  bool stale_segment_ = false;
  bool recheck_segments_ = true;
  static constexpr Ticks kNoTick = ~Ticks{0};
  Ticks assisted_tick_ = kNoTick;  // the instruction already counted as emulated
  ExecutionSource source_;         // of the physical state
  TableRegister watched_gdtr_;
  SegmentRegister watched_ldtr_;
  bool watched_protected_ = false;
  TableWatch tables_;
};

}  // namespace ringdown
