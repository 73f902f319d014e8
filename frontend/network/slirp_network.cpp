// The loop around libslirp.
#include "frontend/network/slirp_network.h"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <limits>

#include "frontend/network/user_network.h"
#include "frontend/sockets/socket.h"

namespace ringdown {

namespace {

s64 host_nanoseconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}
s64 host_milliseconds() { return host_nanoseconds() / 1'000'000; }

short to_poll(int events) {
  return static_cast<short>(((events & SLIRP_POLL_IN) != 0 ? POLLIN : 0) |
                            ((events & SLIRP_POLL_OUT) != 0 ? POLLOUT : 0) |
                            ((events & SLIRP_POLL_PRI) != 0 ? POLLPRI : 0));
}
int from_poll(short events) {
  return ((events & POLLIN) != 0 ? SLIRP_POLL_IN : 0) | ((events & POLLOUT) != 0 ? SLIRP_POLL_OUT : 0) |
         ((events & POLLPRI) != 0 ? SLIRP_POLL_PRI : 0) | ((events & POLLERR) != 0 ? SLIRP_POLL_ERR : 0) |
         ((events & POLLHUP) != 0 ? SLIRP_POLL_HUP : 0);
}

in_addr address(const char* text) {
  in_addr result{};
  inet_pton(AF_INET, text, &result);
  return result;
}
in6_addr address6(const char* text) {
  in6_addr result{};
  inet_pton(AF_INET6, text, &result);
  return result;
}

const char* text_or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

/// The addresses are those of QEMU's user network, which guests and their documents know.
SlirpConfig configuration(const UserNetworkSpec& spec) {
  SlirpConfig config{};
  config.version = 4;
  config.restricted = spec.restricted ? 1 : 0;
  config.in_enabled = true;
  config.vnetwork = address("10.0.2.0");
  config.vnetmask = address("255.255.255.0");
  config.vhost = address("10.0.2.2");
  config.vdhcp_start = address("10.0.2.15");
  config.vnameserver = address("10.0.2.3");
  config.in6_enabled = true;
  config.vprefix_addr6 = address6("fec0::");
  config.vprefix_len = 64;
  config.vhost6 = address6("fec0::2");
  config.vnameserver6 = address6("fec0::3");
  config.vhostname = "ringdown";
  config.tftp_path = text_or_null(spec.tftp_folder);
  config.bootfile = text_or_null(spec.boot_file);
  return config;
}

}  // namespace

const SlirpCb& SlirpNetwork::callbacks() {
  static const SlirpCb table = [] {
    SlirpCb cb{};
    cb.send_packet = [](const void* frame, size_t length, void* opaque) {
      static_cast<SlirpNetwork*>(opaque)->replies_.add({static_cast<const std::byte*>(frame), length});
      return static_cast<ssize_t>(length);
    };
    cb.guest_error = [](const char*, void*) {};
    cb.clock_get_ns = [](void*) { return host_nanoseconds(); };
    cb.timer_new = [](SlirpTimerCb callback, void* argument, void* opaque) -> void* {
      auto& timers = static_cast<SlirpNetwork*>(opaque)->timers_;
      return timers.emplace_back(std::make_unique<Timer>(Timer{callback, argument, 0})).get();
    };
    cb.timer_free = [](void* timer, void* opaque) {
      std::erase_if(static_cast<SlirpNetwork*>(opaque)->timers_,
                    [timer](const auto& own) { return own.get() == timer; });
    };
    cb.timer_mod = [](void* timer, int64_t due, void*) {
      static_cast<Timer*>(timer)->due_milliseconds = due;
    };
    cb.register_poll_fd = [](int, void*) {};
    cb.unregister_poll_fd = [](int, void*) {};
    // Every call is this thread's own, and it looks at everything again before it waits.
    cb.notify = [](void*) {};
    return cb;
  }();
  return table;
}

Result<void> SlirpNetwork::open(NetworkInput& input) {
  input_ = &input;
  const SlirpConfig config = configuration(spec_);
  slirp_.reset(slirp_new(&config, &callbacks(), this));
  if (!slirp_)
    return Error{"--net user: libslirp does not start: check --tftp and --bootfile, which may be too long"};
  for (const ForwardSpec& forward : spec_.forwards) {
    if (Result<void> added = add_forward(forward); !added) return added;
  }
  set_connected(true);
  start();
  return {};
}

u32 SlirpNetwork::fill_polled() {
  polled_.assign(1, pollfd{});  // the bell's
  u32 timeout = std::numeric_limits<u32>::max();
  slirp_pollfds_fill(
      slirp_.get(), &timeout,
      [](int fd, int events, void* opaque) {
        auto& polled = static_cast<SlirpNetwork*>(opaque)->polled_;
        polled.push_back({fd, to_poll(events), 0});
        return static_cast<int>(polled.size() - 1);
      },
      this);
  return timeout;
}

Result<void> SlirpNetwork::add_forward(const ForwardSpec& forward) {
  fill_polled();
  const std::vector<pollfd> before = polled_;
  errno = 0;
  if (slirp_add_hostfwd(slirp_.get(), forward.udp ? 1 : 0, address(forward.host_address.c_str()),
                        forward.host_port, address(forward.guest_address.c_str()), forward.guest_port) != 0) {
    return Error{fmt::format("--forward {}: cannot listen at {}:{}: {}: choose another port", forward.text,
                             forward.host_address, forward.host_port, std::strerror(errno))};
  }
  if (forward.host_port != 0) return {};
  // The socket that is new has it.
  fill_polled();
  for (const pollfd& polled : polled_) {
    if (std::ranges::find(before, polled.fd, &pollfd::fd) != before.end()) continue;
    notice_(fmt::format("--forward {}: {}:{} leads to the guest", forward.text, forward.host_address,
                        SocketPlace::port_of(polled.fd)));
  }
  return {};
}

void SlirpNetwork::closed() {
  slirp_.reset();
  timers_.clear();
}

int SlirpNetwork::patience(u32 slirp_milliseconds) const {
  s64 wait = std::min<s64>(slirp_milliseconds, std::numeric_limits<int>::max());
  const s64 now = host_milliseconds();
  for (const auto& timer : timers_) {
    if (timer->due_milliseconds != 0) wait = std::clamp<s64>(timer->due_milliseconds - now, 0, wait);
  }
  return static_cast<int>(wait);
}

void SlirpNetwork::serve() {
  while (!stopping()) {
    const u32 timeout = fill_polled();
    const int ready = queue().wait(polled_, patience(timeout));
    // Before the next: it sends what has waited for an answer that came now.
    input_waiting();
    slirp_pollfds_poll(
        slirp_.get(), ready < 0 ? 1 : 0,
        [](int index, void* opaque) {
          const auto& polled = static_cast<SlirpNetwork*>(opaque)->polled_;
          return index < 0 ? 0 : from_poll(polled[static_cast<std::size_t>(index)].revents);
        },
        this);
    run_timers();
    deliver();
  }
}

void SlirpNetwork::run_timers() {
  const s64 now = host_milliseconds();
  // A timer's call may set it again, or make others.
  for (std::size_t i = 0; i < timers_.size(); ++i) {
    Timer& timer = *timers_[i];
    if (timer.due_milliseconds == 0 || timer.due_milliseconds > now) continue;
    timer.due_milliseconds = 0;
    timer.callback(timer.argument);
  }
}

void SlirpNetwork::input_waiting() {
  batch_.clear();
  queue().take(batch_);
  batch_.for_each([this](std::span<const std::byte> frame) {
    slirp_input(slirp_.get(), reinterpret_cast<const u8*>(frame.data()), static_cast<int>(frame.size()));
  });
}

void SlirpNetwork::deliver() {
  acknowledgements_.for_each_needed(replies_,
                                    [this](std::span<const std::byte> frame) { input_->frame(frame); });
  replies_.clear();
}

Result<std::unique_ptr<NetworkBackend>> make_user_network(const UserNetworkSpec& spec, NetworkNotice notice) {
  return std::unique_ptr<NetworkBackend>(std::make_unique<SlirpNetwork>(spec, std::move(notice)));
}

}  // namespace ringdown
