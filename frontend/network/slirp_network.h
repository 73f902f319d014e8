// libslirp in a thread of its own.
#pragma once

#include <libslirp.h>
#include <poll.h>

#include <memory>
#include <vector>

#include "frontend/network/acknowledgements.h"
#include "frontend/network/network_backend.h"
#include "frontend/network/network_spec.h"

namespace ringdown {

/// libslirp knows no threads: it is made before the thread starts, and from then on all calls are that
/// thread's.
class SlirpNetwork final : public ThreadedBackend {
 public:
  SlirpNetwork(UserNetworkSpec spec, NetworkNotice notice)
      : spec_(std::move(spec)), notice_(std::move(notice)) {}
  ~SlirpNetwork() override { close(); }

  Result<void> open(NetworkInput& input) override;

 private:
  struct Timer {
    SlirpTimerCb callback = nullptr;
    void* argument = nullptr;
    s64 due_milliseconds = 0;  // 0: not set
  };
  struct CleanUp {
    void operator()(Slirp* slirp) const { slirp_cleanup(slirp); }
  };

  static const SlirpCb& callbacks();
  void serve() override;
  void closed() override;
  Result<void> add_forward(const ForwardSpec& forward);
  /// What is to be waited for: the bell, and what libslirp names. Returns for how many milliseconds, as far
  /// as libslirp knows.
  u32 fill_polled();
  /// How long poll() may wait, given what libslirp wants.
  int patience(u32 slirp_milliseconds) const;
  void run_timers();
  void input_waiting();
  /// Hands what libslirp has for the guest to the machine.
  void deliver();

  UserNetworkSpec spec_;
  NetworkNotice notice_;
  NetworkInput* input_ = nullptr;
  std::vector<pollfd> polled_;
  std::vector<std::unique_ptr<Timer>> timers_;
  FrameBatch batch_;  // from the guest
  FrameBatch replies_;
  Acknowledgements acknowledgements_;
  std::unique_ptr<Slirp, CleanUp> slirp_;
};

}  // namespace ringdown
