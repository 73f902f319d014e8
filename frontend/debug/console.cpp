// The console's commands.
#include "frontend/debug/console.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "frontend/cli/output_files.h"
#include "frontend/debug/console_views.h"
#include "frontend/debug/paging_views.h"
#include "frontend/display/image_file.h"
#include "frontend/lab/instruction_names.h"
#include "frontend/network/network_view.h"

namespace ringdown {

namespace {

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t start = line.find_first_not_of(" \t");
    if (start == std::string_view::npos) return words;
    line.remove_prefix(start);
    const std::string_view word = line.substr(0, line.find_first_of(" \t"));
    words.push_back(word);
    line.remove_prefix(word.size());
  }
}

/// Addresses are hexadecimal, with or without 0x; counts are decimal.
std::optional<u64> parse(std::string_view word, int base) {
  if (base == 16 && word.starts_with("0x")) word.remove_prefix(2);
  u64 value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, base);
  if (error != std::errc() || end != word.data() + word.size()) return {};
  return value;
}

std::optional<u32> parse_address(std::string_view word) {
  const std::optional<u64> value = parse(word, 16);
  if (!value || *value > 0xffff'ffff) return {};
  return static_cast<u32>(*value);
}

constexpr const char* kBadAddress = "No address: use hexadecimal digits, e.g. c0100000.\n";
std::string no_such_drive(std::string_view name) {
  return fmt::format("{} is no drive with a medium that can be changed.\n", name);
}

constexpr const char* kBadCount = "No count: use decimal digits.\n";

}  // namespace

std::span<const Console::Command> Console::commands() {
  static constexpr std::array kCommands{
      Command{"help", "", "this list", &Console::help},
      Command{"registers", "", "the guest's registers, virtual and physical side by side",
              &Console::registers},
      Command{"disassemble", "[ADDRESS [COUNT]]",
              "instructions at a linear address, or where the guest stands", &Console::disassemble},
      Command{"memory", "ADDRESS [COUNT]", "bytes at a linear address", &Console::memory},
      Command{"walk", "ADDRESS", "how a linear address is translated: guest tables and shadow entry",
              &Console::walk},
      Command{"paging", "ADDRESS|stats|frames",
              "guest's entries beside the shadow's and the host's; counters; write-protected frames",
              &Console::paging},
      Command{"traps", "", "how often the monitor was entered, and why", &Console::traps},
      Command{"policy", "[LIST|none [through|trap]]",
              "which sensitive instructions are let through; sets them, or only those of LIST",
              &Console::policy},
      Command{"screen", "[FILE]", "the text on the screen; writes a picture to FILE (.png or .ppm)",
              &Console::screen},
      Command{"pause", "", "the machine stands still", &Console::pause},
      Command{"continue", "", "it runs on", &Console::resume},
      Command{"step", "[COUNT]", "runs one instruction, or COUNT", &Console::step},
      Command{"speed", "[ERA|MIPS|unlimited|turbo]",
              "the speed that is held; changes it, or lets go of it with turbo", &Console::speed},
      Command{"save", "FILE", "saves the machine's state", &Console::save},
      Command{"nmi", "", "presses the NMI button: IOCHK#, which port 61h reports", &Console::nmi},
      Command{"eject", "DRIVE", "takes a medium out: ide0 to ide3, floppy0, floppy1", &Console::eject},
      Command{"insert", "DRIVE FILE[,readonly]", "puts another medium in", &Console::insert},
      Command{"network", "", "network adapters: where their cables lead, and what has passed",
              &Console::network},
      Command{"link", "ADAPTER on|off", "plugs the cable of an adapter (1 to 4) in, or pulls it",
              &Console::link},
      Command{"quit", "", "ends the machine", &Console::quit},
  };
  return kCommands;
}

std::string Console::execute(std::string_view line) {
  const std::vector<std::string_view> words = split(line);
  if (words.empty()) return {};
  const Command* found = nullptr;
  for (const Command& command : commands()) {
    if (command.name == words[0]) {
      found = &command;
      break;
    }
    if (!command.name.starts_with(words[0])) continue;
    if (found != nullptr) return fmt::format("'{}' is {} or {}.\n", words[0], found->name, command.name);
    found = &command;
  }
  if (found == nullptr) return fmt::format("There is no '{}'; 'help' lists the commands.\n", words[0]);
  const Words arguments = std::span(words).subspan(1);
  // The help says which arguments there are; those in brackets may be missing.
  const std::vector<std::string_view> known = split(found->arguments);
  const auto needed =
      std::count_if(known.begin(), known.end(), [](std::string_view name) { return !name.starts_with('['); });
  if (arguments.size() < static_cast<std::size_t>(needed) || arguments.size() > known.size()) {
    return fmt::format("Use: {}{}{}\n", found->name, known.empty() ? "" : " ", found->arguments);
  }
  return (this->*found->run)(arguments);
}

std::string Console::help(Words) {
  std::string text;
  for (const Command& command : commands()) {
    text += fmt::format("{:<30} {}\n", fmt::format("{} {}", command.name, command.arguments), command.help);
  }
  return text + "Commands may be abbreviated.\n";
}

std::string Console::registers(Words) { return registers_view(machine_); }

std::string Console::disassemble(Words arguments) {
  constexpr u64 kDefaultCount = 10;
  constexpr u64 kMostInstructions = 1000;
  const SystemView& guest = machine_.processor().guest_view();
  std::optional<u32> address = guest.state.segment(Segment::Cs).base + guest.registers.eip;
  std::optional<u64> count = kDefaultCount;
  if (!arguments.empty()) address = parse_address(arguments[0]);
  if (!address) return kBadAddress;
  if (arguments.size() > 1) count = parse(arguments[1], 10);
  if (!count) return kBadCount;
  return disassembly_view(machine_, GuestLinear(*address), std::min(*count, kMostInstructions));
}

std::string Console::memory(Words arguments) {
  constexpr u64 kDefaultCount = 128;
  constexpr u64 kMostBytes = 64 * 1024;
  const std::optional<u32> address = parse_address(arguments[0]);
  if (!address) return kBadAddress;
  const std::optional<u64> count = arguments.size() > 1 ? parse(arguments[1], 10) : kDefaultCount;
  if (!count) return kBadCount;
  return memory_view(machine_, GuestLinear(*address), static_cast<u32>(std::min(*count, kMostBytes)));
}

std::string Console::walk(Words arguments) {
  const std::optional<u32> address = parse_address(arguments[0]);
  return address ? walk_view(machine_, GuestLinear(*address)) : kBadAddress;
}

std::string Console::paging(Words arguments) {
  if (arguments[0] == "stats") return paging_statistics_view(machine_);
  if (arguments[0] == "frames") return protected_frames_view(machine_);
  const std::optional<u32> address = parse_address(arguments[0]);
  return address ? paging_view(machine_, GuestLinear(*address)) : kBadAddress;
}

std::string Console::traps(Words) { return traps_view(machine_); }

std::string Console::policy(Words arguments) {
  if (machine_.monitor() == nullptr) return "bare: there is no monitor that could let anything through.\n";
  if (arguments.empty()) return policy_view(machine_);
  const std::string_view list = arguments[0];
  const std::string_view way = arguments.size() > 1 ? arguments[1] : "";
  if (!way.empty() && way != "through" && way != "trap")
    return fmt::format("'{}' is no way: 'policy {} through' or 'policy {} trap'.\n", way, list, list);
  // One word more changes these alone.
  Policy policy = way.empty() ? Policy() : machine_.monitor()->policy_in_force();
  if (list != "none") {
    if (const Result<void> known = check_instruction_names("policy", list); !known)
      return known.error().message + "\n";
    const Result<void> result = way == "trap" ? policy.trap(list) : policy.let_through(list);
    if (!result) return result.error().message + "\n";
  }
  machine_.monitor()->set_policy(std::move(policy));
  return policy_view(machine_);
}

std::string Console::screen(Words arguments) {
  Vga& vga = machine_.board().vga();
  if (!arguments.empty()) {
    const Result<void> written = write_screenshot(std::string(arguments[0]), vga.render());
    return written ? std::string() : written.error().message + "\n";
  }
  std::string text;
  for (const std::string& line : vga.text_screen()) text += line + "\n";
  while (text.ends_with("\n\n")) text.pop_back();
  return text.empty() ? "The screen is in a graphics mode: give a file for the picture.\n" : text;
}

std::string Console::position() {
  const SystemView& guest = machine_.processor().guest_view();
  const u32 linear = guest.state.segment(Segment::Cs).base + guest.registers.eip;
  return fmt::format("after {} instructions at ", machine_.ticks()) +
         disassembly_view(machine_, GuestLinear(linear), 1);
}

std::string Console::pause(Words) {
  runner_.pause();
  return "Paused " + position();
}

std::string Console::resume(Words) {
  runner_.resume();
  return "Running.\n";
}

std::string Console::step(Words arguments) {
  const std::optional<u64> count = arguments.empty() ? 1 : parse(arguments[0], 10);
  if (!count || *count == 0) return kBadCount;
  runner_.step(*count, [this](const Stop& stop) {
    print_((stop.reason == StopReason::Idle ? "Halted " : "Stepped ") + position());
  });
  return {};
}

std::string Console::speed(Words arguments) {
  if (!arguments.empty()) {
    if (arguments[0] == "turbo") {
      runner_.set_turbo(true);
    } else if (const Result<Speed> wanted = parse_speed(arguments[0])) {
      runner_.set_speed(*wanted);
    } else {
      return wanted.error().message + "\n";
    }
  }
  return runner_.speed_text() + "\n";
}

std::string Console::save(Words arguments) {
  const std::string path(arguments[0]);
  if (const Result<void> written = write_whole_file(path, machine_.save_state()); !written) {
    return written.error().message + "\n";
  }
  return fmt::format("Saved to {}.\n", path);
}

std::string Console::change_medium(const MediumChange& change) {
  // Opened to see that it can be: the drive opens it again when the input arrives.
  const auto medium = change.open();
  if (!medium) return medium.error().message + "\n";
  if (*medium != nullptr) {
    const Result<void> fits = machine_.board().removable_drive(change.drive)->accepts(**medium);
    if (!fits) return fmt::format("{}: {}\n", change.path, fits.error().message);
  }
  machine_.inputs().post(InputChannel::Medium, change.encode());
  return {};
}

std::string Console::nmi(Words) {
  machine_.inputs().post(InputChannel::Nmi, {});
  return {};
}

std::string Console::eject(Words arguments) {
  const std::optional<u8> index = drive_named(arguments[0]);
  RemovableDrive* const drive = index ? machine_.board().removable_drive(*index) : nullptr;
  if (drive == nullptr) return no_such_drive(arguments[0]);
  // A guest that has locked its drive may let it go when it hears of the request.
  const std::string told = change_medium({*index, true, {}});
  return drive->locked() ? fmt::format("The guest has locked {}: unmount it there first.\n", arguments[0])
                         : told;
}

std::string Console::insert(Words arguments) {
  const std::optional<u8> index = drive_named(arguments[0]);
  if (!index || machine_.board().removable_drive(*index) == nullptr) return no_such_drive(arguments[0]);
  constexpr std::string_view kReadOnly = ",readonly";
  std::string_view file = arguments[1];
  const bool read_only = file.ends_with(kReadOnly);
  if (read_only) file.remove_suffix(kReadOnly.size());
  if (file.empty()) return "No file: name an image.\n";
  return change_medium({*index, read_only, std::string(file)});
}

std::string Console::network(Words) { return network_view(network_.report(machine_)); }

std::string Console::link(Words arguments) {
  const std::optional<u64> adapter = parse(arguments[0], 10);
  if (!adapter || *adapter == 0 || *adapter > machine_.config().nics.size())
    return fmt::format("'{}' is no adapter: 'network' lists them.\n", arguments[0]);
  if (arguments[1] != "on" && arguments[1] != "off")
    return fmt::format("'{}' is neither on nor off.\n", arguments[1]);
  NetworkInput(machine_.inputs(), static_cast<unsigned>(*adapter - 1)).link(arguments[1] == "on");
  return {};
}

std::string Console::quit(Words) {
  runner_.quit();
  return {};
}

}  // namespace ringdown
