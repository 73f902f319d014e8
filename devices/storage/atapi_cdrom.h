// An ATAPI CD-ROM drive with one data track: the packet protocol and the commands of MMC that systems use.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "core/removable_drive.h"
#include "devices/storage/cd_address.h"
#include "devices/storage/ide_drive.h"
#include "devices/storage/image_work.h"
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
  /// A guest that has locked the tray is told by an event.
  void press_eject() override;

  void hardware_reset() override;
  void set_wake(std::function<void()> wake) override;
  Result<void> flush_image() override { return {}; }
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
  enum ReadCommand : u8 { kRead10 = 0x28, kRead12 = 0xa8, kReadCdMsf = 0xb9, kReadCd = 0xbe };

  // IdeDrive.
  void execute(u8 command) override;
  bool takes_data_first(u8 command) const override;
  bool interrupts_commands(u8 command) const override;
  void set_signature() override;
  bool image_ready() override { return medium_ == nullptr || medium_->ready(); }
  void drop_image_work() override;
  bool more_to_send() const override { return frames_left_ != 0; }
  bool fill(std::vector<std::byte>& data) override;
  u64 bytes_to_receive() const override { return left_to_receive_; }
  void drain(std::vector<std::byte> data) override;
  bool drained() override;
  void data_received() override;
  void block_offered(std::size_t size) override;
  void all_sent() override;
  void complete() override;

  void begin_packet();
  void execute_packet();
  void check_condition(Sense sense);
  void receive_parameters(std::size_t length);
  /// Sends `data` cut to the host's allocation length.
  void reply(std::vector<std::byte> data, std::size_t allocation_length);
  std::size_t block_limit() const;
  bool ready() const { return medium_ != nullptr && !tray_open_; }
  u32 frames() const;
  std::size_t frame_size() const { return frame_part::size_of(parts_); }
  /// Frames of the disc.
  struct Extent {
    u64 first = 0;
    u64 count = 0;
    u8 parts = frame_part::kUserData;
  };
  bool holds(const Extent& extent) const;
  /// What the packet asks to read; nothing if it is no such command, or asks for what there cannot be.
  std::optional<Extent> extent_to_read() const;
  std::optional<Extent> selected_channels(u64 first, u64 count) const;
  void begin_reading(const Extent& extent);
  void read_rest();
  u16 packet_word(std::size_t offset) const;
  u32 packet_dword(std::size_t offset) const;
  u32 packet_frame(std::size_t offset) const;
  std::vector<std::byte> identify_data() const;
  std::optional<std::vector<std::byte>> mode_pages() const;
  u8 medium_type() const;
  std::vector<std::byte> full_toc() const;

  // Packet commands, in the order of the table.
  void test_unit_ready();
  void rezero();
  void request_sense();
  void inquiry();
  void mode_select_6();
  void mode_sense_6();
  void start_stop_unit();
  void prevent_allow();
  void read_capacity();
  void read_frames();
  void seek();
  void verify();
  void read_subchannel();
  void read_toc();
  void read_header();
  void play_audio();
  void get_configuration();
  void get_event_status();
  void pause_resume();
  void stop_playing();
  void read_disc_information();
  void read_track_information();
  void mode_select_10();
  void mode_sense_10();
  void set_cd_speed();
  void mechanism_status();

  static constexpr std::size_t kPacketLength = 12;
  static constexpr std::size_t kFrameSize = 2048;

  std::unique_ptr<ImageWork> medium_;
  std::function<void()> wake_;
  bool tray_open_ = false;
  bool locked_ = false;
  Sense attention_;     // what the next command is told in its place
  u8 media_event_ = 0;  // what GET EVENT STATUS NOTIFICATION reports once
  u8 transfer_mode_ = 0;
  Sense sense_;

  std::array<u8, kPacketLength> packet_{};
  enum class Incoming : u8 { Nothing, Packet, Parameters };
  Incoming incoming_ = Incoming::Nothing;
  u32 left_to_receive_ = 0;
  bool dma_ = false;
  u16 byte_count_limit_ = 0;
  u32 next_frame_ = 0;
  u32 frames_left_ = 0;
  u8 parts_ = frame_part::kUserData;
};

}  // namespace ringdown
