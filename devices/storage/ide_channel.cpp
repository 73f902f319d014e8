// Selection, register decoding, absent drives and INTRQ of a channel (ATA/ATAPI-5, sections 7 and 9.16).
#include "devices/storage/ide_channel.h"

#include <algorithm>

namespace ringdown {
namespace {

constexpr u8 kDiagnose = 0x90;  // EXECUTE DEVICE DIAGNOSTIC
// DD7 is pulled down, so that an empty cable does not look busy; the other lines float high.
constexpr u8 kFloating = 0x7f;
constexpr u64 kFloatingData = 0xffff'ff7f;

}  // namespace

IdeChannel::IdeChannel(u8 number, InterruptLine irq) : number_(number), irq_(irq) {}

void IdeChannel::attach(unsigned drive, std::unique_ptr<IdeDrive> device) {
  device->connect(*this);
  drives_.at(drive) = std::move(device);
}

void IdeChannel::reset() {
  device_ = control_ = 0;
  for (const auto& drive : drives_) {
    if (drive != nullptr) drive->hardware_reset();
  }
  interrupt_changed();
}

bool IdeChannel::waits_for_image() const {
  return std::any_of(drives_.begin(), drives_.end(),
                     [](const auto& drive) { return drive != nullptr && drive->waits_for_image(); });
}

void IdeChannel::set_wake(const std::function<void()>& wake) {
  for (const auto& drive : drives_) {
    if (drive != nullptr) drive->set_wake(wake);
  }
}

Result<void> IdeChannel::flush_images() {
  for (const auto& drive : drives_) {
    if (drive == nullptr) continue;
    if (Result<void> result = drive->flush_image(); !result) return result;
  }
  return {};
}

void IdeChannel::interrupt_changed() {
  const IdeDrive* drive = selected();
  const bool request =
      drive != nullptr && drive->interrupt_requested() && !ata_control::InterruptDisable::get(control_);
  const Level level = request ? Level::High : Level::Low;
  if (dma_ != nullptr) dma_->set_intrq(level);
  irq_.set(level);
}

void IdeChannel::dma_started() {
  if (IdeDrive* drive = selected()) drive->dma_started();
}

u64 IdeChannel::read_command_block(u32 offset, Width width) {
  if (offset == 0) {
    IdeDrive* drive = selected();
    if (drive == nullptr) return drives_[0] != nullptr ? 0 : kFloatingData & open_bus(width);
    // A double word is two transfers of the 16-bit cable.
    if (width != Width::Dword) return drive->read_data(width);
    const u32 low = drive->read_data(Width::Word);
    return low | drive->read_data(Width::Word) << 16;
  }
  u64 value = 0;
  for (unsigned i = 0; i < bytes_of(width) && offset + i < kCommandBlockLength; ++i) {
    value |= u64{read_register(static_cast<AtaRegister>(offset + i))} << (8 * i);
  }
  return value;
}

void IdeChannel::write_command_block(u32 offset, Width width, u64 value) {
  if (offset == 0) {
    IdeDrive* drive = selected();
    if (drive == nullptr) return;
    if (width != Width::Dword) return drive->write_data(width, static_cast<u32>(value));
    drive->write_data(Width::Word, static_cast<u32>(value & 0xffff));
    drive->write_data(Width::Word, static_cast<u32>(value >> 16));
    return;
  }
  for (unsigned i = 0; i < bytes_of(width) && offset + i < kCommandBlockLength; ++i) {
    write_register(static_cast<AtaRegister>(offset + i), static_cast<u8>(value >> (8 * i)));
  }
}

u8 IdeChannel::read_register(AtaRegister reg) {
  IdeDrive* drive = selected();
  if (drive == nullptr && drives_[0] != nullptr) {
    // Device 0 answers for an absent device 1: a status of zero, and its own other registers.
    return reg == AtaRegister::StatusCommand ? 0 : drives_[0]->read_register(reg, false);
  }
  if (drive == nullptr) return kFloating;
  if (reg == AtaRegister::StatusCommand) return drive->read_status();
  return drive->read_register(reg, ata_control::HighOrderByte::get(control_));
}

void IdeChannel::write_register(AtaRegister reg, u8 value) {
  if (reg == AtaRegister::StatusCommand) return write_command(value);
  // Any write to the command block clears HOB.
  control_ = ata_control::HighOrderByte::with(control_, false);
  for (const auto& drive : drives_) {
    if (drive != nullptr) drive->write_register(reg, value);
  }
  if (reg != AtaRegister::Device) return;
  device_ = value;
  interrupt_changed();
}

void IdeChannel::write_command(u8 command) {
  control_ = ata_control::HighOrderByte::with(control_, false);
  if (command == kDiagnose) {
    device_ = 0;
    for (const auto& drive : drives_) {
      if (drive != nullptr) drive->diagnose();
    }
  } else if (IdeDrive* drive = selected()) {
    drive->write_command(command);
  }
}

u64 IdeChannel::read_control_block(u32, Width) {
  if (const IdeDrive* drive = selected()) return drive->status();
  return drives_[0] != nullptr ? 0 : kFloating;
}

void IdeChannel::write_control_block(u32, Width, u64 value) {
  control_ = static_cast<u8>(value);
  const bool reset = ata_control::SoftwareReset::get(control_);
  if (reset) device_ = 0;
  for (const auto& drive : drives_) {
    if (drive != nullptr) drive->set_software_reset(reset);
  }
  interrupt_changed();
}

void IdeChannel::serialize(Archive& archive) {
  if (archive.version() < chunk_version()) {
    return archive.fail("it is of a version whose drives worked otherwise: save the state again");
  }
  archive(device_, control_);
  for (const auto& drive : drives_) {
    bool present = drive != nullptr;
    archive(present);
    if (present != (drive != nullptr)) {
      archive.fail("other drives are attached than when it was saved: attach the same ones");
      return;
    }
    if (drive != nullptr) drive->serialize(archive);
  }
  if (archive.loading()) interrupt_changed();
}

}  // namespace ringdown
