// What `ringdown image` can do: one entry per command.
#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace ringdown {

/// Exit statuses of all commands.
enum ImageStatus : int { kImageDone = 0, kImageFailed = 1, kImageMistake = 2, kImageDamaged = 3 };

struct ImageArguments {
  std::vector<std::string> names;  // words without dashes
  boost::program_options::variables_map values;

  bool flag(const char* option) const { return values.count(option) != 0; }
  std::string text(const char* option) const {
    return values.count(option) != 0 ? values[option].as<std::string>() : std::string();
  }
};

struct ImageCommand {
  std::string_view name;     // behind `image`
  std::string_view summary;  // a line of `ringdown image --help`
  std::string_view usage;    // all of its own help but for the options
  std::string_view examples;
  unsigned fewest_names;
  unsigned most_names;
  boost::program_options::options_description (*options)();
  /// Does it; the value is the exit status. An error is one line about what cannot be done as it was asked.
  Result<int> (*run)(const ImageArguments& arguments);
};

/// Prints what went wrong while it was done; the status for that.
int image_failure(const Error& error);

extern const ImageCommand kImageInfo;
extern const ImageCommand kImageCreate;
extern const ImageCommand kImageCommit;
extern const ImageCommand kImageConvert;
extern const ImageCommand kImageCheck;

}  // namespace ringdown
