// An ATAPI CD-ROM drive with one data track: the packet protocol and the commands of MMC that systems use.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "core/removable_drive.h"
#include "devices/storage/ide_drive.h"
#include "devices/storage/sense_codes.h"

namespace ringdown {

class AtapiCdrom final : public IdeDrive, public RemovableDrive {
 public:
  /// `medium` is an ISO 9660 image, or null for an empty drive. It is only ever read.
  AtapiCdrom(Scheduler& scheduler, Log& log, IdePlace place, std::unique_ptr<DiskImage> medium,
             IdeTiming timing = {});

  Result<void> accepts(DiskImage&) const override { return {}; }
  /// The guest is told by unit attention.
  void insert(std::unique_ptr<DiskImage> medium) override;
  void remove() override;
  /// By PREVENT ALLOW MEDIUM REMOVAL.
  bool locked() const override { return locked_; }

  void hardware_reset() override;
  /// The medium itself is no part of the state; restoring refuses another size.
  void serialize(Archive& archive) override;

 private:
  using Handler = void (AtapiCdrom::*)();
  struct Command {
    u8 code;
    bool needs_medium;
    bool ignores_attention;  // executed although a unit attention is pending
    Handler handler;
  };
  static const Command kCommands[];

  // IdeDrive.
  void execute(u8 command) override;
  bool takes_data_first(u8 command) const override;
  bool interrupts_commands(u8 command) const override;
  void set_signature() override;
  u64 bytes_to_send() const override { return u64{frames_left_} * frame_size(); }
  bool fill(std::vector<std::byte>& data, std::size_t limit) override;
  u64 bytes_to_receive() const override { return receiving_packet_ ? kPacketLength : 0; }
  bool drain(std::span<const std::byte> data) override;
  void data_received() override { execute_packet(); }
  void block_offered(std::size_t size) override;
  void all_sent() override;
  void complete() override;

  void begin_packet();
  void execute_packet();
  void check_condition(Sense sense);
  /// Sends `data` cut to the host's allocation length.
  void reply(std::vector<std::byte> data, std::size_t allocation_length);
  std::size_t block_limit() const;
  bool ready() const { return medium_ != nullptr && !tray_open_; }
  u32 frames() const;
  std::size_t frame_size() const { return raw_ ? kRawFrameSize : kFrameSize; }
  void read_frames(u64 frame, u64 count, bool raw);
  void read_selected_channels(u64 frame, u64 count);
  u16 packet_word(std::size_t offset) const;
  u32 packet_dword(std::size_t offset) const;
  u32 packet_frame(std::size_t offset) const;
  std::vector<std::byte> identify_data() const;
  std::optional<std::vector<std::byte>> mode_pages() const;
  u8 medium_type() const;
  std::vector<std::byte> full_toc() const;

  // Packet commands, in the order of the table.
  void test_unit_ready();
  void request_sense();
  void inquiry();
  void mode_sense_6();
  void start_stop_unit();
  void prevent_allow();
  void read_capacity();
  void read_10();
  void seek();
  void read_subchannel();
  void read_toc();
  void get_configuration();
  void get_event_status();
  void read_disc_information();
  void mode_sense_10();
  void read_12();
  void read_cd_msf();
  void set_cd_speed();
  void mechanism_status();
  void read_cd();

  static constexpr std::size_t kPacketLength = 12;
  static constexpr std::size_t kFrameSize = 2048;
  static constexpr std::size_t kRawFrameSize = 2352;

  std::unique_ptr<DiskImage> medium_;
  bool tray_open_ = false;
  bool locked_ = false;
  bool attention_ = false;  // the medium may have changed
  u8 media_event_ = 0;      // what GET EVENT STATUS NOTIFICATION reports once
  u8 transfer_mode_ = 0;
  Sense sense_;

  std::array<u8, kPacketLength> packet_{};
  bool receiving_packet_ = false;
  bool dma_ = false;
  u16 byte_count_limit_ = 0;
  u32 next_frame_ = 0;
  u32 frames_left_ = 0;
  bool raw_ = false;
};

}  // namespace ringdown
