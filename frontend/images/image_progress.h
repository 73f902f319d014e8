// How long operations on images tell how far they are, and are ended early.
#pragma once

#include <functional>

#include "core/types.h"

namespace ringdown {

/// Called now and then with the bytes done and in total; false ends the operation.
using ImageProgress = std::function<bool(u64 done, u64 total)>;

}  // namespace ringdown
