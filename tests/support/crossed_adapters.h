// Two network adapters of one machine with a cable between them.
#pragma once

#include "frontend/machine/machine.h"

namespace ringdown::test {

class CrossedAdapters {
 public:
  /// Gives `config` two adapters of that model. The cable must outlive their machine.
  void plug_into(MachineConfig& config, NicModel model) {
    for (std::size_t i = 0; i < ends_.size(); ++i) {
      NicConfig nic;
      nic.model = model;
      nic.mac.back() = static_cast<u8>(i + 1);
      nic.wire = &ends_[i];
      config.nics.push_back(nic);
    }
  }
  /// Before it, and while the machine replays its inputs, what the adapters send is lost.
  void connect(InputSeam& inputs) {
    ends_[0].far_end = {&inputs, InputChannel::Nic1};
    ends_[1].far_end = {&inputs, InputChannel::Nic0};
  }

  u64 frames() const { return ends_[0].frames + ends_[1].frames; }

 private:
  struct FarEnd {
    InputSeam* inputs = nullptr;
    InputChannel channel{};
  };
  struct End final : EthernetWire {
    void transmit(std::span<const std::byte> frame) override {
      ++frames;
      if (far_end.inputs == nullptr) return;
      const auto* const bytes = reinterpret_cast<const u8*>(frame.data());
      far_end.inputs->post(far_end.channel, {bytes, bytes + frame.size()});
    }
    FarEnd far_end;
    u64 frames = 0;
  };

  std::array<End, 2> ends_;
};

}  // namespace ringdown::test
