// Where the guest's MXCSR is: in SseState, or in the host's own, under which the host then computes for it.
#pragma once

namespace ringdown {
class Processor;
}

namespace ringdown::simd {

/// Puts the guest's MXCSR into the host's, which collects the flags from then on. False, with nothing
/// changed, if the build has no host unit or if an exception is unmasked: the host's masked responses are the
/// guest's, its traps are not.
[[nodiscard]] bool take_host_control(Processor& cpu);

/// Brings it back into SseState, before anything but the handlers of float_operation.h looks at it, and
/// before C++ code runs that may compute with floating-point numbers of its own: devices, paging, whatever is
/// behind the block.
void return_host_control(Processor& cpu);

}  // namespace ringdown::simd
