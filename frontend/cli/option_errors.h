// How command lines are read, and what their mistakes are called.
#pragma once

#include <boost/program_options/cmdline.hpp>
#include <boost/program_options/errors.hpp>
#include <string>

#include "core/result.h"

namespace ringdown {

/// No guessing of abbreviated names.
inline constexpr int kOptionStyle = boost::program_options::command_line_style::default_style &
                                    ~boost::program_options::command_line_style::allow_guessing;

/// One line for a mistake that Boost found: the option, what is wrong, and the remedy.
Error describe_option_error(const boost::program_options::error& error, const std::string& remedy);

}  // namespace ringdown
