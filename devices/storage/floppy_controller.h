// The 82077AA floppy disk controller with its two drives, as a PC/AT wires it.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "core/archive.h"
#include "core/bus.h"
#include "core/dma_channel.h"
#include "core/interrupt_line.h"
#include "core/log.h"
#include "core/removable_drive.h"
#include "core/scheduler.h"
#include "devices/storage/floppy_commands.h"
#include "devices/storage/floppy_drive.h"
#include "devices/storage/floppy_fifo.h"

namespace ringdown {

/// Source: Intel 82077AA data sheet, order number 290166-007, in its PC/AT mode.
///
/// Time is that of real drives: motors spin up, heads step, and data pass when the disk has turned there.
/// With DMA a sector moves at once when its data field has passed; without, byte by byte.
class FloppyController final : public Serializable {
 public:
  static constexpr unsigned kDrives = 2;
  static constexpr u32 kPortCount = 6;

  /// `line` is IRQ 6, `dma` channel 2.
  FloppyController(Scheduler& scheduler, Log& log, InterruptLine line, DmaChannel& dma);

  /// Puts a drive on the cable, before the machine runs.
  void attach(unsigned drive, FloppyDriveType type);
  /// The drive as a hand sees it, which may change its disk whatever it is doing; null without such a drive.
  RemovableDrive* removable(unsigned drive);
  /// Null without such a drive, or without a disk in it.
  DiskImage* image(unsigned drive);

  /// Ports 3F0h to 3F5h.
  BusRange& ports() { return ports_; }
  /// Port 3F7h.
  BusRange& input_port() { return input_port_; }

  /// The RESET pin.
  void reset();

  ChunkTag chunk_tag() const override { return ChunkTag("FDC "); }
  /// The disks are no part of the state.
  void serialize(Archive& archive) override;

 private:
  static constexpr unsigned kUnits = 4;  // that commands can name

  enum class Phase : u8 { Reset, Command, Execution, Result };
  static constexpr Phase kLastPhase = Phase::Result;

  /// What the execution of a command waits for.
  enum class Step : u8 {
    Positioning,  // the end of an implied seek
    LoadingHead,  // the event begins the search
    NotTurning,   // index pulses: there is no disk, or its motor is off
    Missing,      // the event: two index pulses without what was looked for
    Identified,   // the event: an ID field was read
    Index,        // the event: the beginning of the track
    Skipped,      // the event: the end of a sector that is not wanted
    Sector,       // the event: the end of a data field that moves by DMA or is only looked at
    Byte,         // the event: the next byte has passed
    Draining,     // the host takes the last bytes
    Formatted,    // the event: the index pulse that ends a formatted track
  };
  static constexpr Step kLastStep = Step::Formatted;

  class Slot final : public RemovableDrive {
   public:
    Slot(FloppyController& controller, FloppyDrive& drive) : controller_(controller), drive_(drive) {}
    Result<void> accepts(DiskImage& medium) const override;
    void insert(std::unique_ptr<DiskImage> medium) override;
    void remove() override;
    bool locked() const override { return false; }  // there is a button, and no lock

   private:
    FloppyController& controller_;
    FloppyDrive& drive_;
  };

  struct Seek {
    enum class Kind : u8 { None, Recalibrate, Absolute, Relative };
    Kind kind = Kind::None;
    bool inward = false;
    u8 steps_left = 0;
    u8 target = 0;  // what the cylinder number becomes
    void serialize(Archive& archive);
  };

  // --- Registers, command and result phase: floppy_controller.cpp ---
  u64 read(u32 offset, Width);
  void write(u32 offset, Width, u64 value);
  u64 read_input(u32, Width);
  void write_rate(u32, Width, u64 value);
  void write_digital_output(u8 value);
  void write_rate_select(u8 value);
  void select_rate(FloppyRate rate);
  u8 main_status() const;
  u8 read_data();
  void write_data(u8 value);
  void take_command_byte(u8 value);
  void execute();
  void reply(std::span<const u8> result);
  void end_command();
  void enter_reset();
  void leave_reset();
  void poll_drives();
  void set_interrupt(bool active);
  void update_lines();
  bool gate_open() const;
  FloppyDrive* drive(unsigned number) { return number < kDrives ? drives_[number].get() : nullptr; }
  FloppyDrive* selected_drive() { return drive(digital_output_ & 3u); }
  u8 unit() const { return command_[1] & 3; }
  void validate(Archive& archive);

  // --- Control commands and head movement: floppy_control.cpp ---
  void specify();
  void configure();
  void perpendicular_mode();
  void lock();
  void dump_registers();
  void sense_interrupt();
  void sense_drive();
  void start_recalibrate();
  void start_seek();
  void start_relative_seek();
  void begin_seek(const Seek& seek);
  void step_head(unsigned unit);
  void end_seek(unsigned unit, u8 status);
  bool seek_ended() const;
  Picoseconds step_time() const;
  Picoseconds head_load_time() const;
  Picoseconds head_unload_time() const;
  bool uses_dma() const;

  // --- Data transfers: floppy_transfer.cpp ---
  void begin_transfer();
  void load_head();
  void search();
  void approach_sector(FloppyDrive& drive, u8 sector);
  void wait_for(Step step, Picoseconds deadline);
  void miss(const FloppyDrive& drive);
  void execution_event();
  void at_index();
  void not_found();
  void byte_passed();
  void move_sector(FloppyDrive& drive);
  bool load_sector(FloppyDrive& drive);
  void sector_complete();
  void next_sector(bool counts);
  void format_next();
  void format_sector();
  void advance_id();
  void finish(u8 status);
  void conclude();
  void resume_search();
  bool writes() const;
  bool looks_only() const { return executing_ == FloppyCommand::Verify; }
  bool wants_deleted() const;
  bool legible(const FloppyDrive& drive) const;
  bool found(const FloppyDrive& drive) const;
  bool on_track(const FloppyDrive& drive) const;
  std::size_t transfer_size() const;

  Scheduler& scheduler_;
  Log& log_;
  InterruptLine line_;
  DmaChannel& dma_;
  const EventId event_;
  const EventId poll_event_;
  std::array<EventId, kUnits> seek_events_;
  std::array<std::unique_ptr<FloppyDrive>, kDrives> drives_;
  std::array<std::optional<Slot>, kDrives> slots_;

  // Registers.
  u8 digital_output_ = 0;
  u8 tape_ = 0;
  FloppyRate rate_ = FloppyRate::Kbps250;

  Phase phase_ = Phase::Reset;
  bool interrupt_ = false;
  std::array<u8, 9> command_{};
  u8 command_bytes_ = 0;
  std::array<u8, 10> result_{};
  u8 result_size_ = 0;
  u8 result_position_ = 0;

  // What control commands set.
  u8 step_and_unload_ = 0;
  u8 load_and_mode_ = 0;
  u8 configuration_ = 0;
  u8 precompensation_track_ = 0;
  u8 perpendicular_ = 0;
  bool locked_ = false;
  u8 last_count_ = 0;  // EOT of the last transfer or SC of the last format

  std::array<u8, kUnits> cylinder_{};  // PCN
  std::array<Seek, kUnits> seeks_{};
  std::array<u8, kUnits> pending_{};  // ST0 for SENSE INTERRUPT STATUS; 0: nothing
  Picoseconds head_loaded_until_ = 0;

  // The transfer under way.
  FloppyCommand executing_ = FloppyCommand::Invalid;
  Step step_ = Step::NotTurning;
  u8 status_0_ = 0, status_1_ = 0, status_2_ = 0;
  std::array<u8, 4> id_{};  // C, H, R, N
  u8 head_ = 0;
  u16 sectors_left_ = 0;  // of VERIFY with a count, READ TRACK, FORMAT TRACK
  u8 sector_ = 0;         // under the head
  bool wrong_mark_ = false;
  bool terminal_count_ = false;
  FloppyFifo fifo_;
  std::array<std::byte, kSectorSize> buffer_{};
  u16 position_ = 0;
  u16 formatted_ = 0;            // sectors of the track
  Picoseconds track_start_ = 0;  // the index pulse with which a format began

  Window<FloppyController, &FloppyController::read, &FloppyController::write> ports_{*this};
  Window<FloppyController, &FloppyController::read_input, &FloppyController::write_rate> input_port_{*this};
};

}  // namespace ringdown
