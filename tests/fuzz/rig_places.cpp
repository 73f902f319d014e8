// The registers' places: what an operation's choice counts through.
#include "tests/fuzz/rig_places.h"

#include "frontend/machine/board_layout.h"

namespace ringdown::test {

namespace {

using namespace board;
using namespace rig_base;

constexpr Place kDrivePorts[] = {
    {kIdePrimary, 8},
    {kIdePrimaryControl, 2},
    {kIdeSecondary, 8},
    {kIdeSecondaryControl, 2},
    {kBusMaster, 16},
    {kFloppy, 8},
    {kDma8237Low, 16},
    {kDma8237High, 32},
    {kDmaPages, 15},
    {kPicMaster, 2},
    {kPicSlave, 2},
    {kPicEdgeLevel, 2},
    {kPitCounters, 4},
    {kPitControl, 1},
    {kKeyboardData, 1},
    {kKeyboardCommand, 1},
    {kRtc, 4},
    {kPort92, 1},
    {kApm, 2},
    {kFirmwareConfiguration, 12},
    {kPciConfiguration, 8},
    {kGeneralPurposeEvents, 4},
    {kPower, 64},
    {kSmbus, 16},
    {kVgaMonochrome, 12},
    {kVgaPorts, 32},
    {kVbeDispi, 3},
    {kSerial[0], 8},
    {kSerial[1], 8},
    {kDebugConsole, 1},
    {kDebugExit, 1},
    {kPost, 1},
    {0xf0, 2},
    {0, 0x1'0000},
};

constexpr Place kDriveMemory[] = {
    {static_cast<u32>(kIoApic), 0x40}, {0xfee0'0000, 0x400}, {0xfed0'0000, 0x400}, {0xa'0000, 0x2'0000},
    {kFrameBuffer, 0x100'0000},        {0xc'0000, 0x4'0000}, {0, 0x20'0000},       {0xfff0'0000, 0xf'ffff},
};

constexpr PciAddress kDriveFunctions[] = {kPciHostBridge, kPciIsaBridge, kPciIde, kPciPower, kPciVga};

constexpr Place kNetworkPorts[] = {
    {kE1000Ports, 8},       {kPcnetPorts, 32}, {kRtl8029Ports, 32}, {kVirtioNetPorts, 64},
    {kVirtioDiskPorts, 64}, {kPicMaster, 2},   {kPicSlave, 2},      {kPciConfiguration, 8},
};

constexpr Place kNetworkMemory[] = {
    {kE1000, 0x6000},
    {kPcnet, 32},
    {kVirtioNet, 0x4000},
    {kVirtioDisk, 0x4000},
    {kE1000, 0x2'0000},
    {0xfee0'0000, 0x400},
    {static_cast<u32>(kIoApic), 0x40},
    {0, 0x20'0000},
};

constexpr PciAddress kNetworkFunctions[] = {{kPciFirstNic, 0},        {kPciFirstNic + 1, 0},
                                            {kPciFirstNic + 2, 0},    {kPciFirstNic + 3, 0},
                                            {kPciFirstVirtioDisk, 0}, kPciIsaBridge};

}  // namespace

PciAddress pci_address(RigCard card) { return {static_cast<u8>(kPciFirstNic + static_cast<u8>(card)), 0}; }

const RigPlaces& places_of(RigBoard board) {
  static constexpr RigPlaces kDrives{kDrivePorts, kDriveMemory, kDriveFunctions};
  static constexpr RigPlaces kNetwork{kNetworkPorts, kNetworkMemory, kNetworkFunctions};
  switch (board) {
    case RigBoard::Drives:
      return kDrives;
    case RigBoard::Network:
      return kNetwork;
  }
  return kDrives;
}

}  // namespace ringdown::test
