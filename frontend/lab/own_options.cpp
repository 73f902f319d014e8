// The options of an experiment, by Boost.Program_options.
#include "frontend/lab/own_options.h"

#include <fmt/core.h>

#include <boost/program_options.hpp>

#include "frontend/cli/option_errors.h"

namespace ringdown {

namespace po = boost::program_options;

Result<po::variables_map> read_own_options(std::string_view experiment,
                                           const po::options_description& options,
                                           const std::vector<std::string>& own, const char* positional) {
  constexpr const char* kStray = "stray";
  po::options_description all;
  all.add(options).add_options()("help,h", "this help");
  if (positional == nullptr) all.add_options()(kStray, po::value<std::vector<std::string>>());
  po::positional_options_description words;
  words.add(positional != nullptr ? positional : kStray, -1);
  po::variables_map values;
  try {
    po::store(po::command_line_parser(own).options(all).positional(words).style(kOptionStyle).run(), values);
    po::notify(values);
  } catch (const po::error& error) {
    const std::string remedy = fmt::format(
        "'ringdown lab {} --help' lists its options, those of the run go behind '--'", experiment);
    return Error{fmt::format("lab {}: {}", experiment, describe_option_error(error, remedy).message)};
  }
  if (values.count(kStray) != 0) {
    return Error{fmt::format("lab {}: {}: options of the run go behind '--'", experiment,
                             values[kStray].as<std::vector<std::string>>().front())};
  }
  return values;
}

std::vector<std::string> words_of(const po::variables_map& values, const char* option) {
  return values.count(option) != 0 ? values[option].as<std::vector<std::string>>()
                                   : std::vector<std::string>();
}

bool asks_help(const po::variables_map& values) { return values.count("help") != 0; }

}  // namespace ringdown
