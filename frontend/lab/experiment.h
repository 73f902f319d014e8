// What `ringdown lab` can do: one entry per experiment.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "frontend/cli/options.h"

namespace ringdown {

/// The command line behind the experiment's name.
struct LabArguments {
  std::vector<std::string> own;  // up to "--"
  std::vector<std::string> run;  // behind it: options of `ringdown run`
};

struct Experiment {
  std::string_view name;     // behind `lab`
  std::string_view summary;  // a line of `ringdown lab --help`
  /// Reads the arguments; errors are one line.
  Result<CommandLine> (*parse)(const LabArguments& arguments);
};

}  // namespace ringdown
