// The 82093AA I/O APIC: twenty-four inputs that become interrupt messages.
#pragma once

#include <array>

#include "core/archive.h"
#include "core/bus.h"
#include "core/field.h"
#include "core/interrupt_line.h"
#include "core/interrupt_message.h"

namespace ringdown {

/// Source: Intel 82093AA data sheet. Inputs take "asserted" as High whatever the wire's electrical polarity
/// is: on a board the polarity bit of an entry and the active-low PCI wires cancel out, so here the bit is
/// kept and changes nothing.
class IoApic final : public InterruptSink, public EoiObserver, public Serializable {
 public:
  static constexpr unsigned kInputs = 24;

  explicit IoApic(MessageSink& messages) : messages_(messages) {}

  /// One page: the register select at offset 0 and the window at offset 10h.
  BusRange& registers() { return registers_; }

  void reset();
  void set_input(unsigned pin, Level level) override;
  void end_of_interrupt(u8 vector) override;

  ChunkTag chunk_tag() const override { return ChunkTag("IOAP"); }
  void serialize(Archive& archive) override;

 private:
  using Entry = Register<u64>;
  static constexpr u64 kMaskedEntry = u64{1} << 16;

  u64 read(u32 offset, Width width);
  void write(u32 offset, Width width, u64 value);
  u32 read_register() const;
  void write_register(u32 value);
  void write_entry(unsigned pin, u64 value, u64 writable);
  void service(unsigned pin, bool rising);
  bool send(const Entry& entry);

  MessageSink& messages_;
  u8 select_ = 0;
  u32 id_ = 0;
  u32 inputs_ = 0;  // levels
  std::array<Entry, kInputs> entries_ = make_entries();
  Window<IoApic, &IoApic::read, &IoApic::write> registers_{*this};

  static constexpr std::array<Entry, kInputs> make_entries() {
    std::array<Entry, kInputs> entries;
    entries.fill(Entry(kMaskedEntry));
    return entries;
  }
};

}  // namespace ringdown
