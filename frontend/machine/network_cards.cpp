// Builds network adapters by their model.
#include "frontend/machine/network_cards.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <functional>
#include <string_view>
#include <type_traits>

#include "core/internet_checksum.h"
#include "core/internet_headers.h"
#include "core/log.h"
#include "devices/network/e1000/e1000.h"
#include "devices/network/ns8390/ne2000_isa.h"
#include "devices/network/ns8390/rtl8029.h"
#include "devices/network/pcnet/pcnet.h"
#include "devices/virtio/virtio_net.h"
#include "devices/virtio/virtio_pci.h"
#include "frontend/machine/board_layout.h"

namespace ringdown {

/// What leads from a card: to its watcher, the log, and the other end if there is one.
class NetworkCards::Cable final : public EthernetWire {
 public:
  Cable(Log& log, unsigned number, const NicConfig& config)
      : log_(log), number_(number), far_end_(config.wire), watcher_(config.watcher) {}

  void transmit(std::span<const std::byte> frame) override {
    ++traffic_.frames_sent;
    traffic_.bytes_sent += frame.size();
    watch(frame, "sends");
    if (far_end_ != nullptr) far_end_->transmit(frame);
  }
  /// A frame that the card is about to receive.
  void received(std::span<const std::byte> frame) {
    ++traffic_.frames_received;
    traffic_.bytes_received += frame.size();
    watch(frame, "receives");
  }
  const NicTraffic& traffic() const { return traffic_; }

 private:
  void watch(std::span<const std::byte> frame, std::string_view what) {
    if (log_.enabled(LogCategory::Network) && frame.size() >= kEthernetHeaderLength) {
      const auto address = [&](std::size_t at) {
        const auto* const bytes = reinterpret_cast<const u8*>(frame.data() + at);
        return fmt::join(bytes, bytes + sizeof(MacAddress), ":");
      };
      log_.write(LogCategory::Network, "network {} {} {} bytes: {:02x} > {:02x}, type {:04x}", number_ + 1,
                 what, frame.size(), address(sizeof(MacAddress)), address(0),
                 load_network16(frame, ethernet_type::kField));
    }
    if (watcher_ != nullptr) watcher_->frame(frame);
  }

  Log& log_;
  unsigned number_;
  NicTraffic traffic_;
  EthernetWire* far_end_;
  FrameWatcher* watcher_;
};

struct NetworkCards::Card {
  std::unique_ptr<Cable> cable;
  std::unique_ptr<EthernetPort> port;
  Serializable* state = nullptr;
  PciFunction* function = nullptr;              // of a card on PCI
  std::unique_ptr<PciFunction> transport = {};  // which virtio has apart from the device
  std::function<void()> isa_reset = {};         // of a card on ISA

  template <class Nic>
  void install(std::unique_ptr<Nic> nic) {
    state = nic.get();
    if constexpr (std::is_base_of_v<PciFunction, Nic>) function = nic.get();
    port = std::move(nic);
  }
  void install_virtio(std::unique_ptr<VirtioNet> nic, unsigned number, InterruptLine line,
                      std::vector<u8> rom);
};

void NetworkCards::Card::install_virtio(std::unique_ptr<VirtioNet> nic, unsigned number, InterruptLine line,
                                        std::vector<u8> rom) {
  ChunkTag tag("VNT0");
  tag.text.back() = static_cast<char>(tag.text.back() + number);
  const VirtioPciIdentity identity{fmt::format("virtio-net{}", number), tag, VirtioNet::kPciDevice,
                                   VirtioNet::kSubsystem, VirtioNet::kPciClass};
  transport = std::make_unique<VirtioPci>(*nic, identity, line, std::move(rom));
  state = function = transport.get();
  port = std::move(nic);
}

NetworkCards::~NetworkCards() = default;

namespace {

PciAddress pci_place(unsigned number) { return {static_cast<u8>(board::kPciFirstNic + number), 0}; }

e1000::Chip e1000_chip(NicModel model) {
  switch (model) {
    case NicModel::E1000_82543Gc:
      return e1000::Chip::I82543Gc;
    case NicModel::E1000_82545Em:
      return e1000::Chip::I82545Em;
    default:
      return e1000::Chip::I82540Em;
  }
}

}  // namespace

NetworkCards::Card NetworkCards::make_card(const Surroundings& surroundings, const NicConfig& config,
                                           unsigned number, std::vector<u8> rom) {
  Card card;
  card.cable = std::make_unique<Cable>(surroundings.log, number, config);
  Scheduler& scheduler = surroundings.scheduler;
  const InterruptLine pci_interrupt(surroundings.pci_router, pci_router_input(pci_place(number), PciPin::A));
  switch (config.model) {
    case NicModel::E1000:
    case NicModel::E1000_82543Gc:
    case NicModel::E1000_82545Em:
      card.install(std::make_unique<E1000>(e1000_chip(config.model), number, surroundings.memory, scheduler,
                                           config.mac, *card.cable, pci_interrupt, std::move(rom)));
      break;
    case NicModel::Ne2000: {
      auto nic = std::make_unique<Ne2000Isa>(number, scheduler, config.mac, *card.cable,
                                             InterruptLine(surroundings.isa, config.isa_irq));
      [[maybe_unused]] const Result<void> attached = surroundings.ports.attach(
          config.isa_port, Ne2000Ports::kLength, nic->ports(), "ne2000", Width::Word);
      assert(attached);
      card.isa_reset = [&nic = *nic] { nic.reset(); };
      card.install(std::move(nic));
      break;
    }
    case NicModel::Rtl8029:
      card.install(std::make_unique<Rtl8029>(number, scheduler, config.mac, *card.cable, pci_interrupt,
                                             std::move(rom)));
      break;
    case NicModel::Pcnet:
      card.install(std::make_unique<Pcnet>(
          number, Pcnet::Surroundings{surroundings.memory, scheduler, *card.cable, pci_interrupt}, config.mac,
          std::move(rom)));
      break;
    case NicModel::Virtio:
      card.install_virtio(
          std::make_unique<VirtioNet>(surroundings.memory, scheduler, *card.cable, config.mac, number),
          number, pci_interrupt, std::move(rom));
      break;
  }
  return card;
}

NetworkCards::NetworkCards(const Surroundings& surroundings, const std::vector<NicConfig>& configs,
                           std::vector<std::vector<u8>> roms) {
  roms.resize(configs.size());
  for (unsigned number = 0; number < configs.size(); ++number) {
    Card& card =
        cards_.emplace_back(make_card(surroundings, configs[number], number, std::move(roms[number])));
    if (card.function != nullptr) {
      [[maybe_unused]] const Result<void> added = surroundings.pci.add(*card.function, pci_place(number));
      assert(added);
    }
    card.port->set_link(configs[number].wire != nullptr && configs[number].plugged_in);
  }
  connect_inputs(surroundings);
}

void NetworkCards::connect_inputs(const Surroundings& surroundings) {
  InputSeam& inputs = surroundings.inputs;
  for (unsigned number = 0; number < cards_.size(); ++number) {
    const Card& card = cards_[number];
    inputs.connect(
        static_cast<InputChannel>(static_cast<unsigned>(InputChannel::Nic0) + number),
        [&card](const std::vector<u8>& payload) {
          if (payload.size() < kEthernetHeaderLength || payload.size() > kLongestFrame) return;
          std::array<std::byte, kShortestFrame> padded{};
          std::span<const std::byte> frame = std::as_bytes(std::span(payload));
          if (frame.size() < padded.size()) {
            std::copy(frame.begin(), frame.end(), padded.begin());
            frame = padded;
          }
          card.cable->received(frame);
          card.port->receive(frame);
        },
        [&card] { return card.port->accepts_frame(); });
  }
  if (cards_.empty()) return;
  inputs.connect(InputChannel::NicLink, [this, &log = surroundings.log](const std::vector<u8>& payload) {
    if (payload.size() != 2 || payload[0] >= cards_.size()) return;
    const bool up = payload[1] != 0;
    log.write(LogCategory::Network, "network {} is {}", payload[0] + 1, up ? "plugged in" : "unplugged");
    cards_[payload[0]].port->set_link(up);
  });
}

const NicTraffic& NetworkCards::traffic(unsigned number) const { return cards_[number].cable->traffic(); }

void NetworkCards::reset() {
  for (const Card& card : cards_) {
    if (card.isa_reset) card.isa_reset();
  }
}

void NetworkCards::add_components(std::vector<Serializable*>& all) {
  for (const Card& card : cards_) all.push_back(card.state);
}

}  // namespace ringdown
