// A machine as a test runs it: it collects what the guest says, types, and waits in the guest's own time.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/machine/kernel_image.h"
#include "frontend/machine/machine.h"

namespace ringdown::test {

/// The far end of a serial line: keeps everything that was sent.
class SerialRecord final : public SerialBackend {
 public:
  void transmit(std::span<const u8> characters) override {
    text_.append(characters.begin(), characters.end());
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// Runs one guest with serial lines on its first two ports. Nothing here depends on host time: the same calls
/// give the same run.
class GuestMachine {
 public:
  /// Fails the test if the machine cannot be built.
  explicit GuestMachine(MachineConfig config);

  Machine& machine() { return *machine_; }
  Ticks ticks() const { return machine_->ticks(); }
  /// What the guest sent on COM1 (the console of the Linux guests).
  const std::string& console() const { return serial_[0].text(); }
  /// What the guest sent on COM2 (the output of a command run by init).
  const std::string& output() const { return serial_[1].text(); }
  /// The text screen, a line feed after each line.
  std::string screen();

  /// Runs until `ticks` have retired in total, or the guest stops in a way that only the machine's owner can
  /// resolve. Halted time passes at once. Every kAuditTicks paging is audited; a difference fails the test.
  Stop run_to(Ticks ticks);
  /// Runs until the condition holds, looking every few million ticks; false when the guest stops before, or
  /// `limit` ticks have retired in total. The last stop is then in `last_stop`.
  bool run_until(const std::function<bool()>& condition, Ticks limit);
  /// Waits for text on COM1 behind the text that was waited for last.
  bool wait_for_console(std::string_view text, Ticks limit);
  bool wait_for_screen(std::string_view text, Ticks limit);
  const Stop& last_stop() const { return stop_; }

  /// Sends characters to COM1.
  void type(std::string_view text);

 private:
  static constexpr Ticks kAuditTicks = 100'000'000;
  void audit();

  Log log_;
  std::array<SerialRecord, 2> serial_;
  std::unique_ptr<Machine> machine_;
  Stop stop_;
  std::size_t console_seen_ = 0;
};

/// `config` with that kernel, as --kernel, --initrd and --append name it. Fails the test if there is none.
MachineConfig with_kernel(MachineConfig config, const KernelOptions& options);

/// A Debian kernel that runs a shell command and ends the machine with its status.
struct LinuxBoot {
  std::string kernel = "linux-686";  // or "linux-686-pae"
  std::string initramfs = "plain";   // or "disk": with modules for disks (linux-686 only)
  std::string command;               // empty: an interactive shell on COM1
  std::string parameters;            // more kernel parameters
};

/// `config` with that kernel. Fails the test if the guest's files are not there.
MachineConfig with_linux(MachineConfig config, const LinuxBoot& boot);

/// Everything that the guest could see, by component: the same in `trap` and `bare`, for any block length,
/// and before and after a restore.
using GuestState = std::map<std::string, std::vector<std::byte>>;
GuestState guest_state(Machine& machine);
/// Says what differs; empty if nothing does.
std::string difference(const GuestState& a, const GuestState& b);

/// Every counter of the engine, the monitor and the shadow, a line each; without those of blocks for machines
/// whose blocks differ in length.
std::string counters(Machine& machine);
std::string counters_without_blocks(Machine& machine);

}  // namespace ringdown::test
