// Calendar arithmetic on MC146818 registers.
#include "devices/timers/rtc_calendar.h"

#include <array>

namespace ringdown {
namespace {

constexpr u8 kAfternoon = 0x80;      // bit 7 of the hours in 12-hour mode
constexpr u8 kAlarmDontCare = 0xc0;  // both high bits set

u8 encode(unsigned value, RtcFormat format) {
  return static_cast<u8>(format.binary ? value : value / 10 % 10 * 16 + value % 10);
}
unsigned decode(u8 value, RtcFormat format) {
  return format.binary ? value : static_cast<unsigned>((value >> 4) * 10 + (value & 15));
}

u8 encode_hour(unsigned hour, RtcFormat format) {
  if (format.hours_24) return encode(hour, format);
  const unsigned twelve = hour % 12 == 0 ? 12 : hour % 12;
  return static_cast<u8>(encode(twelve, format) | (hour >= 12 ? kAfternoon : 0));
}
unsigned decode_hour(u8 value, RtcFormat format) {
  if (format.hours_24) return decode(value, format);
  return decode(value & 0x7f, format) % 12 + ((value & kAfternoon) != 0 ? 12 : 0);
}

bool leap(unsigned year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

unsigned days_in(unsigned month, unsigned year) {
  constexpr std::array<u8, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12) return 31;
  return month == 2 && leap(year) ? 29 : kDays[month - 1];
}

/// Sunday is 1. Counts days from 1 January of year 1, a Monday in the Gregorian calendar.
unsigned day_of_week(const CivilTime& time) {
  const unsigned years = time.year - 1;
  unsigned days = years * 365 + years / 4 - years / 100 + years / 400 + time.day - 1;
  for (unsigned month = 1; month < time.month; ++month) days += days_in(month, time.year);
  return (days + 1) % 7 + 1;
}

/// Increments a register; true if it wrapped from `last` (or beyond) to `first`.
bool carry(u8& value, unsigned first, unsigned last, RtcFormat format) {
  const unsigned next = decode(value, format) + 1;
  value = encode(next > last ? first : next, format);
  return next > last;
}

}  // namespace

std::vector<u8> to_payload(const CivilTime& time) {
  std::vector<u8> payload;
  for (const unsigned value :
       {time.year & 0xff, time.year >> 8, time.month, time.day, time.hour, time.minute, time.second}) {
    payload.push_back(static_cast<u8>(value));
  }
  return payload;
}

std::optional<CivilTime> civil_time_of(std::span<const u8> payload) {
  constexpr std::size_t kLength = 7;
  if (payload.size() != kLength) return std::nullopt;
  const CivilTime time{
      payload[0] | payload[1] * 256u, payload[2], payload[3], payload[4], payload[5], payload[6]};
  const bool date = time.year >= 1 && time.year <= 9999 && time.month >= 1 && time.month <= 12 &&
                    time.day >= 1 && time.day <= days_in(time.month, time.year);
  if (!date || time.hour > 23 || time.minute > 59 || time.second > 59) return std::nullopt;
  return time;
}

void store_time(std::span<u8> registers, const CivilTime& time, RtcFormat format) {
  const auto set = [&](RtcIndex index, unsigned value) { registers[number(index)] = encode(value, format); };
  set(RtcIndex::Seconds, time.second);
  set(RtcIndex::Minutes, time.minute);
  registers[number(RtcIndex::Hours)] = encode_hour(time.hour, format);
  set(RtcIndex::DayOfWeek, day_of_week(time));
  set(RtcIndex::DayOfMonth, time.day);
  set(RtcIndex::Month, time.month);
  set(RtcIndex::Year, time.year % 100);
  set(RtcIndex::Century, time.year / 100);
}

CivilTime load_time(std::span<const u8> registers, RtcFormat format) {
  const auto get = [&](RtcIndex index) { return decode(registers[number(index)], format); };
  return {get(RtcIndex::Century) * 100 + get(RtcIndex::Year),
          get(RtcIndex::Month),
          get(RtcIndex::DayOfMonth),
          decode_hour(registers[number(RtcIndex::Hours)], format),
          get(RtcIndex::Minutes),
          get(RtcIndex::Seconds)};
}

void advance_second(std::span<u8> registers, RtcFormat format) {
  const auto at = [&](RtcIndex index) -> u8& { return registers[number(index)]; };
  if (!carry(at(RtcIndex::Seconds), 0, 59, format)) return;
  if (!carry(at(RtcIndex::Minutes), 0, 59, format)) return;
  const unsigned hour = decode_hour(at(RtcIndex::Hours), format) + 1;
  at(RtcIndex::Hours) = encode_hour(hour > 23 ? 0 : hour, format);
  if (hour <= 23) return;
  carry(at(RtcIndex::DayOfWeek), 1, 7, format);
  const unsigned year = decode(at(RtcIndex::Century), format) * 100 + decode(at(RtcIndex::Year), format);
  const unsigned month = decode(at(RtcIndex::Month), format);
  if (!carry(at(RtcIndex::DayOfMonth), 1, days_in(month, year), format)) return;
  if (!carry(at(RtcIndex::Month), 1, 12, format)) return;
  if (!carry(at(RtcIndex::Year), 0, 99, format)) return;
  carry(at(RtcIndex::Century), 0, 99, format);
}

bool alarm_matches(std::span<const u8> registers) {
  const auto matches = [&](RtcIndex time, RtcIndex alarm) {
    const u8 wanted = registers[number(alarm)];
    return (wanted & kAlarmDontCare) == kAlarmDontCare || wanted == registers[number(time)];
  };
  return matches(RtcIndex::Seconds, RtcIndex::SecondsAlarm) &&
         matches(RtcIndex::Minutes, RtcIndex::MinutesAlarm) && matches(RtcIndex::Hours, RtcIndex::HoursAlarm);
}

}  // namespace ringdown
