// Describes a machine by its options and compares it with a saved one.
#include "frontend/machine/machine_identity.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>

#include "frontend/machine/nic_models.h"

namespace ringdown {

namespace {

constexpr const char* kPaging = "--paging";
constexpr const char* kAcpi = "--acpi";
constexpr const char* kApic = "--apic";

std::string nic_option(unsigned number) { return fmt::format("--nic for adapter {}", number + 1); }
constexpr const char* kNoNic = "none";

/// A file's content in short: its size tells a person more than the checksum.
class Content {
 public:
  void add(std::span<const u8> bytes) {
    size_ += bytes.size();
    checksum_ = crc32_z(checksum_, bytes.data(), bytes.size());
  }
  std::string text() const {
    return size_ == 0 ? "none" : fmt::format("{} bytes with checksum {:08x}", size_, checksum_);
  }

 private:
  u64 size_ = 0;
  uLong checksum_ = 0;
};

std::string memory_text(u64 bytes) {
  constexpr u64 kMebibyte = u64{1} << 20;
  return bytes % kMebibyte == 0 ? fmt::format("{}M", bytes / kMebibyte) : fmt::format("{}K", bytes / 1024);
}

std::string virtio_disk_option(unsigned unit) {
  return fmt::format("--disk with bus=virtio on unit {}", unit);
}
constexpr const char* kNoDrive = "none";

std::string drive_text(const BoardMedia& media, DiskBus bus, unsigned unit) {
  for (const BoardMedia::Drive& drive : media.drives) {
    if (drive.config.bus != bus || drive.config.unit != unit) continue;
    // What lies in a CD-ROM drive may change; the drive compares it with its saved state.
    if (drive.config.cdrom) return "a CD-ROM drive";
    return fmt::format("a disk of {} sectors", drive.image->sectors());
  }
  return kNoDrive;
}

std::string nic_text(const NicConfig& nic, std::span<const u8> rom) {
  const NicModelRow& row = row_of(nic.model);
  std::string text = fmt::format("{} with mac={:02x}", row.name, fmt::join(nic.mac, ":"));
  if (row.bus == NicBus::Isa) return text + fmt::format(", port={:#x} and irq={}", nic.isa_port, nic.isa_irq);
  Content content;
  content.add(rom);
  return text + fmt::format(" and a ROM of {}", content.text());
}

}  // namespace

MachineIdentity::MachineIdentity(const MachineConfig& config, const BoardMedia& media,
                                 std::span<const u8> firmware) {
  const bool bare = config.mode == RunMode::Bare;
  properties_.push_back({"--memory", memory_text(config.memory_bytes)});
  properties_.push_back({"--mode", bare ? "bare" : "trap"});
  if (!bare) {
    properties_.push_back({"--deprivilege", config.deprivilege == Deprivilege::Ring3 ? "ring3" : "ring1"});
    properties_.push_back({kPaging, std::string(name_of(config.paging.technique))});
  }
  properties_.push_back({"--cpu", config.cpu_model});
  properties_.push_back({"--hpet", config.hpet ? "on" : "off"});
  properties_.push_back({kAcpi, config.acpi ? "on" : "off"});
  properties_.push_back({kApic, config.apic ? "on" : "off"});
  Content roms;
  roms.add(firmware);
  roms.add(media.vga_rom);
  properties_.push_back({"--firmware", roms.text()});
  Content kernel;
  for (const FirmwareItem& item : config.firmware_items) kernel.add(item.content);
  for (const FirmwareFile& file : config.firmware_files) kernel.add(file.content);
  properties_.push_back({"--kernel with --initrd and --append", kernel.text()});
  for (unsigned unit = 0; unit < kIdeUnits; ++unit) {
    properties_.push_back(
        {fmt::format("--disk or --cdrom on unit {}", unit), drive_text(media, DiskBus::Ide, unit)});
  }
  for (unsigned drive = 0; drive < kFloppyDrives; ++drive) {
    const bool present = drive < media.floppies.size();
    properties_.push_back(
        {fmt::format("--floppy for drive {}", "AB"[drive]),
         present ? fmt::format("a {} drive", name_of(media.floppies[drive].type)) : "none"});
  }
  properties_.push_back({"--disk-latency", fmt::format("{} ns", config.disk_latency / nanoseconds(1))});
  for (std::size_t port = 0; port < config.serial_backends.size(); ++port) {
    properties_.push_back({fmt::format("--serial for port {}", port + 1),
                           config.serial_backends[port] == nullptr ? "none" : "present"});
  }
  for (unsigned number = 0; number < kMaximumNics; ++number) {
    const bool present = number < config.nics.size();
    properties_.push_back(
        {nic_option(number), present ? nic_text(config.nics[number], media.nic_roms[number]) : kNoNic});
  }
  for (unsigned unit = 0; unit < kVirtioDisks; ++unit)
    properties_.push_back({virtio_disk_option(unit), drive_text(media, DiskBus::Virtio, unit)});
}

void MachineIdentity::complete(std::vector<Property>& saved) const {
  std::vector<Property> before_options{
      {kPaging, std::string(name_of(Technique::Shadow))}, {kAcpi, "on"}, {kApic, "on"}};
  for (unsigned number = 0; number < kMaximumNics; ++number)
    before_options.push_back({nic_option(number), kNoNic});
  for (unsigned unit = 0; unit < kVirtioDisks; ++unit)
    before_options.push_back({virtio_disk_option(unit), kNoDrive});
  for (const Property& before : before_options) {
    const auto is_same = [&](const Property& property) { return property.option == before.option; };
    const auto own = std::ranges::find_if(properties_, is_same);
    if (own == properties_.end() || std::ranges::any_of(saved, is_same)) continue;
    const std::ptrdiff_t place = own - properties_.begin();
    if (place <= std::ssize(saved)) saved.insert(saved.begin() + place, before);
  }
}

void MachineIdentity::serialize(Archive& archive) {
  if (!archive.loading()) return archive(properties_);
  std::vector<Property> saved;
  archive(saved);
  complete(saved);
  const std::size_t common = std::min(saved.size(), properties_.size());
  for (std::size_t i = 0; i < common && !archive.failed(); ++i) {
    const Property& own = properties_[i];
    if (saved[i].option != own.option) break;
    if (saved[i].value == own.value) continue;
    return archive.fail(fmt::format(
        "it was saved with {}: {}, and this machine has {}: start with the options it was saved with",
        own.option, saved[i].value, own.value));
  }
  const bool same_options =
      std::equal(saved.begin(), saved.end(), properties_.begin(), properties_.end(),
                 [](const Property& a, const Property& b) { return a.option == b.option; });
  if (!archive.failed() && !same_options)
    archive.fail("it is of another kind of machine: save the state again");
}

}  // namespace ringdown
