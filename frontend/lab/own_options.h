// Reads the options of an experiment itself, those before "--".
#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace ringdown {

/// The values of `own` by their descriptions; words without dashes are values of the option `positional`,
/// where one is named. "--help" is an option of every experiment. The error is one line that names the
/// experiment and the option.
Result<boost::program_options::variables_map> read_own_options(
    std::string_view experiment, const boost::program_options::options_description& options,
    const std::vector<std::string>& own, const char* positional = nullptr);

/// The words of an option that may be given several times, none if it was not.
std::vector<std::string> words_of(const boost::program_options::variables_map& values, const char* option);

/// Whether help was asked for.
bool asks_help(const boost::program_options::variables_map& values);

}  // namespace ringdown
