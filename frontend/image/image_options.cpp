// The list of commands, and how their arguments are read.
#include "frontend/image/image_options.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <sstream>

#include "frontend/cli/option_errors.h"
#include "frontend/image/image_command.h"
#include "frontend/lab/suggestions.h"

namespace ringdown {

namespace {

namespace po = boost::program_options;

constexpr std::array kCommands{&kImageInfo, &kImageCreate, &kImageCommit, &kImageConvert, &kImageCheck};
constexpr const char* kUsage = "'ringdown image --help' lists the commands";

std::string overview() {
  std::string text =
      "Usage: ringdown image COMMAND ...\n"
      "Works on disk images: raw files, files packed with gzip, overlays, and disks on NBD servers.\n\n";
  for (const ImageCommand* command : kCommands)
    text += fmt::format("  {:<8} {}\n", command->name, command->summary);
  return text + "\n'ringdown image COMMAND --help' says more.\n";
}

std::string help_of(const ImageCommand& command) {
  std::ostringstream options;
  po::options_description own = command.options();
  own.add_options()("help,h", "this text");
  options << own;
  return fmt::format("Usage: ringdown image {} {}\n{}\nExamples:\n{}", command.name, command.usage,
                     options.str(), command.examples);
}

int run(const ImageCommand& command, const ImageArguments& arguments) {
  const Result<int> status = command.run(arguments);
  if (status) return *status;
  image_failure(status.error());
  return kImageMistake;
}

Result<ImageArguments> read_arguments(const ImageCommand& command, const std::vector<std::string>& words) {
  constexpr const char* kNames = "names";
  const std::string remedy = fmt::format("'ringdown image {} --help' explains", command.name);
  po::options_description all = command.options();
  all.add_options()("help,h", "")(kNames, po::value<std::vector<std::string>>());
  po::positional_options_description positional;
  positional.add(kNames, -1);
  ImageArguments arguments;
  try {
    po::store(po::command_line_parser(words).options(all).positional(positional).style(kOptionStyle).run(),
              arguments.values);
  } catch (const po::error& error) {
    return Error{fmt::format("image {}: {}", command.name, describe_option_error(error, remedy).message)};
  }
  if (arguments.flag("help")) return arguments;
  if (arguments.flag(kNames)) arguments.names = arguments.values[kNames].as<std::vector<std::string>>();
  if (arguments.names.size() < command.fewest_names)
    return Error{fmt::format("image {}: a name is missing: {}", command.name, remedy)};
  if (arguments.names.size() > command.most_names)
    return Error{fmt::format("image {}: {}: one too many: {}", command.name, arguments.names.back(), remedy)};
  for (const std::string& name : arguments.names) {
    if (name.empty()) return Error{fmt::format("image {}: a name is empty: {}", command.name, remedy)};
  }
  return arguments;
}

}  // namespace

int image_failure(const Error& error) {
  fmt::print(stderr, "ringdown: {}\n", error.message);
  return kImageFailed;
}

Result<CommandLine> parse_image(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return Error{fmt::format("image: the command is missing: {}", kUsage)};
  if (arguments[0] == "--help" || arguments[0] == "-h") return CommandLine(Answer{overview()});
  const auto* const found =
      std::find_if(kCommands.begin(), kCommands.end(),
                   [&](const ImageCommand* command) { return command->name == arguments[0]; });
  if (found == kCommands.end()) {
    std::array<std::string_view, kCommands.size()> names;
    std::transform(kCommands.begin(), kCommands.end(), names.begin(),
                   [](const ImageCommand* command) { return command->name; });
    return Error{fmt::format("image {}: no such command{}: {}", arguments[0],
                             suggestions(arguments[0], names), kUsage)};
  }
  const ImageCommand& command = **found;
  Result<ImageArguments> own = read_arguments(command, {arguments.begin() + 1, arguments.end()});
  if (!own) return own.error();
  if (own->flag("help")) return CommandLine(Answer{help_of(command)});
  return CommandLine(Subcommand{[&command, own = std::move(*own)] { return run(command, own); }});
}

}  // namespace ringdown
