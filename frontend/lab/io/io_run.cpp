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
#include "frontend/lab/scratch_disk.h"
#include "frontend/runner.h"

namespace ringdown {

namespace {

constexpr unsigned kRuns = 3;
/// Virtual time and instructions within which a guest does a unit of its work, whatever the device; one that
/// does not waits for what never comes.
constexpr Picoseconds kPatience = milliseconds(50);
constexpr Ticks kMostInstructions = 1'000'000;

/// One run of a guest.
class IoRun {
 public:
  explicit IoRun(const IoCase& one) : one_(one) {}
  IoRun(const IoRun&) = delete;
  IoRun& operator=(const IoRun&) = delete;

  Result<IoResult> perform(const std::string& disk_path) {
    MachineConfig config = io_guest(one_, disk_path);
    config.debug_console = [this](u8 byte) { hear(byte); };
    Log log;
    Result<std::unique_ptr<Machine>> machine = Machine::create(config, log);
    if (!machine) return machine.error();
    machine_ = machine->get();
    Runner::Settings settings;
    settings.no_reboot = true;
    settings.stop_after = kMostInstructions * (one_.units + 1);
    Runner runner(*machine_, settings);
    patience_ = machine_->scheduler().add("lab-io patience", 0, [&](Picoseconds) { runner.quit(); });
    machine_->scheduler().schedule(patience_, kPatience * (one_.units + 1));
    const RunEnd end = runner.run();
    if (end.reason == EndReason::Exit && end.status == 0) return result_;
    return Error{fmt::format("the guest did not do its work: the run ended by {}{}{}", name_of(end.reason),
                             complaint_.empty() ? "" : ": ", complaint_)};
  }

 private:
  void hear(u8 byte) {
    switch (static_cast<IoMark>(byte)) {
      case IoMark::Begin:
        before_ = IoCounts(*machine_);
        began_ = std::clock();
        return;
      case IoMark::End:
        result_.seconds = static_cast<double>(std::clock() - began_) / CLOCKS_PER_SEC;
        result_.traps = IoCounts(*machine_).since(before_);
        return;
    }
    if (byte != '\n') complaint_ += static_cast<char>(byte);
  }

  const IoCase one_;
  Machine* machine_ = nullptr;
  EventId patience_;
  IoCounts before_;
  std::clock_t began_ = 0;
  IoResult result_{one_, {}, 0};
  std::string complaint_;
};

Result<IoResult> run_on_disk(const IoCase& one) {
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
    const Result<IoResult> result = run_on_disk(one);
    if (!result) return result.error();
    if (best && best->traps != result->traps)
      return Error{"two runs trapped differently: a defect of Ringdown, please report it"};
    if (!best || result->seconds < best->seconds) best = *result;
  }
  return *best;
}

}  // namespace ringdown
