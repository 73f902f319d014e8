// An ATA hard disk: the commands of ATA/ATAPI-5 that operating systems use, with 48-bit addressing.
#pragma once

#include <array>
#include <memory>

#include "core/disk_image.h"
#include "devices/storage/ide_drive.h"

namespace ringdown {

class AtaDisk final : public IdeDrive {
 public:
  /// Takes the image over. Writes to a read-only image fail with ABRT.
  AtaDisk(Scheduler& scheduler, Log& log, IdePlace place, std::unique_ptr<DiskImage> image,
          IdeTiming timing = {});

  void hardware_reset() override;
  /// The image itself is no part of the state; restoring refuses an image of another size.
  void serialize(Archive& archive) override;

 private:
  using Handler = void (AtaDisk::*)(u8 command);
  /// How a command's parameters and data travel.
  enum class Kind : u8 { Plain, Extended, DataOut, ExtendedDataOut };
  struct Command {
    u8 first, last;  // codes that select it
    Kind kind;
    Handler handler;
  };
  static const Command kCommands[];
  static const Command* find(u8 command);

  /// CHS translation (INITIALIZE DEVICE PARAMETERS).
  struct Geometry {
    u32 cylinders = 0;
    u8 heads = 16;
    u8 sectors = 63;
    void serialize(Archive& archive) { archive(cylinders, heads, sectors); }
  };
  Geometry default_geometry() const;

  void execute(u8 command) override;
  bool takes_data_first(u8 command) const override;
  bool interrupts_commands(u8) const override { return false; }
  void set_signature() override;
  u64 bytes_to_send() const override { return sending_ ? u64{sectors_left_} * kSectorSize : 0; }
  bool fill(std::vector<std::byte>& data, std::size_t limit) override;
  u64 bytes_to_receive() const override;
  bool drain(std::span<const std::byte> data) override;

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
  void initialize_parameters(u8 command);
  void standby(u8 command);
  void idle(u8 command);
  void check_power(u8 command);
  void smart(u8 command);
  void set_multiple(u8 command);
  void read_buffer(u8 command);
  void write_buffer(u8 command);
  void flush(u8 command);
  void identify(u8 command);
  void set_features(u8 command);

  bool extended() const;
  /// Decodes address and count into next_sector_ and sectors_left_; fails the command if they are impossible.
  bool begin_transfer();
  bool decode_address(u64& sector) const;
  /// Puts an address back into the registers, in the form the command gave it.
  void report_address(u64 sector);
  std::size_t multiple_block() const { return std::size_t{multiple_} * kSectorSize; }
  bool set_transfer_mode(u8 mode);
  std::vector<std::byte> identify_data() const;
  std::vector<std::byte> smart_data() const;

  std::unique_ptr<DiskImage> image_;
  Geometry geometry_;
  u8 multiple_ = 0;  // sectors per block of READ and WRITE MULTIPLE; 0: not set
  u8 transfer_mode_ = 0;
  bool write_cache_ = true;
  bool look_ahead_ = true;
  bool smart_enabled_ = true;
  u8 power_mode_ = 0xff;                                // as CHECK POWER MODE reports it
  std::array<std::byte, kSectorSize> sector_buffer_{};  // READ BUFFER, WRITE BUFFER

  u64 next_sector_ = 0;
  u32 sectors_left_ = 0;
  bool sending_ = false;
  bool writing_buffer_ = false;  // the data on their way in belong to WRITE BUFFER
};

}  // namespace ringdown
