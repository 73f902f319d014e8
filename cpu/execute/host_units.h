// Which of the host's floating-point units the instructions that are linked in compute on.
#pragma once

namespace ringdown {

/// False where they are computed in software: on the portable path.
bool computes_on_host_x87();
bool computes_on_host_sse();

}  // namespace ringdown
