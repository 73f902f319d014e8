// Linux's tap devices (Documentation/networking/tuntap.rst of the kernel).
#include "frontend/network/tap_network.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace ringdown {

namespace {

/// So that a flood of one direction leaves turns to the other.
constexpr unsigned kFramesPerTurn = 64;

std::string how_to_make(const std::string& name) {
  return fmt::format(
      "make one with 'sudo ip tuntap add dev {0} mode tap user \"$(id -un)\" && sudo ip link set {0} up'",
      name);
}

std::string remedy(int error, const std::string& name) {
  switch (error) {
    case EPERM:
    case EACCES:
      return "that interface is another user's: choose or make one of yours";
    case EBUSY:
      return "another program uses that interface: choose another";
    case EINVAL:
      return "that interface is no tap device: choose another";
    default:
      return fmt::format("{}: {}", std::strerror(error), how_to_make(name));
  }
}

bool is_up(ifreq request) {
  const Descriptor any(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return ioctl(any.get(), SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP) != 0;
}

}  // namespace

Result<void> TapNetwork::open(NetworkInput& input) {
  input_ = &input;
  // For root, TUNSETIFF would make it, and nothing would lead on from there.
  if (if_nametoindex(spec_.name.c_str()) == 0)
    return Error{
        fmt::format("--net {}: there is no such interface: {}", spec_.text, how_to_make(spec_.name))};
  constexpr const char* kDevice = "/dev/net/tun";
  device_ = Descriptor(::open(kDevice, O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!device_)
    return Error{fmt::format(
        "--net {}: {}: {}: the host has no tap devices for you: load the module tun, or check its "
        "permissions",
        spec_.text, kDevice, std::strerror(errno))};
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  std::memcpy(request.ifr_name, spec_.name.c_str(), spec_.name.size());
  if (ioctl(device_.get(), TUNSETIFF, &request) != 0)
    return Error{fmt::format("--net {}: {}", spec_.text, remedy(errno, spec_.name))};
  if (!is_up(request))
    notice_(
        fmt::format("--net {0}: the interface is down and loses all frames until 'sudo ip link set {1} up'",
                    spec_.text, spec_.name));
  frame_.resize(kLongestFrame + 1);
  set_connected(true);
  start();
  return {};
}

void TapNetwork::serve() {
  while (!stopping()) {
    std::array<pollfd, 2> polled{pollfd{}, pollfd{device_.get(), POLLIN, 0}};
    const int ready = queue().wait(polled, -1);
    if (ready > 0 && (polled[1].revents & POLLIN) != 0) receive();
    // The interface is gone: there is nothing more to come.
    if (ready > 0 && (polled[1].revents & (POLLERR | POLLNVAL)) != 0) return input_->link(false);
    send_waiting();
  }
}

void TapNetwork::receive() {
  for (unsigned i = 0; i < kFramesPerTurn; ++i) {
    const ssize_t length = read(device_.get(), frame_.data(), frame_.size());
    if (length <= 0) return;
    input_->frame(std::span(frame_).first(static_cast<std::size_t>(length)));
  }
}

void TapNetwork::send_waiting() {
  batch_.clear();
  queue().take(batch_);
  batch_.for_each([this](std::span<const std::byte> frame) {
    // An interface that is down, or whose queue is full, loses frames as any other does.
    [[maybe_unused]] const ssize_t written = write(device_.get(), frame.data(), frame.size());
  });
}

}  // namespace ringdown
