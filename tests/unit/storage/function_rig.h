// The PIIX3 IDE function with a disk as master and a CD-ROM drive as slave of its primary channel.
#pragma once

#include "devices/storage/atapi_cdrom.h"
#include "devices/storage/piix3_ide.h"
#include "tests/unit/storage/ide_rig.h"

namespace ringdown::test {

/// Outlives the drives, which may still be writing when a test ends.
struct FunctionImages {
  ImageTrace disk;
  ImageTrace disc;
};

struct FunctionRig : FunctionImages, IdeRig {
  static constexpr u64 kMemory = 0x10'0000;

  Bus device_memory{"memory", log};
  MemoryStore store = std::move(*MemoryStore::create(kMemory, 0));
  GuestMemory memory{store, device_memory};
  IdeChannel secondary{1, {}};
  Piix3Ide function{memory, log, channel, secondary, {IdePorts{0x1f0, 0x3f6}, IdePorts{0x170, 0x376}}};

  FunctionRig(u64 disk_sectors, u64 disc_sectors)
      : FunctionImages{patterned_image(disk_sectors), patterned_image(disc_sectors)} {
    memory.map_ram(GuestPhysical(0), kMemory, HostFrame(0));
    add_disk(0, disk);
    channel.attach(1, std::make_unique<AtapiCdrom>(clock.scheduler(), log, IdePlace{0, 1},
                                                   std::make_unique<MemoryImage>(disc, true)));
    function.write_config(0x04, Width::Word, 5);
  }
  BusRange& bus_master() { return *function.windows()[4].range; }
};

}  // namespace ringdown::test
