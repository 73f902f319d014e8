// How far a long experiment has come.
#include "frontend/lab/lockstep/progress_line.h"

#include <fmt/core.h>

namespace ringdown {

void ProgressLine::show(Ticks ticks) {
  if (!line_.due()) return;
  line_.write(fmt::format("{}: {} million instructions, {:.1f} million a second", what_, ticks / 1'000'000,
                          static_cast<double>(ticks) / line_.seconds() / 1e6));
}

}  // namespace ringdown
