// The calendar of an MC146818: advancing its time registers by one second in their own format.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/types.h"

namespace ringdown {

/// A moment in a time zone that only the guest knows.
struct CivilTime {
  unsigned year = 2000;  // 1 to 9999
  unsigned month = 1;    // 1 to 12
  unsigned day = 1;      // 1 to 31
  unsigned hour = 0;     // 0 to 23
  unsigned minute = 0;
  unsigned second = 0;
};

/// A time as an input carries it: year in two bytes, month, day, hour, minute, second. What is no date is
/// nothing.
std::vector<u8> to_payload(const CivilTime& time);
std::optional<CivilTime> civil_time_of(std::span<const u8> payload);

/// How the time registers hold numbers (register B).
struct RtcFormat {
  bool binary = false;  // DM: binary, else BCD
  bool hours_24 = true;
};

/// Registers of time and date. The century stands where PC firmware puts it.
enum class RtcIndex : u8 {
  Seconds = 0x00,
  SecondsAlarm = 0x01,
  Minutes = 0x02,
  MinutesAlarm = 0x03,
  Hours = 0x04,
  HoursAlarm = 0x05,
  DayOfWeek = 0x06,
  DayOfMonth = 0x07,
  Month = 0x08,
  Year = 0x09,
  A = 0x0a,
  B = 0x0b,
  C = 0x0c,
  D = 0x0d,
  Century = 0x32,
};
constexpr u8 number(RtcIndex index) { return static_cast<u8>(index); }

/// Writes `time` (with its day of the week, Sunday being 1) to the registers.
void store_time(std::span<u8> registers, const CivilTime& time, RtcFormat format);
/// Reads them back. A guest may have left anything there, which is no date then.
CivilTime load_time(std::span<const u8> registers, RtcFormat format);
/// One second passes, as far as carries go; the century register counts too.
void advance_second(std::span<u8> registers, RtcFormat format);
/// Whether the alarm registers match the time; 0xC0 and above match anything.
bool alarm_matches(std::span<const u8> registers);

}  // namespace ringdown
