// Stream sockets of a serial line.
#pragma once

#include <string>

#include "core/result.h"
#include "frontend/serial/descriptor.h"
#include "frontend/serial/serial_spec.h"

namespace ringdown {

/// "unix:PATH" or "tcp:HOST:PORT".
std::string name_of(const SerialSpec& spec);
/// Connects to the address. The error names the option.
Result<Descriptor> connect_socket(const SerialSpec& spec);
/// Listens at the address. A socket file that nobody listens at any more is replaced.
Result<Descriptor> listen_socket(const SerialSpec& spec);

}  // namespace ringdown
