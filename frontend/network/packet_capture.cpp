// Writing captures with libpcap.
#include "frontend/network/packet_capture.h"

#include <fmt/core.h>
#include <pcap/pcap.h>

#include <cerrno>
#include <cstring>

namespace ringdown {

namespace {
constexpr int kSnapshotLength = 256 * 1024;  // what readers take at most
constexpr u64 kNanoseconds = 1'000'000'000;
}  // namespace

PacketCapture::~PacketCapture() { static_cast<void>(close()); }

Result<void> PacketCapture::open(Time time) {
  time_ = std::move(time);
  format_ = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, kSnapshotLength, PCAP_TSTAMP_PRECISION_NANO);
  std::FILE* const file = std::fopen(path_.c_str(), "wb");
  if (file == nullptr)
    return Error{fmt::format("--pcap {}: cannot be created: {}", path_, std::strerror(errno))};
  file_ = pcap_dump_fopen(format_, file);
  if (file_ == nullptr || pcap_dump_flush(file_) != 0)
    return Error{fmt::format("--pcap {}: cannot be written: {}", path_, std::strerror(errno))};
  return {};
}

void PacketCapture::frame(std::span<const std::byte> frame) {
  if (file_ == nullptr || error_ != 0) return;
  const u64 now = time_();
  pcap_pkthdr header{};
  header.ts.tv_sec = static_cast<decltype(header.ts.tv_sec)>(now / kNanoseconds);
  header.ts.tv_usec =
      static_cast<decltype(header.ts.tv_usec)>(now % kNanoseconds);  // nanoseconds in this format
  header.caplen = header.len = static_cast<bpf_u_int32>(frame.size());
  pcap_dump(reinterpret_cast<u_char*>(file_), &header, reinterpret_cast<const u_char*>(frame.data()));
  if (pcap_dump_flush(file_) != 0) error_ = errno;
}

Result<void> PacketCapture::close() {
  if (file_ != nullptr) pcap_dump_close(file_);
  if (format_ != nullptr) pcap_close(format_);
  file_ = nullptr;
  format_ = nullptr;
  if (error_ == 0) return {};
  return Error{fmt::format("--pcap {}: incomplete: {}", path_, std::strerror(std::exchange(error_, 0)))};
}

}  // namespace ringdown
