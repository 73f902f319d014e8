// Words are devices.
#include "frontend/lab/io/io_options.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/program_options.hpp>

#include "frontend/cli/option_values.h"
#include "frontend/lab/io/io_lab.h"
#include "frontend/lab/own_options.h"
#include "frontend/lab/suggestions.h"

namespace ringdown {

namespace {

namespace po = boost::program_options;

constexpr const char* kWords = "words";
constexpr u32 kMostUnits = 1'000'000;

std::string help_text() {
  std::string text =
      "Usage: ringdown lab io [DEVICE...] [OPTIONS]\n"
      "Counts how often a guest enters its monitor for each packet and each block, with devices that are "
      "emulated\n"
      "as they were built and with those made for virtual machines. A DEVICE is (all, if none is named):\n\n";
  for (const IoDevice device : kIoDevices)
    text += fmt::format("  {:<12} {}\n", name_of(device), describe(device));
  const IoRequest usual;
  return text +
         fmt::format(
             "\n"
             "  --packets N   packets of 1,500 bytes that are sent, and received ({})\n"
             "  --blocks N    blocks of 4 KiB that are read, and written ({})\n"
             "  --batch N     a driver is handed N of them at a time, at most {} (1, and {} beside it)\n"
             "  --json        an array with an object for each device and work\n"
             "\n"
             "All devices do the same work for the same kernel, which halts until they interrupt.\n"
             "\n"
             "Exit status: 0; 2: a mistake in the arguments, or a guest that did not do its work.\n"
             "\n"
             "Examples:\n"
             "  ringdown lab io\n"
             "  ringdown lab io ide-pio ide-dma --batch 8 --json\n",
             usual.packets, usual.blocks, kIoMostBatch, kIoMostBatch);
}

Result<IoDevice> read_device(const std::string& word) {
  const auto* const found =
      std::ranges::find(kIoDevices, word, [](IoDevice device) { return name_of(device); });
  if (found != kIoDevices.end()) return *found;
  std::vector<std::string_view> names;
  for (const IoDevice device : kIoDevices) names.push_back(name_of(device));
  return Error{fmt::format("lab io: {}: no such device{}: 'ringdown lab io --help' lists them", word,
                           suggestions(word, names))};
}

Result<std::vector<IoDevice>> read_devices(const std::vector<std::string>& words) {
  if (words.empty()) return std::vector<IoDevice>(kIoDevices.begin(), kIoDevices.end());
  std::vector<IoDevice> devices;
  for (const std::string& word : words) {
    const Result<IoDevice> device = read_device(word);
    if (!device) return device.error();
    if (std::ranges::find(devices, *device) == devices.end()) devices.push_back(*device);
  }
  return devices;
}

/// The value of an option that counts, `usual` without it.
Result<u32> read_number(const po::variables_map& own, const char* option, u32 usual, u32 most) {
  if (own.count(option) == 0) return usual;
  const std::string name = fmt::format("lab io: --{}", option);
  const Result<u64> number = parse_count(own[option].as<std::string>(), name);
  if (!number) return number.error();
  if (*number > most) return Error{fmt::format("{} {}: at most {}", name, *number, most)};
  return static_cast<u32>(*number);
}

Result<IoRequest> read_request(const po::variables_map& own) {
  IoRequest request;
  Result<std::vector<IoDevice>> devices = read_devices(words_of(own, kWords));
  if (!devices) return devices.error();
  request.devices = std::move(*devices);
  const Result<u32> packets = read_number(own, "packets", request.packets, kMostUnits);
  if (!packets) return packets.error();
  request.packets = *packets;
  const Result<u32> blocks = read_number(own, "blocks", request.blocks, kMostUnits);
  if (!blocks) return blocks.error();
  request.blocks = *blocks;
  if (own.count("batch") == 0) return request;
  const Result<u32> batch = read_number(own, "batch", 1, kIoMostBatch);
  if (!batch) return batch.error();
  request.batches = {*batch};
  return request;
}

}  // namespace

Result<CommandLine> parse_io_lab(const LabArguments& arguments) {
  po::options_description options;
  options.add_options()("json", "")("packets", po::value<std::string>(), "")(
      "blocks", po::value<std::string>(), "")("batch", po::value<std::string>(), "")(
      kWords, po::value<std::vector<std::string>>(), "");
  const Result<po::variables_map> own = read_own_options("io", options, arguments.own, kWords);
  if (!own) return own.error();
  if (asks_help(*own)) return CommandLine(Answer{help_text()});
  if (!arguments.run.empty()) {
    return Error{fmt::format("lab io: {}: it has guests of its own: leave out what stands behind '--'",
                             arguments.run.front())};
  }
  Result<IoRequest> request = read_request(*own);
  if (!request) return request.error();
  return CommandLine(
      Subcommand{[lab = IoLab{std::move(*request), own->count("json") != 0}] { return run_io_lab(lab); }});
}

}  // namespace ringdown
