// Every address, port, interrupt and PCI place of the PC: the one file that says where things are.
#pragma once

#include "core/pci_function.h"
#include "core/types.h"

namespace ringdown::board {

// --- Memory ------------------------------------------------------------------------------------------------
inline constexpr u64 kTopOfAddressSpace = u64{1} << 32;
inline constexpr u64 kFirmwareAliasEnd = kTopOfAddressSpace - 0x10'0000;
inline constexpr u32 kBootSector = 0x7c00;  // where a BIOS loads and enters it
inline constexpr u64 kVgaWindow = 0xa0000;
inline constexpr u64 kOptionRoms = 0xc0000;
inline constexpr u64 kLegacyFirmware = 0xe0000;
inline constexpr u64 kLegacyFirmwareSize = 0x20000;
inline constexpr u64 kIoApic = 0xfec00000;
inline constexpr u64 kIoApicSize = 0x1000;
inline constexpr u64 kHpet = 0xfed00000;

// --- Ports -------------------------------------------------------------------------------------------------
inline constexpr u16 kDma8237Low = 0x00;
inline constexpr u16 kPicMaster = 0x20;
inline constexpr u16 kPitCounters = 0x40;
inline constexpr u16 kKeyboardData = 0x60;
inline constexpr u16 kPitControl = 0x61;
inline constexpr u16 kKeyboardCommand = 0x64;
inline constexpr u16 kRtc = 0x70;
inline constexpr u16 kPost = 0x80;
inline constexpr u16 kDmaPages = 0x81;
inline constexpr u16 kPort92 = 0x92;
inline constexpr u16 kPicSlave = 0xa0;
inline constexpr u16 kApm = 0xb2;
inline constexpr u16 kDma8237High = 0xc0;
inline constexpr u16 kVgaMonochrome = 0x3b0;
inline constexpr u16 kVgaPorts = 0x3c0;
inline constexpr u16 kVbeDispi = 0x1ce;
inline constexpr u16 kIdePrimary = 0x1f0;
inline constexpr u16 kIdePrimaryControl = 0x3f6;
inline constexpr u16 kIdeSecondary = 0x170;
inline constexpr u16 kIdeSecondaryControl = 0x376;
inline constexpr u16 kFloppy = 0x3f0;
inline constexpr u16 kFloppyInput = 0x3f7;
inline constexpr u16 kDebugConsole = 0x402;
inline constexpr u16 kPicEdgeLevel = 0x4d0;
inline constexpr u16 kDebugExit = 0x501;
inline constexpr u16 kFirmwareConfiguration = 0x510;
inline constexpr u16 kFirmwareConfigurationDma = 0x514;
inline constexpr u16 kPciConfiguration = 0xcf8;
inline constexpr u16 kGeneralPurposeEvents = 0xafe0;
inline constexpr u16 kSerial[4] = {0x3f8, 0x2f8, 0x3e8, 0x2e8};

// --- ISA interrupts ----------------------------------------------------------------------------------------
inline constexpr unsigned kIrqTimer = 0;
inline constexpr unsigned kIrqKeyboard = 1;
inline constexpr unsigned kIrqFloppy = 6;
inline constexpr unsigned kIrqRtc = 8;
inline constexpr unsigned kIrqMouse = 12;
inline constexpr unsigned kIrqCoprocessor = 13;
inline constexpr unsigned kIrqIdePrimary = 14;
inline constexpr unsigned kIrqIdeSecondary = 15;
inline constexpr unsigned kIrqSerial[4] = {4, 3, 4, 3};

// --- ISA DMA channels --------------------------------------------------------------------------------------
inline constexpr unsigned kDmaFloppy = 2;

// --- PCI ---------------------------------------------------------------------------------------------------
inline constexpr PciAddress kPciHostBridge{0, 0};
inline constexpr PciAddress kPciIsaBridge{1, 0};
inline constexpr PciAddress kPciIde{1, 1};
inline constexpr PciAddress kPciPower{1, 3};
inline constexpr PciAddress kPciVga{2, 0};
inline constexpr u8 kPciFirstNic = 3;  // one device for each network adapter
inline constexpr u8 kPciFirstVirtioDisk = 8;

// --- Clocks ------------------------------------------------------------------------------------------------
/// The bus clock that the local APIC's timer divides.
inline constexpr u64 kApicBusHertz = 100'000'000;

}  // namespace ringdown::board
