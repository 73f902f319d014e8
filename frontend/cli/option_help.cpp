// Texts of the command line.
#include "frontend/cli/option_help.h"

#include <fmt/core.h>

#include "core/log.h"
#include "cpu/cpu_model.h"
#include "cpu/monitor/policy.h"

namespace ringdown {

std::string overview_text() {
  return "Ringdown runs a 32-bit PC as a classic virtual machine monitor does: the guest's kernel at ring "
         "1.\n"
         "\n"
         "  ringdown run [OPTIONS] [DISK]   starts a machine\n"
         "  ringdown run --help             lists its options, defaults and examples\n"
         "  ringdown image COMMAND ...      makes, converts and checks disk images\n"
         "  ringdown image --help           lists the commands\n"
         "  ringdown lab EXPERIMENT ...     shows what virtualization is about, live\n"
         "  ringdown lab --help             lists the experiments\n"
         "  ringdown --version\n";
}

std::string version_text() { return fmt::format("ringdown {}\n", RINGDOWN_VERSION); }

std::string help_text(const std::string& options) {
  return fmt::format(
      "Usage: ringdown run [OPTIONS] [DISK]\n"
      "{}\n"
      "Keys on --serial stdio: Ctrl-A x ends the machine, h helps, b sends a break, c opens the console,\n"
      "a sends Ctrl-A. Ctrl-C reaches the guest.\n"
      "In the window: a click grabs the mouse, Ctrl-Alt-G releases it. Closing the window presses the\n"
      "guest's power button; closing it again ends the machine.\n"
      "\n"
      "Exit status: 0 after power-off, --stop-after or quitting; the guest's own from the isa-debug-exit "
      "port\n"
      "(501h); 1 if the host failed; 2 for a mistake in the options or files, or a guest that --paging "
      "direct\n"
      "cannot page; 3 triple fault and 4 reset with --no-reboot; 5 the shadow page tables were wrong; 6 a\n"
      "defect of Ringdown.\n"
      "\n"
      "Examples:\n"
      "  ringdown run disk.img\n"
      "  ringdown run --cdrom install.iso --disk disk.img --boot cdrom -m 64M\n"
      "  ringdown run --kernel vmlinuz --initrd initrd.img --append 'console=ttyS0' --serial stdio\n"
      "  ringdown run --kernel memtest86+ia32.bin --append 'console=ttyS0,115200' --serial stdio --stats -\n"
      "  ringdown run disk.img --let-through pushf,popf --gdb 1234\n",
      options);
}

std::string let_through_list() {
  std::string text = "Sensitive instructions that do not trap by themselves:\n";
  for (const std::string_view name : Policy::names()) text += fmt::format("  {}\n", name);
  return text + "  all\n";
}

std::string cpu_list() {
  std::string text;
  for (const CpuModel& model : CpuModel::all()) {
    text += fmt::format("{}{}\n", model.name(), &model == &CpuModel::standard() ? " (default)" : "");
  }
  return text;
}

std::string log_list() {
  std::string text;
#define RINGDOWN_LOG_LINE(id, name, meaning) text += fmt::format("{:<10} {}\n", name, meaning);
  RINGDOWN_LOG_CATEGORIES(RINGDOWN_LOG_LINE)
#undef RINGDOWN_LOG_LINE
  return text + fmt::format("{:<10} {}\n", "all", "everything");
}

}  // namespace ringdown
