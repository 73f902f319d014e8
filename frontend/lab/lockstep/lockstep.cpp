// Meets at intervals; where they differ, goes back and looks closer.
#include "frontend/lab/lockstep/lockstep.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace ringdown {

namespace {

/// Instructions between two comparisons of RAM and devices, at least: they cost more than the processors'.
constexpr Ticks kEverythingEvery = 1'000'000;
/// The same for devices alone while instructions are stepped, and how that is narrowed down.
constexpr Ticks kPartStride = 16'384;
constexpr std::array<Ticks, 2> kFinerStrides{128, 1};
constexpr Ticks kHistory = 16;
/// So many further meetings are stepped to, and compare all of RAM; those behind them only the stack.
constexpr u64 kCloseLooks = 200;

constexpr std::array<std::string_view, 21> kShortState{"EAX", "EBX", "ECX",    "EDX", "ESI", "EDI", "EBP",
                                                       "ESP", "EIP", "EFLAGS", "CPL", "CS",  "SS",  "DS",
                                                       "ES",  "FS",  "GS",     "CR0", "CR2", "CR3", "CR4"};

}  // namespace

// --- The two machines
// ----------------------------------------------------------------------------------------

Result<void> Lockstep::build() {
  comparison_.reset();
  reference_.reset();
  other_.reset();
  MachineConfig bare = setup_.guest;
  bare.mode = RunMode::Bare;
  bare.policy = Policy();
  MachineConfig deprivileged = setup_.guest;
  deprivileged.mode = RunMode::Trap;
  auto reference = LockstepSide::create(std::move(bare));
  if (!reference) return reference.error();
  auto other = LockstepSide::create(std::move(deprivileged));
  if (!other) return other.error();
  reference_ = std::move(*reference);
  other_ = std::move(*other);
  if (setup_.prepare) setup_.prepare(*reference_, *other_);
  comparison_ = std::make_unique<GuestComparison>(reference_->machine(), other_->machine());
  return {};
}

Ticks Lockstep::next_meeting(Ticks ticks) const {
  const Ticks regular = std::min(setup_.within, (ticks / setup_.every + 1) * setup_.every);
  const std::optional<Ticks> further = setup_.meetings ? setup_.meetings(ticks) : std::nullopt;
  return further ? std::min(regular, *further) : regular;
}

Result<void> Lockstep::rebuild(Ticks ticks) {
  if (Result<void> built = build(); !built) return built;
  for (Ticks at = 0; at < ticks;) {
    at = std::min(ticks, next_meeting(at));
    run_both(at);
  }
  return {};
}

void Lockstep::run_both(Ticks ticks) {
  reference_->run_to(ticks);
  other_->run_to(ticks);
  other_->machine().monitor()->adopt_physical_changes();
}

bool Lockstep::ends_agree() const {
  return reference_->end() == other_->end() && reference_->exit_code() == other_->exit_code();
}

bool Lockstep::agree(Depth depth) {
  if (!ends_agree() || !comparison_->processors_agree()) return false;
  switch (depth) {
    case Depth::Processors:
      return true;
    case Depth::Stacks:
      return comparison_->stacks_agree();
    case Depth::Memory:
      return comparison_->memory_agrees();
    case Depth::Everything:
      return comparison_->parts_agree() && comparison_->memory_agrees();
  }
  return false;
}

Lockstep::Depth Lockstep::depth_at(Ticks meeting, Ticks agreed) const {
  if (meeting - agreed >= std::max(setup_.every, kEverythingEvery) || ended() || meeting == setup_.within)
    return Depth::Everything;
  return setup_.meetings ? Depth::Stacks : Depth::Processors;
}

// --- The run
// -------------------------------------------------------------------------------------------------

Result<LockstepResult> Lockstep::run() {
  const auto start = std::chrono::steady_clock::now();
  if (Result<void> built = build(); !built) return built.error();
  LockstepResult result;
  Ticks agreed = 0;
  Ticks meeting = 0;
  bool differ = false;
  while (!differ && !ended() && meeting < setup_.within) {
    const Ticks before = meeting;
    meeting = next_meeting(before);
    result.divergence = look_closely(before, meeting);
    if (result.divergence) break;
    run_both(meeting);
    const Depth depth = depth_at(meeting, agreed);
    differ = !agree(depth);
    ++result.comparisons;
    if (depth != Depth::Everything) continue;
    if (!differ) agreed = meeting;
    if (setup_.progress) setup_.progress(meeting);
  }
  result.instructions = reference_->machine().ticks();
  result.end = reference_->ended() ? reference_->end_text() : "limit";
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  result.host_seconds = passed.count();
  if (differ) {
    Result<Divergence> divergence = find_step(agreed, meeting);
    if (!divergence) return divergence.error();
    result.divergence = std::move(*divergence);
  }
  if (result.divergence) {
    result.instructions = result.divergence->ticks;
    result.end = "difference";
  }
  return result;
}

std::optional<Divergence> Lockstep::look_closely(Ticks before, Ticks meeting) {
  const bool further = setup_.meetings && setup_.meetings(before) == meeting;
  if (!further || close_looks_ == kCloseLooks) return {};
  ++close_looks_;
  Divergence divergence;
  for (StepRecord& step : looked_at_) {
    if (step.ticks + kHistory + 1 >= meeting) divergence.history.push_back(std::move(step));
  }
  step_before(before, meeting, divergence);
  const bool agreed = agree(Depth::Memory);
  run_last_step(meeting, divergence);
  if (agreed && !agree(Depth::Memory)) {
    describe_difference(divergence);
    return divergence;
  }
  looked_at_ = std::move(divergence.history);
  looked_at_.push_back(std::move(divergence.step));
  return {};
}

// --- Looking closer
// ------------------------------------------------------------------------------------------

bool Lockstep::Suspects::agree(GuestComparison& comparison) const {
  return comparison.bytes_agree(bytes) && comparison.parts_agree(parts);
}

Result<Divergence> Lockstep::find_step(Ticks agreed, Ticks differ) {
  const Result<std::optional<Ticks>> stepped = step_to_difference(agreed, differ);
  if (!stepped) return stepped.error();
  const bool blocks = !*stepped;
  const Result<Ticks> first = blocks ? bisect(agreed, differ) : refine_suspects(agreed, **stepped);
  if (!first) return first.error();
  return describe(agreed, *first, blocks ? Divergence::Where::Blocks : Divergence::Where::Instruction);
}

Result<std::optional<Ticks>> Lockstep::step_to_difference(Ticks agreed, Ticks differ) {
  if (const Result<void> built = rebuild(agreed); !built) return built.error();
  parts_agreed_ = agreed;
  Ticks at = agreed;
  while (at < differ && !ended()) {
    run_both(++at);
    if (!agree(Depth::Processors)) return std::optional(at);
    if (at - parts_agreed_ < kPartStride && at != differ && !ended()) continue;
    if (!comparison_->parts_agree()) return std::optional(at);
    parts_agreed_ = at;
  }
  return comparison_->memory_agrees() ? std::optional<Ticks>() : std::optional(at);
}

Result<Ticks> Lockstep::refine_suspects(Ticks agreed, Ticks differ) {
  const Suspects devices{comparison_->differing_parts(), {}};
  const Suspects memory{{}, comparison_->differing_bytes()};
  Ticks first = differ;
  if (!devices.parts.empty()) {
    Ticks begin = parts_agreed_;
    for (const Ticks stride : kFinerStrides) {
      const Result<Ticks> closer = refine(agreed, begin, first, stride, devices);
      if (!closer) return closer;
      first = *closer;
      begin = std::max(begin + stride, first) - stride;
    }
  }
  if (!memory.bytes.empty()) return refine(agreed, agreed, first, 1, memory);
  return first;
}

Result<Ticks> Lockstep::refine(Ticks agreed, Ticks begin, Ticks end, Ticks stride, const Suspects& suspects) {
  if (const Result<void> built = rebuild(agreed); !built) return built.error();
  run_both(begin);
  for (Ticks at = begin; at < end;) {
    at = std::min(at + stride, end);
    run_both(at);
    if (!suspects.agree(*comparison_)) return at;
  }
  return end;
}

// What stepping hides lies in how instructions run together: each guess is a run of its own.
Result<Ticks> Lockstep::bisect(Ticks agreed, Ticks differ) {
  while (differ - agreed > 1) {
    const Ticks middle = agreed + (differ - agreed) / 2;
    if (const Result<void> built = rebuild(middle); !built) return built.error();
    (agree(Depth::Everything) ? agreed : differ) = middle;
  }
  return differ;
}

// --- Telling
// -------------------------------------------------------------------------------------------------

void Lockstep::step_before(Ticks agreed, Ticks differ, Divergence& divergence) {
  divergence.ticks = differ - 1;
  Ticks at = std::max(agreed, divergence.ticks - std::min(divergence.ticks, kHistory));
  run_both(at);
  while (at < divergence.ticks && !ended()) {
    StepRecord step = record_step(reference_->machine());
    const EventWatch watch(reference_->machine());
    run_both(++at);
    step.events = watch.delivered();
    divergence.history.push_back(std::move(step));
  }
}

Result<Divergence> Lockstep::describe(Ticks agreed, Ticks differ, Divergence::Where where) {
  if (const Result<void> built = rebuild(agreed); !built) return built.error();
  Divergence divergence;
  divergence.where = where;
  step_before(agreed, differ, divergence);
  if (where == Divergence::Where::Blocks) {
    divergence.step = record_step(reference_->machine());
    if (const Result<void> built = rebuild(differ); !built) return built.error();
  } else {
    run_last_step(differ, divergence);
  }
  describe_difference(divergence);
  return divergence;
}

void Lockstep::run_last_step(Ticks ticks, Divergence& divergence) {
  divergence.step = record_step(reference_->machine());
  const EventWatch reference_watch(reference_->machine());
  const EventWatch other_watch(other_->machine());
  const std::vector<u32> handlers = handler_addresses(reference_->machine());
  for (LockstepSide* const side : {reference_.get(), other_.get()}) {
    for (const u32 linear : handlers) side->machine().processor().set_breakpoint(linear);
  }
  run_both(ticks);
  divergence.reference_events = reference_watch.delivered();
  divergence.other_events = other_watch.delivered();
  for (LockstepSide* const side : {reference_.get(), other_.get()}) {
    for (const u32 linear : handlers) side->machine().processor().clear_breakpoint(linear);
  }
  const bool delivered = reference_->machine().ticks() < ticks || other_->machine().ticks() < ticks;
  if (!delivered || ended()) return;
  if (!agree(Depth::Everything)) {
    divergence.where = Divergence::Where::Delivery;
    return;
  }
  divergence.step.events = divergence.reference_events;
  divergence.history.push_back(std::move(divergence.step));
  divergence.step = record_step(reference_->machine());
  run_both(ticks);
}

void Lockstep::describe_difference(Divergence& divergence) {
  divergence.differences = comparison_->differences();
  if (!ends_agree())
    divergence.differences.push_back({"end", reference_->end_text(), other_->end_text(), {}});
  for (const std::string_view item : kShortState) {
    const GuestComparison::Values values = comparison_->values(item);
    divergence.state.push_back({item, values.reference, values.other});
  }
}

}  // namespace ringdown
