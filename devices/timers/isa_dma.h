// The two cascaded 8237As of a PC and their page registers: seven ISA DMA channels.
#pragma once

#include <array>
#include <optional>

#include "core/archive.h"
#include "core/bus.h"
#include "core/bus_master_memory.h"
#include "core/dma_channel.h"
#include "devices/timers/dma_controller.h"

namespace ringdown {

/// Channels 0 to 3 move bytes within a 64 KiB page, 5 to 7 words within a 128 KiB page; channel 4 is the
/// cascade of the first controller. Sources: Intel 8237A data sheet; PIIX3 data sheet, "DMA Functions".
class IsaDma final : public Serializable {
 public:
  explicit IsaDma(GuestMemory& memory);

  /// Sixteen ports: the controller of channels 0 to 3.
  BusRange& first_ports() { return first_ports_; }
  /// Thirty-two ports, each register on an even one: the controller of channels 4 to 7.
  BusRange& second_ports() { return second_ports_; }
  /// Fifteen ports, 81h to 8Fh.
  BusRange& page_ports() { return page_ports_; }

  void reset();
  /// `number` is 0 to 3 or 5 to 7.
  DmaChannel& channel(unsigned number) { return channels_[number]; }

  ChunkTag chunk_tag() const override { return ChunkTag("DMA "); }
  void serialize(Archive& archive) override;

 private:
  static constexpr unsigned kChannels = 8;
  static constexpr unsigned kPages = 15;

  class Channel final : public DmaChannel {
   public:
    void attach(IsaDma& dma, unsigned number);
    void connect(DmaClient& client) override { client_ = &client; }
    void set_request(Level level) override;
    Transfer to_memory(std::span<const std::byte> data) override;
    Transfer from_memory(std::span<std::byte> data) override;
    DmaClient* client() { return client_; }

   private:
    IsaDma* dma_ = nullptr;
    unsigned number_ = 0;
    DmaClient* client_ = nullptr;
  };

  /// A run of memory that a transfer touches without a wrap of the address.
  struct Run {
    GuestPhysical start;
    u32 transfers;
  };

  u64 read_first(u32 offset, Width) { return first_.read(offset); }
  void write_first(u32 offset, Width, u64 value);
  u64 read_second(u32 offset, Width) { return second_.read(offset / 2); }
  void write_second(u32 offset, Width, u64 value);
  u64 read_page(u32 offset, Width) { return pages_[offset]; }
  void write_page(u32 offset, Width, u64 value) { pages_[offset] = static_cast<u8>(value); }

  DmaController& controller(unsigned number) { return number < 4 ? first_ : second_; }
  static u32 unit(unsigned number) { return number < 4 ? 1 : 2; }
  /// The first controller reaches the bus through the second.
  bool has_bus(unsigned number) const;
  bool enabled(unsigned number);
  Run next_run(unsigned number, u32 transfers);
  template <class Move>
  DmaChannel::Transfer transfer(unsigned number, std::size_t bytes, Move move);
  /// After the guest programmed a controller: requests that wait, of devices and by software, are served.
  void serve_requests();
  void serve_software_request(unsigned number);
  void copy_memory();

  BusMasterMemory memory_;
  DmaController first_;
  DmaController second_;
  std::array<u8, kPages> pages_{};
  std::array<Channel, kChannels> channels_;
  Window<IsaDma, &IsaDma::read_first, &IsaDma::write_first> first_ports_{*this};
  Window<IsaDma, &IsaDma::read_second, &IsaDma::write_second> second_ports_{*this};
  Window<IsaDma, &IsaDma::read_page, &IsaDma::write_page> page_ports_{*this};
};

}  // namespace ringdown
