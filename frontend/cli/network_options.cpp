// Network adapters and the nets they get, in the order of the command line.
#include "frontend/cli/network_options.h"

#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "frontend/cli/option_values.h"
#include "frontend/machine/nic_models.h"

namespace ringdown {

namespace {

constexpr std::string_view kNicForm = "use MODEL[,mac=XX:XX:XX:XX:XX:XX][,rom=FILE|off][,port=N][,irq=N]";
constexpr MacAddress kNoMac{};
// Where an NE2000's jumpers put it: places of 32 ports and interrupts that the board leaves free.
constexpr std::array kIsaPorts{0x300U, 0x320U, 0x340U, 0x280U, 0x2a0U, 0x2c0U, 0x240U, 0x260U};
constexpr std::array kIsaInterrupts{3U, 5U, 7U, 9U, 10U, 11U};

std::string known_models() {
  std::string names;
  for (const NicModelRow& row : nic_models()) {
    names.append(names.empty() ? "" : ", ").append(row.name);
  }
  return names;
}

Result<MacAddress> parse_mac(std::string_view text) {
  const Error mistake{fmt::format("'{}' is no address of an adapter: 52:54:00:12:34:56 is one", text)};
  constexpr std::size_t kLength = 17;
  if (text.size() != kLength) return mistake;
  MacAddress mac{};
  for (std::size_t i = 0; i < mac.size(); ++i) {
    const std::string_view digits = text.substr(3 * i, 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + 2, mac[i], 16);
    const bool separated = i + 1 == mac.size() || text[3 * i + 2] == ':' || text[3 * i + 2] == '-';
    if (error != std::errc() || end != digits.data() + 2 || !separated) return mistake;
  }
  if (mac == kNoMac || (mac[0] & 1) != 0)
    return Error{fmt::format("'{}' is the address of no single adapter: its first byte must be even", text)};
  return mac;
}

/// A number as people write it: 0x300 or 768.
std::optional<unsigned> parse_number(std::string_view text) {
  const bool hexadecimal = text.starts_with("0x");
  if (hexadecimal) text.remove_prefix(2);
  unsigned value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

Result<void> take_isa_part(std::string_view part, NicConfig& nic) {
  const std::optional<unsigned> number = parse_number(part.substr(part.find('=') + 1));
  if (row_of(nic.model).bus != NicBus::Isa)
    return Error{
        "port= and irq= are an ISA adapter's jumpers: the firmware places one on PCI: leave them out"};
  if (part.starts_with("port=")) {
    if (!number || std::ranges::find(kIsaPorts, *number) == kIsaPorts.end())
      return Error{"port= is one of 0x240, 0x260, 0x280, 0x2a0, 0x2c0, 0x300, 0x320 and 0x340"};
    nic.isa_port = static_cast<u16>(*number);
    return {};
  }
  if (!number || std::ranges::find(kIsaInterrupts, *number) == kIsaInterrupts.end())
    return Error{"irq= is one of 3, 5, 7, 9, 10 and 11"};
  nic.isa_irq = static_cast<u8>(*number);
  return {};
}

/// One part behind the model's name.
Result<void> take_nic_part(std::string_view part, NicConfig& nic) {
  if (part.starts_with("mac=")) {
    const Result<MacAddress> mac = parse_mac(part.substr(4));
    if (!mac) return mac.error();
    nic.mac = *mac;
    return {};
  }
  if (part.starts_with("port=") || part.starts_with("irq=")) return take_isa_part(part, nic);
  if (!part.starts_with("rom=")) return Error{fmt::format("'{}' is not known: {}", part, kNicForm)};
  const std::string_view rom = part.substr(4);
  if (rom.empty()) return Error{"the ROM's name is empty: name a file, or off"};
  if (rom != "off" && row_of(nic.model).bus == NicBus::Isa)
    return Error{"an ISA adapter has no ROM here: choose one on PCI, such as rtl8029"};
  nic.rom = rom == "off" ? NicRom::Off : NicRom::File;
  if (nic.rom == NicRom::File) nic.rom_path = rom;
  return {};
}

void read_nics(OptionReader& options, Options& target) {
  std::vector<NicConfig>& nics = target.machine.nics;
  std::vector<NetSpec>& nets = target.network.nets;
  for (const std::string& value : options.texts("nic")) {
    NicConfig nic;
    nic.mac = kNoMac;
    options.take(parse_nic(value), nic);
    nics.push_back(std::move(nic));
  }
  for (const std::string& value : options.texts("net")) {
    NetSpec net;
    options.take(parse_net(value), net);
    nets.push_back(std::move(net));
  }
  const std::size_t count = std::max(nics.size(), nets.size());
  if (count > kMaximumNics)
    options.fail(Error{fmt::format("--{}: a machine has at most {} adapters: leave some out",
                                   nics.size() > nets.size() ? "nic" : "net", kMaximumNics)});
  while (nics.size() < count) {
    NicConfig nic;
    nic.mac = kNoMac;
    options.take(parse_nic(row_of(nic.model).name), nic);
    nics.push_back(std::move(nic));
  }
  while (nets.size() < count) nets.push_back(*parse_net("user"));
  for (unsigned number = 0; number < count; ++number) {
    if (nics[number].mac == kNoMac) nics[number].mac = default_mac(nets[number], number);
  }
}

/// Two adapters of one machine cannot share what each needs for itself.
void check_nics(OptionReader& options, const std::vector<NicConfig>& nics) {
  for (std::size_t i = 0; i < nics.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (nics[i].mac == nics[j].mac)
        options.fail(Error{fmt::format("--nic {}: two adapters have one mac=: give them different ones",
                                       row_of(nics[i].model).name)});
      if (row_of(nics[i].model).bus != NicBus::Isa || row_of(nics[j].model).bus != NicBus::Isa) continue;
      if (nics[i].isa_port == nics[j].isa_port || nics[i].isa_irq == nics[j].isa_irq)
        options.fail(Error{fmt::format(
            "--nic {}: two ISA adapters need different ports and interrupts: add port= and irq= to one",
            row_of(nics[i].model).name)});
    }
  }
}

void read_user_network(OptionReader& options, Options& target) {
  UserNetworkSpec& user = target.network.user;
  for (const std::string& value : options.texts("forward")) {
    ForwardSpec forward;
    options.take(parse_forward(value), forward);
    user.forwards.push_back(std::move(forward));
  }
  user.restricted = options.flag("restrict");
  user.tftp_folder = options.path("tftp");
  user.boot_file = options.path("bootfile");
  if (!user.tftp_folder.empty() && !std::filesystem::is_directory(user.tftp_folder))
    options.fail(Error{fmt::format("--tftp {}: no such folder: check the name", user.tftp_folder)});
  const bool any =
      std::ranges::any_of(target.network.nets, [](const NetSpec& net) { return net.kind == NetKind::User; });
  for (const char* const name : {"forward", "restrict", "tftp", "bootfile"}) {
    if (!any && options.given(name))
      options.fail(Error{fmt::format("--{}: belongs to --net user: add that", name)});
  }
}

void read_captures(OptionReader& options, Options& target) {
  target.network.captures = options.texts("pcap");
  for (const std::string& path : target.network.captures) {
    if (path.empty()) options.fail(missing_name("pcap"));
  }
  if (target.network.captures.size() > target.machine.nics.size())
    options.fail(Error{target.machine.nics.empty() ? "--pcap: there is no network adapter: add --net user"
                                                   : "--pcap: there are fewer adapters: leave some out"});
}

/// Adapters get a ROM that they boot from where that is asked for.
void give_boot_roms(OptionReader& options, MachineConfig& machine) {
  if (options.text("boot").value_or("").find("network") == std::string::npos) return;
  if (machine.nics.empty())
    return options.fail(Error{"--boot network: there is no network adapter: add --net user"});
  bool bootable = false;
  for (NicConfig& nic : machine.nics) {
    if (nic.rom == NicRom::Absent && row_of(nic.model).bus == NicBus::Pci) nic.rom = NicRom::Boot;
    bootable = bootable || nic.rom == NicRom::Boot || nic.rom == NicRom::File;
  }
  if (!bootable)
    options.fail(
        Error{"--boot network: no adapter has a ROM to boot from: add one on PCI without rom=off, such as "
              "rtl8029"});
}

}  // namespace

Result<NicConfig> parse_nic(std::string_view text) {
  std::string_view rest = text;
  const std::string name = take_part(rest);
  const NicModelRow* const row = find_nic_model(name);
  if (row == nullptr)
    return Error{fmt::format("--nic {}: no such adapter: there are {}", text, known_models())};
  NicConfig nic;
  nic.model = row->model;
  nic.mac = kNoMac;
  while (!rest.empty()) {
    if (const Result<void> taken = take_nic_part(take_part(rest), nic); !taken)
      return Error{fmt::format("--nic {}: {}", text, taken.error().message)};
  }
  return nic;
}

MacAddress default_mac(const NetSpec& net, unsigned number) {
  MacAddress mac = NicConfig{}.mac;
  if (net.kind == NetKind::Tap) {
    const uLong sum = crc32_z(0, reinterpret_cast<const Bytef*>(net.name.data()), net.name.size());
    for (unsigned i = 0; i < 3; ++i) mac[3 + i] = static_cast<u8>(sum >> (8 * i));
  } else if (net.kind == NetKind::Socket && !net.listen) {
    ++mac[4];
  }
  mac[5] = static_cast<u8>(mac[5] + number);
  return mac;
}

std::string nic_list() {
  std::string text;
  for (const NicModelRow& row : nic_models()) text += fmt::format("{:<14} {}\n", row.name, row.meaning);
  return text;
}

void read_network(OptionReader& options, Options& target) {
  read_nics(options, target);
  check_nics(options, target.machine.nics);
  read_user_network(options, target);
  read_captures(options, target);
  give_boot_roms(options, target.machine);
}

}  // namespace ringdown
