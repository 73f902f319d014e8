// Data movement of the ISA DMA channels.
#include "devices/timers/isa_dma.h"

#include <algorithm>

namespace ringdown {
namespace {

constexpr unsigned kCascade = 4;
constexpr u32 kAddressSpace = 0x1'0000;  // of the 16-bit current address, in transfers

/// Offsets of the channels' page registers from 81h; the others of the block are memory of no effect.
constexpr std::array<u8, 8> kPageOffsets = {0x06, 0x02, 0x00, 0x01, 0x0e, 0x0a, 0x08, 0x09};

}  // namespace

IsaDma::IsaDma(GuestMemory& memory) : memory_(memory) {
  for (unsigned number = 0; number < kChannels; ++number) channels_[number].attach(*this, number);
}

void IsaDma::reset() {
  first_.reset();
  second_.reset();
}

void IsaDma::Channel::attach(IsaDma& dma, unsigned number) {
  dma_ = &dma;
  number_ = number;
}

void IsaDma::Channel::set_request(Level level) {
  dma_->controller(number_).set_request(number_ % DmaController::kChannels, level == Level::High);
}

bool IsaDma::has_bus(unsigned number) const {
  return number >= kCascade || (second_.enabled(0) && second_.cascades(0));
}

bool IsaDma::enabled(unsigned number) {
  const DmaController& state = controller(number);
  const unsigned index = number % DmaController::kChannels;
  // A channel that cascades leaves the bus to its device, which moves nothing through this controller.
  return state.enabled(index) && !state.cascades(index) && has_bus(number);
}

void IsaDma::write_first(u32 offset, Width, u64 value) {
  first_.write(offset, static_cast<u8>(value));
  serve_requests();
}

void IsaDma::write_second(u32 offset, Width, u64 value) {
  second_.write(offset / 2, static_cast<u8>(value));
  serve_requests();
}

void IsaDma::serve_requests() {
  for (unsigned number = 0; number < kChannels; ++number) {
    DmaClient* client = channels_[number].client();
    const bool requested = controller(number).requested(number % DmaController::kChannels);
    if (client != nullptr && requested && enabled(number)) client->dma_ready();
    const DmaController& state = controller(number);
    const bool by_software = state.running() && state.software_requested(number % DmaController::kChannels);
    if (by_software && has_bus(number)) serve_software_request(number);
  }
}

void IsaDma::serve_software_request(unsigned number) {
  if (number == 0 && first_.copies_memory()) return copy_memory();
  DmaController& state = controller(number);
  const unsigned index = number % DmaController::kChannels;
  if (state.cascades(index)) return;
  // The whole block, with no device that would drive or take the data.
  const std::array<std::byte, 2> open_bus = {std::byte{0xff}, std::byte{0xff}};
  for (bool more = true; more;) {
    if (state.kind(index) == DmaController::Kind::Write)
      memory_.write(next_run(number, 1).start, std::span(open_bus).first(unit(number)));
    more = !state.advance(index, 1);
  }
}

/// The count of channel 1 says how many bytes.
void IsaDma::copy_memory() {
  for (bool more = true; more;) {
    const u8 value = memory_.read_value<u8>(next_run(0, 1).start);
    first_.set_temporary(value);
    memory_.write_value(next_run(1, 1).start, value);
    first_.advance_source();
    more = !first_.advance(1, 1);
  }
  first_.end_software_request(0);
}

IsaDma::Run IsaDma::next_run(unsigned number, u32 transfers) {
  const DmaController& state = controller(number);
  const unsigned index = number % DmaController::kChannels;
  const u32 address = state.address(index);
  // The page does not count along. Word channels ignore its lowest bit, which the shifted address covers.
  const u32 page = pages_[kPageOffsets[number]];
  const u32 base = unit(number) == 1 ? page << 16 : (page & ~1u) << 16;
  const u32 until_wrap = state.descending(index) ? 1 : kAddressSpace - address;
  return {GuestPhysical(base + address * unit(number)), std::min(transfers, until_wrap)};
}

template <class Move>
DmaChannel::Transfer IsaDma::transfer(unsigned number, std::size_t bytes, Move move) {
  DmaChannel::Transfer result;
  if (!enabled(number)) return result;
  DmaController& state = controller(number);
  const unsigned index = number % DmaController::kChannels;
  while (!result.terminal_count && bytes - result.bytes >= unit(number)) {
    const u64 wanted = std::min<u64>((bytes - result.bytes) / unit(number), state.remaining(index));
    const Run run = next_run(number, static_cast<u32>(wanted));
    const std::size_t size = std::size_t{run.transfers} * unit(number);
    move(run.start, result.bytes, size);
    result.bytes += size;
    result.terminal_count = state.advance(index, run.transfers);
  }
  return result;
}

DmaChannel::Transfer IsaDma::Channel::to_memory(std::span<const std::byte> data) {
  const bool writes =
      dma_->controller(number_).kind(number_ % DmaController::kChannels) == DmaController::Kind::Write;
  return dma_->transfer(number_, data.size(), [&](GuestPhysical at, std::size_t from, std::size_t size) {
    // A verify only counts; so does a channel programmed for the other direction.
    if (writes) dma_->memory_.write(at, data.subspan(from, size));
  });
}

DmaChannel::Transfer IsaDma::Channel::from_memory(std::span<std::byte> data) {
  const bool reads =
      dma_->controller(number_).kind(number_ % DmaController::kChannels) == DmaController::Kind::Read;
  return dma_->transfer(number_, data.size(), [&](GuestPhysical at, std::size_t from, std::size_t size) {
    if (reads) {
      dma_->memory_.read(at, data.subspan(from, size));
    } else {
      std::ranges::fill(data.subspan(from, size), std::byte{0xff});  // nobody drives the data lines
    }
  });
}

void IsaDma::serialize(Archive& archive) { archive(first_, second_, pages_); }

}  // namespace ringdown
