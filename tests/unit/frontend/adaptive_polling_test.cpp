// How long a thread looks for work before it sleeps.
#include "frontend/adaptive_polling.h"

#include <catch2/catch.hpp>
#include <thread>

#include "frontend/doorbell.h"

namespace ringdown {
namespace {

using std::chrono::microseconds;

TEST_CASE("who is woken soon looks longer each time, who is left alone does not look") {
  AdaptivePolling polling;
  CHECK(polling.window() == microseconds(0));
  polling.found(microseconds(201));
  CHECK(polling.window() == microseconds(0));
  for (const int window : {20, 40, 80, 160, 200, 200}) {
    polling.found(microseconds(200));
    CHECK(polling.window() == microseconds(window));
  }
  polling.found(microseconds(1000));
  CHECK(polling.window() == microseconds(0));
  polling.found(microseconds(30));
  polling.found(microseconds(30));
  // Long enough.
  polling.found(microseconds(30));
  CHECK(polling.window() == microseconds(40));
  polling.woke_alone();
  CHECK(polling.window() == microseconds(0));
}

TEST_CASE("a doorbell's ring ends one wait, whether it comes before or while it lasts") {
  Doorbell here;
  Doorbell there;
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i) {
      here.wait();
      there.ring();
    }
  });
  for (int i = 0; i < 1000; ++i) {
    here.ring();
    there.wait();
  }
  other.join();
  const Doorbell::Clock::time_point begin = Doorbell::Clock::now();
  here.wait_until(begin + microseconds(1));
  CHECK(Doorbell::Clock::now() >= begin + microseconds(1));
}

}  // namespace
}  // namespace ringdown
