// The options of `ringdown run`, with their help texts.
#pragma once

#include <boost/program_options/options_description.hpp>

namespace ringdown {

/// All of them, in the groups in which the help shows them.
boost::program_options::options_description visible_options();

}  // namespace ringdown
