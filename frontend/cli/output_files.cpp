// Files that a run writes.
#include "frontend/cli/output_files.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <vector>

#include "frontend/cli/options.h"

namespace ringdown {

namespace fs = std::filesystem;

namespace {

/// A file that an option names; `option` is all that stands before the name.
struct NamedFile {
  std::string option;
  std::string path;
};

std::string name_of(const NamedFile& file) { return file.option + file.path; }

std::vector<NamedFile> inputs_of(const Options& options) {
  std::vector<NamedFile> files{{"--kernel ", options.kernel.kernel_path},
                               {"--initrd ", options.kernel.initrd_path},
                               {"--firmware ", options.machine.firmware_path},
                               {"--replay ", options.replay_path}};
  for (const NicConfig& nic : options.machine.nics) files.push_back({"--nic rom=", nic.rom_path});
  for (const DiskConfig& disk : options.machine.disks) {
    files.push_back({disk.cdrom ? "--cdrom " : "--disk ", disk.path});
    if (!disk.overlay.empty()) files.push_back({"--overlay ", disk.overlay});
  }
  return files;
}

std::vector<NamedFile> outputs_of(const Options& options) {
  std::vector<NamedFile> files{{"--save-state ", options.save_state_path},
                               {"--record ", options.record_path},
                               {"--paging-trace ", options.paging_trace_path},
                               {"--paging-report ", options.paging_report_path},
                               {"--debugcon=file:", options.debug_console.path}};
  for (const std::string& path : options.network.captures) files.push_back({"--pcap ", path});
  if (options.stats_path != "-") files.push_back({"--stats ", options.stats_path});
  for (const SerialSpec& spec : options.serial) {
    if (spec.kind == SerialKind::File) files.push_back({"--serial file:", spec.path});
  }
  std::erase_if(files, [](const NamedFile& file) { return file.path.empty(); });
  return files;
}

Result<void> check_writable(const NamedFile& file) {
  const std::string& path = file.path;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) return Error{fmt::format("{}: a folder: name a file", name_of(file))};
  if (fs::exists(status)) {
    if (access(path.c_str(), W_OK) == 0) return {};
    return Error{fmt::format("{}: not writable: change its permissions or name another file", name_of(file))};
  }
  fs::path folder = fs::path(path).parent_path();
  if (folder.empty()) folder = ".";
  if (!fs::is_directory(folder, error)) {
    return Error{fmt::format("{}: the folder {} does not exist: create it", name_of(file), folder.string())};
  }
  if (access(folder.c_str(), W_OK) != 0) {
    return Error{
        fmt::format("{}: the folder {} is not writable: name another", name_of(file), folder.string())};
  }
  return {};
}

/// Devices may be shared.
bool same_file(const std::string& a, const std::string& b) {
  std::error_code error;
  if (fs::exists(a, error) && !fs::is_regular_file(a, error)) return false;
  if (fs::equivalent(a, b, error)) return true;
  const auto resolved = [&](const std::string& path) {
    return fs::weakly_canonical(fs::absolute(path, error), error);
  };
  return !b.empty() && resolved(a) == resolved(b);
}

Result<void> check_among(const NamedFile& output, const std::vector<NamedFile>& others) {
  if (Result<void> result = check_writable(output); !result) return result;
  for (const NamedFile& other : others) {
    if (!same_file(output.path, other.path)) continue;
    return Error{fmt::format("{}: {} names this file too: name another", name_of(output), name_of(other))};
  }
  return {};
}

}  // namespace

Result<void> check_outputs(const Options& options) {
  std::vector<NamedFile> others = inputs_of(options);
  for (const NamedFile& output : outputs_of(options)) {
    if (Result<void> result = check_among(output, others); !result) return result;
    others.push_back(output);
  }
  return {};
}

Result<void> check_output(const std::string& option, const std::string& path, const Options& options) {
  return check_among({option, path}, inputs_of(options));
}

Result<void> write_whole_file(const std::string& path, std::span<const std::byte> content) {
  const auto failure = [&] {
    return Error{fmt::format("{}: cannot be written: {}", path, std::strerror(errno))};
  };
  std::error_code error;
  // A device or pipe cannot be replaced.
  const bool special = fs::exists(path, error) && !fs::is_regular_file(path, error);
  const std::string target = special ? path : path + ".part";
  std::FILE* const file = std::fopen(target.c_str(), "wb");
  if (file == nullptr) return failure();
  const bool written = std::fwrite(content.data(), 1, content.size(), file) == content.size();
  const bool closed = std::fclose(file) == 0;
  if (!written || !closed || (!special && std::rename(target.c_str(), path.c_str()) != 0)) {
    const Error result = failure();
    if (!special) std::remove(target.c_str());
    return result;
  }
  return {};
}

}  // namespace ringdown
