// One debugger's conversation in the gdb remote protocol, without the connection it runs over.
#include "frontend/debug/gdb_session.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

namespace ringdown {

using gdb::from_hex;
using gdb::take;
using gdb::take_hex;
using gdb::to_hex;

namespace {

constexpr std::string_view kOk = "OK";
constexpr std::string_view kUnsupported;         // the empty reply
constexpr std::string_view kBadRequest = "E16";  // EINVAL
constexpr std::string_view kBadAddress = "E0e";  // EFAULT
constexpr std::string_view kOnlyThread = "1";

constexpr int kSignalInterrupt = 2;
constexpr int kSignalTrap = 5;
constexpr int kSignalAbort = 6;

std::string feature(std::string_view name, std::string_view types, std::size_t first, std::size_t count) {
  std::string xml = fmt::format("<feature name=\"{}\">{}", name, types);
  for (std::size_t i = first; i < first + count; ++i) {
    const DebugRegisterInfo& info = kDebugRegisters[i];
    xml += fmt::format("<reg name=\"{}\" bitsize=\"{}\" type=\"{}\" regnum=\"{}\"/>", info.name, info.bits,
                       info.type, i);
  }
  return xml + "</feature>";
}

constexpr std::string_view kCoreTypes =
    R"(<flags id="i386_eflags" size="4"><field name="CF" start="0" end="0"/><field name="PF" start="2" end="2"/>)"
    R"(<field name="AF" start="4" end="4"/><field name="ZF" start="6" end="6"/><field name="SF" start="7" end="7"/>)"
    R"(<field name="TF" start="8" end="8"/><field name="IF" start="9" end="9"/><field name="DF" start="10" end="10"/>)"
    R"(<field name="OF" start="11" end="11"/><field name="IOPL" start="12" end="13"/><field name="NT" start="14" end="14"/>)"
    R"(<field name="RF" start="16" end="16"/><field name="VM" start="17" end="17"/><field name="AC" start="18" end="18"/>)"
    R"(<field name="VIF" start="19" end="19"/><field name="VIP" start="20" end="20"/><field name="ID" start="21" end="21"/></flags>)";

constexpr std::string_view kSseTypes =
    R"(<vector id="v4f" type="ieee_single" count="4"/><vector id="v2d" type="ieee_double" count="2"/>)"
    R"(<vector id="v16i8" type="int8" count="16"/><vector id="v8i16" type="int16" count="8"/>)"
    R"(<vector id="v4i32" type="int32" count="4"/><vector id="v2i64" type="int64" count="2"/>)"
    R"(<union id="vec128"><field name="v4_float" type="v4f"/><field name="v2_double" type="v2d"/>)"
    R"(<field name="v16_int8" type="v16i8"/><field name="v8_int16" type="v8i16"/><field name="v4_int32" type="v4i32"/>)"
    R"(<field name="v2_int64" type="v2i64"/><field name="uint128" type="uint128"/></union>)"
    R"(<flags id="i386_mxcsr" size="4"><field name="IE" start="0" end="0"/><field name="DE" start="1" end="1"/>)"
    R"(<field name="ZE" start="2" end="2"/><field name="OE" start="3" end="3"/><field name="UE" start="4" end="4"/>)"
    R"(<field name="PE" start="5" end="5"/><field name="DAZ" start="6" end="6"/><field name="IM" start="7" end="7"/>)"
    R"(<field name="DM" start="8" end="8"/><field name="ZM" start="9" end="9"/><field name="OM" start="10" end="10"/>)"
    R"(<field name="UM" start="11" end="11"/><field name="PM" start="12" end="12"/><field name="RC" start="13" end="14"/>)"
    R"(<field name="FZ" start="15" end="15"/></flags>)";

constexpr std::size_t kFirstSse = static_cast<std::size_t>(DebugRegister::Xmm0);
constexpr std::size_t kFirstSystem = static_cast<std::size_t>(DebugRegister::Cr0);

const std::string& target_description() {
  static const std::string kXml =
      R"(<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target version="1.0">)"
      R"(<architecture>i386</architecture><osabi>none</osabi>)" +
      feature("org.gnu.gdb.i386.core", kCoreTypes, 0, kFirstSse) +
      feature("org.gnu.gdb.i386.sse", kSseTypes, kFirstSse, kFirstSystem - kFirstSse) +
      feature("org.ringdown.system", "", kFirstSystem, kDebugRegisters.size() - kFirstSystem) + "</target>";
  return kXml;
}

std::string register_hex(DebugTarget& target, std::size_t number) {
  const DebugRegisterValue value = target.read_register(static_cast<DebugRegister>(number));
  return to_hex(std::span(value).first(kDebugRegisters[number].bytes()));
}

bool write_register(DebugTarget& target, std::size_t number, std::span<const u8> bytes) {
  DebugRegisterValue value{};
  std::copy(bytes.begin(), bytes.end(), value.begin());
  return target.write_register(static_cast<DebugRegister>(number), value);
}

/// `address,length` off the front of a packet.
struct Range {
  GuestLinear address;
  std::size_t length;
};
std::optional<Range> take_range(std::string_view& text) {
  const std::optional<u64> address = take_hex(text);
  if (!address || !take(text, ",")) return std::nullopt;
  const std::optional<u64> length = take_hex(text);
  if (!length) return std::nullopt;
  return Range{GuestLinear(static_cast<u32>(*address)), static_cast<std::size_t>(*length)};
}

std::string_view watch_name(BreakKind kind) {
  switch (kind) {
    case BreakKind::ReadWatch:
      return "rwatch";
    case BreakKind::AccessWatch:
      return "awatch";
    case BreakKind::WriteWatch:
    case BreakKind::Software:
    case BreakKind::Hardware:
      return "watch";
  }
  return "watch";
}

}  // namespace

std::string GdbSession::reply(std::string_view payload) {
  last_reply_ = gdb::frame(payload);
  return last_reply_;
}

std::string GdbSession::receive(std::string_view bytes) {
  std::string output;
  for (gdb::PacketReader::Item& item : reader_.feed(bytes)) {
    switch (item.kind) {
      case gdb::PacketReader::Kind::Packet: {
        if (acknowledges_) output += '+';
        if (const std::optional<std::string> payload = handle(item.payload)) output += reply(*payload);
        interrupt_pending_ = false;
        break;
      }
      case gdb::PacketReader::Kind::Damaged:
        if (acknowledges_) output += '-';
        break;
      case gdb::PacketReader::Kind::Interrupt:
        if (running_) {
          target_.interrupt();
        } else {
          interrupt_pending_ = true;
        }
        break;
      case gdb::PacketReader::Kind::Nack:
        output += last_reply_;
        break;
      case gdb::PacketReader::Kind::Ack:
        break;
    }
  }
  return output;
}

std::string GdbSession::stopped(const DebugStop& stop) {
  last_stop_ = stop;
  if (!running_) return {};
  running_ = false;
  if (stop.reason == DebugStop::Reason::Ended) finished_ = true;
  return reply(stop_reply(stop));
}

std::optional<std::string> GdbSession::handle(std::string_view packet) {
  if (packet.empty()) return std::string(kUnsupported);
  const char command = packet.front();
  const std::string_view rest = packet.substr(1);
  switch (command) {
    case '?':
      return stop_reply(last_stop_);
    case 'g':
      return read_all_registers();
    case 'G':
      return write_all_registers(rest);
    case 'p':
      return read_one_register(rest);
    case 'P':
      return write_one_register(rest);
    case 'm':
      return read_memory(rest);
    case 'M':
      return write_memory(rest, false);
    case 'X':
      return write_memory(rest, true);
    case 'Z':
    case 'z':
      return change_breakpoint(packet);
    case 'c':
      return resume_at(rest, ResumeKind::Continue);
    case 's':
      return resume_at(rest, ResumeKind::Step);
    case 'C':
    case 'S':
      // The signal is meaningless to a machine; an address may follow a semicolon.
      return resume_at(rest.substr(std::min(rest.find(';'), rest.size())),
                       command == 'C' ? ResumeKind::Continue : ResumeKind::Step);
    case 'b':
      if (rest == "c") return resume(ResumeKind::ReverseContinue);
      if (rest == "s") return resume(ResumeKind::ReverseStep);
      return std::string(kUnsupported);
    case 'H':
    case 'T':
      return std::string(kOk);  // there is one thread
    case 'D':
      finished_ = true;
      target_.detached();
      return std::string(kOk);
    case 'k':
      finished_ = true;
      target_.kill();
      return std::nullopt;
    case 'v':
      return handle_v(rest);
    case 'q':
      return handle_query(rest);
    case 'Q':
      return handle_set(rest);
    default:
      return std::string(kUnsupported);
  }
}

std::optional<std::string> GdbSession::handle_v(std::string_view packet) {
  if (packet == "Cont?") return "vCont;c;C;s;S;t";
  if (take(packet, "Cont")) return continue_actions(packet);
  if (packet.starts_with("Kill")) {
    finished_ = true;
    target_.kill();
    return std::string(kOk);
  }
  return std::string(kUnsupported);
}

std::optional<std::string> GdbSession::continue_actions(std::string_view actions) {
  // The first action that names our thread, or no thread, applies to it.
  while (take(actions, ";")) {
    const std::string_view action = actions.substr(0, actions.find(';'));
    actions.remove_prefix(action.size());
    const std::size_t colon = action.find(':');
    const std::string_view thread = colon == std::string_view::npos ? "" : action.substr(colon + 1);
    if (!thread.empty() && thread != kOnlyThread && thread != "-1" && thread != "0") continue;
    switch (action.empty() ? '\0' : action.front()) {
      case 'c':
      case 'C':
        return resume(ResumeKind::Continue);
      case 's':
      case 'S':
        return resume(ResumeKind::Step);
      case 't':
        if (running_) target_.interrupt();
        return std::string(kOk);
      default:
        return std::string(kBadRequest);
    }
  }
  return std::string(kBadRequest);
}

std::optional<std::string> GdbSession::resume_at(std::string_view packet, ResumeKind kind) {
  take(packet, ";");
  if (!packet.empty()) {
    const std::optional<u64> address = take_hex(packet);
    if (!address) return std::string(kBadRequest);
    DebugRegisterValue eip{};
    for (unsigned i = 0; i < 4; ++i) eip[i] = static_cast<u8>(*address >> (8 * i));
    target_.write_register(DebugRegister::Eip, eip);
  }
  return resume(kind);
}

std::optional<std::string> GdbSession::resume(ResumeKind kind) {
  if (!target_.resume(kind)) return std::string(kBadRequest);
  running_ = true;
  if (interrupt_pending_) target_.interrupt();
  return std::nullopt;
}

std::string GdbSession::handle_query(std::string_view packet) {
  if (packet.starts_with("Supported")) {
    return fmt::format(
        "PacketSize={:x};qXfer:features:read+;QStartNoAckMode+;vContSupported+;swbreak+;hwbreak+{}",
        gdb::PacketReader::kMaximumPacket,
        target_.supports_reverse() ? ";ReverseStep+;ReverseContinue+" : "");
  }
  if (take(packet, "Xfer:features:read:")) return read_features(packet);
  if (take(packet, "Rcmd,")) return run_monitor_command(packet);
  if (packet == "C") return fmt::format("QC{}", kOnlyThread);
  if (packet == "fThreadInfo") return fmt::format("m{}", kOnlyThread);
  if (packet == "sThreadInfo") return "l";
  if (packet.starts_with("ThreadExtraInfo")) {
    constexpr std::string_view kName = "processor";
    return to_hex({reinterpret_cast<const u8*>(kName.data()), kName.size()});
  }
  if (packet.starts_with("Attached")) return "1";
  if (packet.starts_with("Symbol")) return std::string(kOk);
  return std::string(kUnsupported);
}

std::string GdbSession::handle_set(std::string_view packet) {
  if (packet != "StartNoAckMode") return std::string(kUnsupported);
  acknowledges_ = false;
  return std::string(kOk);
}

std::string GdbSession::read_all_registers() {
  std::string text;
  for (std::size_t i = 0; i < kDebugRegisters.size(); ++i) text += register_hex(target_, i);
  return text;
}

std::string GdbSession::write_all_registers(std::string_view text) {
  const auto bytes = from_hex(text);
  if (!bytes) return std::string(kBadRequest);
  std::span<const u8> rest(*bytes);
  // A refused register does not keep the others from being written: gdb sends back all it has read.
  for (std::size_t i = 0; i < kDebugRegisters.size() && rest.size() >= kDebugRegisters[i].bytes(); ++i) {
    write_register(target_, i, rest.first(kDebugRegisters[i].bytes()));
    rest = rest.subspan(kDebugRegisters[i].bytes());
  }
  return std::string(kOk);
}

std::string GdbSession::read_one_register(std::string_view text) {
  const std::optional<u64> number = take_hex(text);
  if (!number || *number >= kDebugRegisters.size()) return std::string(kBadRequest);
  return register_hex(target_, *number);
}

std::string GdbSession::write_one_register(std::string_view text) {
  const std::optional<u64> number = take_hex(text);
  if (!number || *number >= kDebugRegisters.size() || !take(text, "=")) return std::string(kBadRequest);
  const auto bytes = from_hex(text);
  if (!bytes || bytes->size() != kDebugRegisters[*number].bytes()) return std::string(kBadRequest);
  return std::string(write_register(target_, *number, *bytes) ? kOk : kBadRequest);
}

std::string GdbSession::read_memory(std::string_view text) {
  const std::optional<Range> range = take_range(text);
  if (!range) return std::string(kBadRequest);
  // Two digits per byte must fit a packet; gdb asks again for what is missing.
  std::vector<u8> data(std::min(range->length, gdb::PacketReader::kMaximumPacket / 2));
  data.resize(target_.read_memory(range->address, data));
  if (data.empty() && range->length != 0) return std::string(kBadAddress);
  return to_hex(data);
}

std::string GdbSession::write_memory(std::string_view text, bool binary) {
  const std::optional<Range> range = take_range(text);
  if (!range || !take(text, ":")) return std::string(kBadRequest);
  std::optional<std::vector<u8>> data =
      binary ? std::optional(std::vector<u8>(text.begin(), text.end())) : from_hex(text);
  if (!data || data->size() != range->length) return std::string(kBadRequest);
  if (data->empty()) return std::string(kOk);  // gdb probes for X with an empty write
  return std::string(target_.write_memory(range->address, *data) ? kOk : kBadAddress);
}

std::string GdbSession::change_breakpoint(std::string_view packet) {
  const bool set = packet.front() == 'Z';
  packet.remove_prefix(1);
  const std::optional<u64> kind = take_hex(packet);
  if (!kind || *kind > static_cast<u64>(BreakKind::AccessWatch)) return std::string(kUnsupported);
  if (!take(packet, ",")) return std::string(kBadRequest);
  const std::optional<Range> range = take_range(packet);
  if (!range) return std::string(kBadRequest);
  const BreakKind break_kind = static_cast<BreakKind>(*kind);
  const u32 length = static_cast<u32>(range->length);
  if (!set) {
    target_.remove_breakpoint(break_kind, range->address, length);
    return std::string(kOk);
  }
  return std::string(target_.set_breakpoint(break_kind, range->address, length) ? kOk : kBadRequest);
}

std::string GdbSession::read_features(std::string_view text) {
  if (!take(text, "target.xml:")) return "E00";
  const std::optional<u64> offset = take_hex(text);
  if (!offset || !take(text, ",")) return std::string(kBadRequest);
  const std::optional<u64> length = take_hex(text);
  const std::string& xml = target_description();
  if (!length || *offset > xml.size()) return std::string(kBadRequest);
  const std::string part = xml.substr(*offset, *length);
  return (*offset + part.size() < xml.size() ? "m" : "l") + part;
}

std::string GdbSession::run_monitor_command(std::string_view text) {
  const auto bytes = from_hex(text);
  if (!bytes) return std::string(kBadRequest);
  const std::string output = target_.monitor_command(std::string(bytes->begin(), bytes->end()));
  if (output.empty()) return std::string(kOk);
  return to_hex({reinterpret_cast<const u8*>(output.data()), output.size()});
}

std::string GdbSession::stop_reply(const DebugStop& stop) {
  std::string details;
  int signal = kSignalTrap;
  switch (stop.reason) {
    case DebugStop::Reason::Ended:
      return fmt::format("W{:02x}", stop.exit_code);
    case DebugStop::Reason::Interrupted:
      signal = kSignalInterrupt;
      break;
    case DebugStop::Reason::Shutdown:
      signal = kSignalAbort;
      break;
    case DebugStop::Reason::Stepped:
      break;
    case DebugStop::Reason::Breakpoint:
      details = stop.kind == BreakKind::Hardware ? "hwbreak:;" : "swbreak:;";
      break;
    case DebugStop::Reason::Watchpoint:
      details = fmt::format("{}:{:x};", watch_name(stop.kind), stop.address.value);
      break;
    case DebugStop::Reason::HistoryBegin:
      details = "replaylog:begin;";
      break;
  }
  std::string registers;
  for (DebugRegister reg : {DebugRegister::Eip, DebugRegister::Esp, DebugRegister::Ebp}) {
    const std::size_t number = static_cast<std::size_t>(reg);
    registers += fmt::format("{:02x}:{};", number, register_hex(target_, number));
  }
  return fmt::format("T{:02x}{}{}thread:{};", signal, details, registers, kOnlyThread);
}

}  // namespace ringdown
