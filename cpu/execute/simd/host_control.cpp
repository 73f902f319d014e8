// Hands the host's MXCSR to the guest and takes it back.
#include "cpu/execute/simd/host_control.h"

#include "core/host_sse.h"
#include "cpu/float/mxcsr.h"
#include "cpu/processor.h"

namespace ringdown::simd {

bool take_host_control(Processor& cpu) {
  if constexpr (host_sse::kAvailable) {
    if (mxcsr::Masks::get(cpu.sse.mxcsr) != x87_exception::kAll || !cpu.sse_usable) return false;
    host_sse::load_control(cpu.sse.mxcsr);
    cpu.mxcsr_on_host = true;
    return true;
  } else {
    return false;
  }
}

void return_host_control(Processor& cpu) {
  if constexpr (host_sse::kAvailable) {
    cpu.sse.mxcsr = host_sse::store_control();
    host_sse::load_control(host_sse::kDefaultControl);
    cpu.mxcsr_on_host = false;
  }
}

}  // namespace ringdown::simd
