// The options of network adapters and of what they are connected to.
#pragma once

#include <string>
#include <string_view>

#include "frontend/cli/option_reader.h"
#include "frontend/cli/options.h"

namespace ringdown {

/// --nic, --net, --forward, --restrict, --tftp, --bootfile, --pcap, and what --boot network needs.
void read_network(OptionReader& options, Options& target);

/// "MODEL[,mac=XX:XX:XX:XX:XX:XX][,rom=FILE|off][,port=N][,irq=N]". Without a MAC it is all zeros.
Result<NicConfig> parse_nic(std::string_view text);

/// The address of adapter `number` if none is given. Machines of one wire must differ: an end of a socket
/// that connects from the one that listens, an interface of the host from any other.
MacAddress default_mac(const NetSpec& net, unsigned number);

/// `--nic list`.
std::string nic_list();

}  // namespace ringdown
