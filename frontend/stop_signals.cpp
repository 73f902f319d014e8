// Signals, waited for by a thread.
#include "frontend/stop_signals.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace ringdown {

namespace {

constexpr int kSignalStatusBase = 128;

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  return set;
}

}  // namespace

StopSignals::StopSignals(std::function<void()> stop) : stop_(std::move(stop)) {
  const sigset_t set = watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A reader that goes shows as an error of write().
  signal(SIGPIPE, SIG_IGN);
  thread_ = std::thread([this] { run(); });
}

StopSignals::~StopSignals() {
  finished_ = true;
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

void StopSignals::run() {
  const sigset_t set = watched();
  bool stopping = false;
  while (true) {
    int number = 0;
    if (sigwait(&set, &number) != 0) continue;
    if (finished_) return;
    if (stopping) _exit(kSignalStatusBase + number);
    stopping = true;
    stop_();
  }
}

}  // namespace ringdown
