// An ATA hard disk: the commands of ATA/ATAPI-5 that operating systems use, with 48-bit addressing.
#pragma once

#include <array>
#include <memory>

#include "core/disk_image.h"
#include "devices/storage/ide_drive.h"
#include "devices/storage/image_work.h"
#include "devices/storage/smart_journal.h"

namespace ringdown {

class AtaDisk final : public IdeDrive {
 public:
  /// Takes the image over. Writes to a read-only image fail with ABRT.
  AtaDisk(Scheduler& scheduler, Log& log, IdePlace place, std::unique_ptr<DiskImage> image,
          IdeTiming timing = {});

  void hardware_reset() override;
  void set_wake(std::function<void()> wake) override { image_.set_wake(std::move(wake)); }
  /// Waits until everything written is on the host's disk.
  Result<void> flush_image() override { return image_.flush_now(); }
  /// The image itself is no part of the state; restoring refuses an image of another size.
  void serialize(Archive& archive) override;

 private:
  using Handler = void (AtaDisk::*)(u8 command);
  /// What a command has done by the image, or with the sectors that its registers name.
  enum class Transfer : u8 { None, Read, Verify, Write, Buffer, Flush };
  enum class Form : u8 { Short, Extended };  // of the registers: 28 or 48 bits
  enum class Way : u8 { Pio, Dma };
  struct Command {
    u8 first, last;  // codes that select it
    Handler handler;
    Transfer transfer = Transfer::None;
    Way way = Way::Pio;
    Form form = Form::Short;
  };
  static const Command kCommands[];
  static const Command* find(u8 command);
  static constexpr u8 kMaximumMultiple = 16;
  static constexpr u64 kShortAddresses = u64{1} << 28;  // sectors that 28 bits reach

  /// CHS translation (INITIALIZE DEVICE PARAMETERS).
  struct Geometry {
    u32 cylinders = 0;
    u8 heads = 16;
    u8 sectors = 63;
    u32 capacity() const { return cylinders * heads * sectors; }
    void serialize(Archive& archive) { archive(cylinders, heads, sectors); }
  };
  Geometry default_geometry() const;

  // IdeDrive.
  void prepare(u8 command) override;
  void execute(u8 command) override;
  void go_on() override;
  bool image_ready() override { return image_.ready(); }
  void drop_image_work() override { image_.stop(); }
  bool takes_data_first(u8 command) const override;
  bool interrupts_commands(u8) const override { return false; }
  void set_signature() override;
  bool more_to_send() const override { return transfer_ == Transfer::Read && sectors_left_ != 0; }
  bool fill(std::vector<std::byte>& data) override;
  u64 bytes_to_receive() const override;
  void drain(std::vector<std::byte> data) override;
  bool drained() override;

  // Commands, in the order of the table.
  void nop(u8 command);
  void recalibrate(u8 command);
  void read_pio(u8 command);
  void read_multiple(u8 command);
  void read_dma(u8 command);
  void write_pio(u8 command);
  void write_multiple(u8 command);
  void write_dma(u8 command);
  void verify(u8 command);
  void seek(u8 command);
  void read_native_max(u8 command);
  void set_max(u8 command);
  void initialize_parameters(u8 command);
  void standby(u8 command);
  void idle(u8 command);
  void standby_after(u8 command);
  void idle_for(u8 command);
  void check_power(u8 command);
  void fall_asleep(u8 command);
  void smart(u8 command);
  void set_multiple(u8 command);
  void read_buffer(u8 command);
  void write_buffer(u8 command);
  void flush(u8 command);
  void identify(u8 command);
  void set_features(u8 command);

  bool extended() const;
  /// The first sector that commands cannot reach (SET MAX ADDRESS).
  u64 end_of_disk() const { return std::min(max_sectors_, image_.sectors()); }
  /// Decodes address and count, and begins to read what is to be read.
  void begin_transfer(const Command& command);
  void read_rest();
  /// False if not even the first sector exists, which has been reported.
  bool transfer_possible();
  bool decode_address(u64& sector) const;
  /// The image is flushed; false if it could not be, which has been reported.
  bool flushed();
  /// Puts an address back into the registers, in the form the command gave it.
  void report_address(u64 sector);
  /// `count` sectors are through.
  void advance(u32 count);
  /// Ends the command at the sector where the transfer stands.
  void fail_here(u8 error, u8 more_status = 0);
  /// Reports the rest of a transfer that comes to an end too early; false if there is none.
  bool fail_at_end();
  void verify_more();
  void log_error(const std::string& message);

  std::size_t multiple_block() const { return std::size_t{multiple_} * kSectorSize; }
  void set_standby_timer();
  u8 power_mode() const;
  /// The medium is used.
  void wake_up();
  bool set_transfer_mode(u8 mode);
  void reset_settings();
  std::vector<std::byte> identify_data() const;
  void smart_read_log();
  u32 powered_hours() const;

  ImageWork image_;
  Geometry geometry_;
  u64 max_sectors_;        // that the guest may see, now
  u64 lasting_max_;        // and after a reset
  bool max_kept_ = false;  // SET MAX ADDRESS has set the lasting one: once between resets
  u8 multiple_ = 0;        // sectors per block of READ and WRITE MULTIPLE; 0: not set
  u8 transfer_mode_ = 0;
  bool write_cache_ = true;
  bool look_ahead_ = true;
  u8 power_mode_ = 0xff;           // as CHECK POWER MODE reports it
  Picoseconds standby_after_ = 0;  // without a command; 0: never
  Picoseconds last_command_ = 0;
  u8 previous_command_ = 0;
  SmartJournal smart_;
  std::array<std::byte, kSectorSize> sector_buffer_{};  // READ BUFFER, WRITE BUFFER

  Transfer transfer_ = Transfer::None;
  bool addressed_ = true;  // the registers gave a sector that can exist
  u64 next_sector_ = 0;
  u32 sectors_left_ = 0;  // that the command asks for
  u64 end_ = 0;           // the sector that cannot be transferred, because of
  u8 error_at_end_ = 0;
};

}  // namespace ringdown
