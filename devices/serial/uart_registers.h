// Registers of the 16550A as the data sheet names them (PC16550D, section 8).
#pragma once

#include "core/field.h"

namespace ringdown::uart {

/// Offsets. The first two are the divisor latch while LCR.DLAB is set.
enum class Offset : u8 {
  Data = 0,                // RBR on reads, THR on writes; DLL
  InterruptEnable = 1,     // IER; DLM
  InterruptIdentFifo = 2,  // IIR on reads, FCR on writes
  LineControl = 3,         // LCR
  ModemControl = 4,        // MCR
  LineStatus = 5,          // LSR
  ModemStatus = 6,         // MSR
  Scratch = 7,             // SCR
};

// IER
using ReceivedDataEnable = Field<u8, 0>;
using HoldingEmptyEnable = Field<u8, 1>;
using LineStatusEnable = Field<u8, 2>;
using ModemStatusEnable = Field<u8, 3>;
inline constexpr u8 kInterruptEnableMask = 0x0f;

// FCR
using FifoEnable = Field<u8, 0>;
using ReceiverReset = Field<u8, 1>;
using TransmitterReset = Field<u8, 2>;
using DmaMode = Field<u8, 3>;
using TriggerLevel = Field<u8, 6, 2>;

/// IIR bits 3 to 0, highest priority first.
enum class InterruptId : u8 {
  LineStatus = 0x6,
  ReceivedData = 0x4,
  CharacterTimeout = 0xc,
  HoldingEmpty = 0x2,
  ModemStatus = 0x0,
  None = 0x1,
};
inline constexpr u8 kFifosEnabledIdentification = 0xc0;

// LCR
using WordLength = Field<u8, 0, 2>;  // 5 bits and up
using TwoStopBits = Field<u8, 2>;
using ParityEnable = Field<u8, 3>;
using SetBreak = Field<u8, 6>;
using DivisorLatch = Field<u8, 7>;

// MCR
using DataTerminalReady = Field<u8, 0>;
using RequestToSend = Field<u8, 1>;
using Out1 = Field<u8, 2>;
using Out2 = Field<u8, 3>;
using Loop = Field<u8, 4>;
inline constexpr u8 kModemControlMask = 0x1f;

// LSR
using DataReady = Field<u8, 0>;
using OverrunError = Field<u8, 1>;
using ParityError = Field<u8, 2>;
using FramingError = Field<u8, 3>;
using BreakInterrupt = Field<u8, 4>;
using HoldingEmpty = Field<u8, 5>;
using TransmitterEmpty = Field<u8, 6>;
using FifoError = Field<u8, 7>;

// MSR
using DeltaClearToSend = Field<u8, 0>;
using DeltaDataSetReady = Field<u8, 1>;
using TrailingEdgeRing = Field<u8, 2>;
using DeltaCarrierDetect = Field<u8, 3>;
using ClearToSend = Field<u8, 4>;
using DataSetReady = Field<u8, 5>;
using RingIndicator = Field<u8, 6>;
using CarrierDetect = Field<u8, 7>;
inline constexpr u8 kModemDeltaMask = 0x0f;

inline constexpr unsigned kFifoDepth = 16;
inline constexpr u64 kClockHertz = 1'843'200;
inline constexpr u64 kClocksPerBit = 16;  // times the divisor
/// The divisor latch is undefined after power-on; 9600 baud is what PC firmware leaves.
inline constexpr u16 kInitialDivisor = 12;

}  // namespace ringdown::uart
