// The part of the ATA protocol that disks and packet devices share: registers, BSY/DRQ/INTRQ, data transfer.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/archive.h"
#include "core/bus.h"
#include "core/interrupt_line.h"
#include "core/log.h"
#include "core/result.h"
#include "core/scheduler.h"
#include "devices/storage/ata_registers.h"
#include "devices/storage/ide_timing.h"

namespace ringdown {

/// Where a drive hangs: the names of its events and log lines come from it.
struct IdePlace {
  u8 channel = 0;  // 0: primary, 1: secondary
  u8 drive = 0;    // 0: master, 1: slave
};

/// Moves the data of DMA commands: the bus master of the drive's channel.
class DmaPort {
 public:
  virtual ~DmaPort() = default;
  /// Each returns how many bytes it moved; fewer than asked if the bus master is not started or has come to
  /// the end of its table.
  virtual std::size_t to_memory(std::span<const std::byte> data) = 0;
  virtual std::size_t from_memory(std::span<std::byte> data) = 0;
  /// The channel's INTRQ as it leaves the cable.
  virtual void set_intrq(Level level) = 0;
};

/// What a drive can reach through its cable.
class IdeCable {
 public:
  virtual ~IdeCable() = default;
  /// The drive's interrupt request changed.
  virtual void interrupt_changed() = 0;
  /// Null where the channel has no bus master.
  virtual DmaPort* dma_port() = 0;
};

/// One drive. The channel calls it; derived classes execute commands.
class IdeDrive {
 public:
  IdeDrive(Scheduler& scheduler, Log& log, IdePlace place, IdeTiming timing);
  IdeDrive(const IdeDrive&) = delete;
  IdeDrive& operator=(const IdeDrive&) = delete;
  virtual ~IdeDrive() = default;

  void connect(IdeCable& cable) { cable_ = &cable; }

  /// RESET#: as after power-on, ready at once.
  virtual void hardware_reset();
  /// SRST: the drive is busy while it is asserted and for one command time after.
  void set_software_reset(bool asserted);
  /// EXECUTE DEVICE DIAGNOSTIC, which both drives of a channel obey.
  void diagnose();

  /// Registers other than Data, Status and Command. `previous` reads what was there before the last write
  /// (HOB). Writes while busy are ignored.
  u8 read_register(AtaRegister reg, bool previous) const;
  void write_register(AtaRegister reg, u8 value);
  void write_command(u8 command);
  u8 status() const { return status_; }
  /// Reading Status, not Alternate Status, ends the interrupt request.
  u8 read_status();
  u32 read_data(Width width);
  void write_data(Width width, u32 value);
  bool interrupt_requested() const { return interrupt_; }
  /// The bus master was started: a waiting DMA command goes on.
  void dma_started();

  /// What is due now needs something of the image that is not there yet.
  bool waits_for_image();
  /// `wake` is called from another thread when `waits_for_image` has become false.
  virtual void set_wake(std::function<void()> wake) = 0;
  /// Waits until everything written is on the host's disk.
  virtual Result<void> flush_image() = 0;

  virtual void serialize(Archive& archive);

 protected:
  /// Registers with one byte of history each, as 48-bit commands need it.
  struct Fifo {
    u8 current = 0;
    u8 previous = 0;
    void push(u8 value) {
      previous = current;
      current = value;
    }
    void serialize(Archive& archive) { archive(current, previous); }
  };

  /// A command has just been written: the image's work for it may begin.
  virtual void prepare(u8 command) { static_cast<void>(command); }
  /// Executes a command; BSY is set. Must end in exactly one of the functions below.
  virtual void execute(u8 command) = 0;
  /// Goes on with a command that called `go_on_later`.
  virtual void go_on() {}
  /// Whether the image has done what the next call will ask for.
  virtual bool image_ready() = 0;
  /// The command is over: nobody asks for what the image is doing for it.
  virtual void drop_image_work() = 0;
  /// Commands that wait for data from the host before anything happens take only a block time.
  virtual bool takes_data_first(u8 command) const = 0;
  /// True if the command is obeyed even while another one runs (DEVICE RESET).
  virtual bool interrupts_commands(u8 command) const = 0;
  /// Puts the values that tell disks from packet devices into the registers after a reset.
  virtual void set_signature() = 0;

  /// The command ended well: status and INTRQ.
  virtual void complete();
  /// It ended with ERR set and `error` in the Error register.
  void fail(u8 error, u8 more_status = 0);
  /// Sends `data`, then whatever `fill` delivers, in blocks of at most `block` bytes.
  void send(std::vector<std::byte> data, std::size_t block);
  /// Receives blocks for `drain` while `bytes_to_receive` is not zero. `announce`: INTRQ at the first block.
  void receive(std::size_t block, bool announce);
  void send_by_dma(std::vector<std::byte> data);
  void receive_by_dma();
  /// Ends a reset or DEVICE RESET: registers show the signature, a sleeping drive is awake.
  void finish_reset();
  /// SLEEP: the command ends well, and the drive obeys nothing but a reset.
  void sleep();

  /// `fill` has more to deliver, or to report.
  virtual bool more_to_send() const = 0;
  /// Puts at least one further byte into `data`; false if it failed and has reported so by `fail`.
  virtual bool fill(std::vector<std::byte>& data) = 0;
  /// Bytes of the running command that the host still has to write; the same until `drained`.
  virtual u64 bytes_to_receive() const = 0;
  /// Begins to store what the host wrote.
  virtual void drain(std::vector<std::byte> data) = 0;
  /// It has been stored; false if that failed, or the command ends here, and has been reported by `fail`.
  virtual bool drained() = 0;
  /// A block of `size` bytes is about to be offered to the host.
  virtual void block_offered(std::size_t size);
  /// The host has read the last block: disks are done without an interrupt.
  virtual void all_sent() { finish_quietly(); }
  /// The last block of a PIO command has been stored.
  virtual void data_received() { complete(); }

  void finish_quietly();
  /// `complete` after a block time.
  void finish_later();
  /// `go_on` after a block time.
  void go_on_later();
  void busy_until(Picoseconds delay);
  void request_interrupt();
  void withdraw_interrupt();
  Picoseconds now() const { return scheduler_.now(); }
  std::string name() const;

  Log& log_;
  const IdePlace place_;

  Fifo features_, sector_count_, lba_low_, lba_mid_, lba_high_;
  u8 device_ = 0;
  u8 error_ = ata_error::kDiagnosticsPassed;
  u8 status_ = ata_status::kReady | ata_status::kSeekComplete;
  u8 command_ = 0;

  /// A command's data pass through the buffer in pieces of this size.
  static constexpr u32 kPioChunk = 64 * 1024;
  static constexpr u32 kDmaChunk = 256 * 1024;

 private:
  /// What the drive is doing; the pending event, if any, is the end of it.
  enum class Phase : u8 {
    Idle,
    Reset,       // after SRST or a diagnostic
    Command,     // the event executes `command_`
    DataIn,      // DRQ: the host reads a block
    DataOut,     // DRQ: the host writes a block
    NextIn,      // the event offers the next block
    NextOut,     // the event asks for the next block
    Stored,      // the event takes what became of the blocks written
    DmaInWait,   // the bus master has to be started
    DmaOutWait,  // likewise
    DmaIn,       // the event moves the data
    DmaOut,
    DmaStored,  // the event takes what became of the data
    GoingOn,    // the event goes on with `command_`
    Finishing,  // the event reports the end of a command whose data were all read
  };
  static constexpr Phase kLastPhase = Phase::Finishing;

  void event();
  void take_written_block();
  void abandon();
  void offer_block();
  void request_block(bool announce);
  void run_dma_in();
  void run_dma_out();
  void enter(Phase phase, u8 status);
  void validate(Archive& archive);

  Scheduler& scheduler_;
  const IdeTiming timing_;
  const EventId event_;
  IdeCable* cable_ = nullptr;

  Phase phase_ = Phase::Idle;
  bool software_reset_ = false;
  bool diagnosing_ = false;
  bool asleep_ = false;
  bool interrupt_ = false;
  std::vector<std::byte> buffer_;
  u64 position_ = 0;   // next byte of the buffer
  u64 block_end_ = 0;  // where the offered block ends
  u64 block_ = 0;      // largest block
};

}  // namespace ringdown
