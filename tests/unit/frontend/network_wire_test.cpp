// Framing, queues and the wire in memory.
#include <poll.h>

#include <catch2/catch.hpp>
#include <thread>

#include "frontend/network/ethernet_hub.h"
#include "frontend/network/frame_queue.h"
#include "frontend/network/frame_stream.h"
#include "tests/unit/frontend/network_inbox.h"

namespace ringdown {
namespace {

Frame frame_of(std::size_t length, u8 first = 0) {
  Frame frame(length);
  for (std::size_t i = 0; i < length; ++i) frame[i] = static_cast<u8>(first + i * 7);
  return frame;
}

bool rung(const FrameQueue& queue) {
  pollfd bell{queue.bell().fd(), POLLIN, 0};
  return poll(&bell, 1, 0) == 1;
}

std::vector<Frame> taken(FrameQueue& queue) {
  FrameBatch batch;
  queue.take(batch);
  std::vector<Frame> frames;
  batch.for_each([&](std::span<const std::byte> frame) {
    const auto* const first = reinterpret_cast<const u8*>(frame.data());
    frames.emplace_back(first, first + frame.size());
  });
  return frames;
}

}  // namespace

TEST_CASE("frames come out of a stream as they went in, in pieces of any size") {
  const std::vector<Frame> sent{frame_of(60), frame_of(1), frame_of(kLongestFrame), frame_of(1514, 9)};
  std::vector<std::byte> stream;
  for (const Frame& frame : sent) append_frame(stream, bytes_of(frame));
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{64}, stream.size()}) {
    FrameReader reader;
    std::vector<Frame> received;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      REQUIRE(reader.add(std::span(stream).subspan(at, std::min(piece, stream.size() - at)),
                         [&](std::span<const std::byte> frame) {
                           const auto* const first = reinterpret_cast<const u8*>(frame.data());
                           received.emplace_back(first, first + frame.size());
                         }));
    }
    CHECK(received == sent);
  }
}

TEST_CASE("a length of no frame ends a stream") {
  const auto refused = [](std::vector<u8> head) {
    FrameReader reader;
    const bool sound = reader.add(bytes_of(head), [](std::span<const std::byte>) { FAIL("a frame"); });
    CHECK_FALSE(sound);
    return reader.bad_length();
  };
  CHECK(refused({0, 0, 0, 0}) == 0);
  CHECK(refused({0, 0, 0x40, 1}) == kLongestFrame + 1);
  CHECK(refused({'G', 'E', 'T', ' '}) == 0x47455420);
}

TEST_CASE("a queue rings only for one who sleeps, and takes so much and no more") {
  FrameQueue queue;
  const Frame frame = frame_of(1000);
  REQUIRE(queue.push(bytes_of(frame)));
  CHECK_FALSE(rung(queue));
  std::array<pollfd, 1> bell;
  CHECK(queue.wait(bell, -1) == 0);
  CHECK(taken(queue) == std::vector<Frame>{frame});
  std::thread sleeper([&] { queue.wait(bell, -1); });
  REQUIRE(queue.push(bytes_of(frame)));
  sleeper.join();
  CHECK_FALSE(rung(queue));
  std::size_t count = 1;
  while (queue.push(bytes_of(frame))) ++count;
  CHECK(count == std::min(FrameQueue::kMostFrames, FrameQueue::kMostBytes / frame.size()));
  CHECK(taken(queue).size() == count);
  CHECK(queue.push(bytes_of(frame)));
}

TEST_CASE("what one machine sends on a hub, all others get") {
  EthernetHub hub;
  std::array<NetworkInbox, 3> machines;
  std::array<EthernetHub::Port*, 3> ports{};
  for (std::size_t i = 0; i < ports.size(); ++i) {
    ports[i] = &hub.add_port();
    ports[i]->connect(machines[i].seam(), 0);
  }
  const Frame frame = frame_of(60);
  ports[1]->transmit(bytes_of(frame));
  CHECK(machines[0].next_frame() == frame);
  CHECK(machines[2].next_frame() == frame);
  ports[0]->disconnect();
  const Frame other = frame_of(64, 3);
  ports[2]->transmit(bytes_of(other));
  // Its own frame did not come back to it.
  CHECK(machines[1].next_frame() == other);
  CHECK_FALSE(machines[0].seam().pending());
}

TEST_CASE("frames that are none, or come too fast, are counted and dropped") {
  NetworkInbox machine;
  machine.input().frame(bytes_of(frame_of(kEthernetHeaderLength - 1)));
  machine.input().frame(bytes_of(frame_of(kLongestFrame + 1)));
  CHECK(machine.input().dropped() == 2);
  for (unsigned i = 0; i < InputSeam::kMostQueued + 5; ++i) machine.input().frame(bytes_of(frame_of(60)));
  CHECK(machine.input().dropped() == 7);
  CHECK(machine.next_frame().size() == 60);
}

}  // namespace ringdown
