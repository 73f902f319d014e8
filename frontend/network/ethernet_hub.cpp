// The wire in memory.
#include "frontend/network/ethernet_hub.h"

namespace ringdown {

void EthernetHub::Port::connect(InputSeam& inputs, unsigned adapter) {
  const std::lock_guard lock(hub_.mutex_);
  input_.emplace(inputs, adapter);
}

void EthernetHub::Port::disconnect() {
  const std::lock_guard lock(hub_.mutex_);
  input_.reset();
}

EthernetHub::Port& EthernetHub::add_port() {
  const std::lock_guard lock(mutex_);
  return ports_.emplace_back(*this);
}

void EthernetHub::spread(const Port& from, std::span<const std::byte> frame) {
  const std::lock_guard lock(mutex_);
  for (Port& port : ports_) {
    if (&port != &from && port.input_) port.input_->frame(frame);
  }
}

}  // namespace ringdown
