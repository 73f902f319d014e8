// Serial lines to files, pseudo-terminals and sockets.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "frontend/serial/host_serial.h"
#include "frontend/serial/output_queue.h"
#include "frontend/sockets/descriptor.h"

namespace ringdown {

/// Copies what arrives on a descriptor to a serial port, in a thread, until the other end goes or it is
/// stopped.
class SerialReader {
 public:
  /// `next_peer` gives the descriptor to read next, or -1 to end; it may wait with the pipe.
  SerialReader(std::function<int(const WakePipe&)> next_peer, SerialInput input);
  ~SerialReader();
  SerialReader(const SerialReader&) = delete;
  SerialReader& operator=(const SerialReader&) = delete;

 private:
  WakePipe stop_;
  std::thread thread_;
};

/// A line whose output goes to a file.
class FileSerial final : public HostSerial {
 public:
  explicit FileSerial(std::string path) : path_(std::move(path)) {}
  Result<void> open(SerialInput input) override;
  void close() override;
  void transmit(std::span<const u8> characters) override { output_.write(characters); }

 private:
  std::string path_;
  Descriptor file_;
  OutputQueue output_;
};

/// A line to a new pseudo-terminal.
class PtySerial final : public HostSerial {
 public:
  explicit PtySerial(std::function<void(const std::string&)> notice) : notice_(std::move(notice)) {}
  Result<void> open(SerialInput input) override;
  void close() override;
  void transmit(std::span<const u8> characters) override { output_.write(characters); }

 private:
  std::function<void(const std::string&)> notice_;
  Descriptor master_;
  Descriptor slave_;  // kept open, so that the master never reads an error while nobody is attached
  OutputQueue output_;
  std::optional<SerialReader> reader_;
};

/// A line to a socket: connects, or serves one peer after another. Without a peer, output is dropped.
class SocketSerial final : public HostSerial {
 public:
  SocketSerial(SerialSpec spec, std::function<void(const std::string&)> notice)
      : spec_(std::move(spec)), notice_(std::move(notice)) {}
  Result<void> open(SerialInput input) override;
  void close() override;
  void transmit(std::span<const u8> characters) override { output_.write(characters); }

 private:
  int accept_peer(const WakePipe& stop);

  SerialSpec spec_;
  std::function<void(const std::string&)> notice_;
  Descriptor listener_;
  Descriptor peer_;
  bool served_ = false;  // a client's only peer has been read
  OutputQueue output_;
  std::optional<SerialReader> reader_;
};

}  // namespace ringdown
