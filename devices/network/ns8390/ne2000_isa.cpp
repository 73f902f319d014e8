// The NE2000: a DP8390 on an ISA card in a 16-bit slot.
#include "devices/network/ns8390/ne2000_isa.h"

namespace ringdown {

Ne2000Isa::Ne2000Isa(unsigned number, Scheduler& scheduler, const MacAddress& address, EthernetWire& wire,
                     InterruptLine interrupt)
    : number_(number), controller_(scheduler, "ne2000-" + std::to_string(number), address, wire, interrupt) {}

ChunkTag Ne2000Isa::chunk_tag() const {
  ChunkTag tag("NEI0");
  tag.text[3] = static_cast<char>('0' + number_);
  return tag;
}

}  // namespace ringdown
