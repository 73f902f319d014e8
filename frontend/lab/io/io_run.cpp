// Runs the guest of a case some times: what is counted must be the same each time, and the least time is
// taken.
#include <fmt/core.h>

#include <algorithm>
#include <ctime>
#include <optional>

#include "frontend/lab/io/io_blocks.h"
#include "frontend/lab/io/io_counts.h"
#include "frontend/lab/io/io_guests.h"
#include "frontend/lab/io/io_lab.h"
#include "frontend/lab/io/io_wire.h"
#include "frontend/lab/scratch_disk.h"
#include "frontend/runner.h"

namespace ringdown {

namespace {

constexpr unsigned kRuns = 3;
/// Virtual time and instructions within which a guest sets up its device, and does a unit of its work,
/// whatever the device: one that does not waits for what never comes.
constexpr Picoseconds kPatienceAtStart = milliseconds(10'000);
constexpr Picoseconds kPatience = milliseconds(50);
constexpr Ticks kMostInstructionsAtStart = 100'000'000;
constexpr Ticks kMostInstructions = 1'000'000;
/// Virtual time in which packets come that the guest is to receive: no card's driver is still at work on the
/// last ones then.
constexpr Picoseconds kPause = milliseconds(2);

/// One run of a guest.
class IoRun {
 public:
  explicit IoRun(const IoCase& one) : one_(one) {}
  IoRun(const IoRun&) = delete;
  IoRun& operator=(const IoRun&) = delete;

  Result<IoResult> perform(const std::string& disk_path) {
    MachineConfig config = io_guest(one_, disk_path, &wire_);
    config.debug_console = [this](u8 byte) { hear(byte); };
    Log log;
    Result<std::unique_ptr<Machine>> machine = Machine::create(config, log);
    if (!machine) return machine.error();
    machine_ = machine->get();
    Runner::Settings settings;
    settings.no_reboot = true;
    settings.stop_after = kMostInstructionsAtStart + kMostInstructions * one_.units;
    Runner runner(*machine_, settings);
    patience_ = machine_->scheduler().add("lab-io patience", 0, [&](Picoseconds) { runner.quit(); });
    machine_->scheduler().schedule(patience_, kPatienceAtStart + kPatience * one_.units);
    burst_ = machine_->scheduler().add("lab-io burst", 0, [this](Picoseconds) { send_burst(); });
    const RunEnd end = runner.run();
    if (end.reason == EndReason::Exit && end.status == 0) return checked();
    return Error{fmt::format("the guest did not do its work: the run ended by {}{}{}", name_of(end.reason),
                             complaint_.empty() ? "" : ": ", complaint_)};
  }

 private:
  void hear(u8 byte) {
    switch (static_cast<IoMark>(byte)) {
      case IoMark::Begin:
        before_ = IoCounts(*machine_);
        began_ = std::clock();
        if (one_.work == IoWork::Receive) machine_->scheduler().schedule_after(burst_, kPause);
        return;
      case IoMark::End:
        result_.seconds = static_cast<double>(std::clock() - began_) / CLOCKS_PER_SEC;
        result_.traps = IoCounts(*machine_).since(before_);
        return;
    }
    if (byte != '\n') complaint_ += static_cast<char>(byte);
  }

  /// The next packets come over the wire, all at one moment.
  void send_burst() {
    const u32 last = std::min(received_ + one_.batch, one_.units);
    for (; received_ < last; ++received_)
      machine_->inputs().post(InputChannel::Nic0, numbered_packet(received_));
    if (received_ < one_.units) machine_->scheduler().schedule_after(burst_, kPause * one_.batch);
  }

  Result<IoResult> checked() const {
    if (one_.work != IoWork::Send) return result_;
    const Result<void> sent = wire_.check_sent(one_.units);
    return sent ? Result<IoResult>(result_) : sent.error();
  }

  const IoCase one_;
  IoWire wire_;
  u32 received_ = 0;
  Machine* machine_ = nullptr;
  EventId patience_;
  EventId burst_;
  IoCounts before_;
  std::clock_t began_ = 0;
  IoResult result_{one_, {}, 0};
  std::string complaint_;
};

Result<IoResult> run_once(const IoCase& one) {
  if (is_network_card(one.device)) return IoRun(one).perform({});
  const Result<ScratchDisk> disk = ScratchDisk::create(numbered_blocks());
  if (!disk) return disk.error();
  Result<IoResult> result = IoRun(one).perform(disk->path());
  if (!result || one.work != IoWork::Write) return result;
  if (const Result<void> written = check_written_blocks(disk->path(), one.units); !written)
    return written.error();
  return result;
}

}  // namespace

Result<IoResult> measure_io(const IoCase& one) {
  std::optional<IoResult> best;
  for (unsigned run = 0; run < kRuns; ++run) {
    const Result<IoResult> result = run_once(one);
    if (!result) return result.error();
    if (best && best->traps != result->traps)
      return Error{"two runs trapped differently: a defect of Ringdown, please report it"};
    if (!best || result->seconds < best->seconds) best = *result;
  }
  return *best;
}

}  // namespace ringdown
