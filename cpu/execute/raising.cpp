// Exceptions that general-purpose handlers raise, out of their way.
#include "cpu/execute/raising.h"

#include "cpu/handler.h"

namespace ringdown {

const Operation* raise_divide_error(Processor& cpu, const Operation* op) {
  return raise(cpu, op, divide_error());
}

const Operation* raise_bound_range(Processor& cpu, const Operation* op) {
  return raise(cpu, op, Fault::exception(Vector::BoundRange));
}

const Operation* raise_beyond_code_limit(Processor& cpu, const Operation* op) {
  return raise(cpu, op, general_protection());
}

}  // namespace ringdown
