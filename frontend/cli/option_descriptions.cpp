// Names, values and help texts.
#include "frontend/cli/option_descriptions.h"

#include <boost/program_options.hpp>
#include <string>
#include <vector>

namespace ringdown {

namespace {

namespace po = boost::program_options;

using Text = std::string;
using Texts = std::vector<std::string>;

po::options_description drive_options() {
  po::options_description group("Drives");
  group.add_options()  //
      ("disk", po::value<Texts>(),
       "FILE|URI[,bus=ide|virtio][,unit=N][,readonly][,overlay=FILE][,format=raw][,reconnect=SECONDS]: a "
       "disk, on IDE unless told otherwise; may be repeated")                                         //
      ("overlay", po::value<Text>(), "FILE for the changes to the first disk, which stays as it is")  //
      ("snapshot", po::value<bool>()->implicit_value(true)->zero_tokens(),
       "the changes to all disks are thrown away at the end")  //
      ("cdrom", po::value<Texts>(),
       "FILE|none[,unit=N]: a CD-ROM drive with that ISO image; may be repeated")  //
      ("floppy", po::value<Texts>(),
       "FILE[,readonly]|none: drive A with a floppy disk of 160 KB to 2.88 MB, or without one; a second one "
       "is "
       "drive B")  //
      ("boot", po::value<Text>(),
       "disk|cdrom|floppy|network: what is tried first, or a list in order (default: disk,cdrom)")  //
      ("disk-latency", po::value<Text>(),
       "TIME from a drive's command to its end, such as 5ms, in the guest's time (default: 100us)");
  return group;
}

po::options_description software_options() {
  po::options_description group("Software besides what drives hold");
  group.add_options()                                                                             //
      ("kernel", po::value<Text>(), "Linux bzImage or multiboot kernel to boot without a disk")   //
      ("initrd", po::value<Text>(), "its initial RAM disk; multiboot: MODULE[ ARGUMENTS][,...]")  //
      ("append", po::value<Text>(), "its command line")                                           //
      ("firmware", po::value<Text>(), "BIOS image (default: /usr/share/seabios/bios-256k.bin)")   //
      ("fw-cfg", po::value<Texts>(),
       "name=NAME,file=FILE|string=TEXT: what the firmware finds by that name; may be repeated");
  return group;
}

po::options_description machine_options() {
  po::options_description group("The machine");
  group.add_options()                                                                                 //
      ("memory,m", po::value<Text>(), "SIZE with suffix K, M or G, from 1M to 3.5G (default: 256M)")  //
      ("cpu", po::value<Text>(), "processor MODEL; 'list' prints them")                               //
      ("acpi", po::value<Text>(),
       "on|off: ACPI tables and the power management function; off: a board of before 1997, with APM alone "
       "(default: on)")  //
      ("apic", po::value<Text>(),
       "on|off: local APIC and I/O APIC; off: the 8259s alone, and no MP table (default: on)")  //
      ("serial", po::value<Texts>(),
       "stdio|file:PATH|pty|unix:PATH[,server]|tcp:HOST:PORT[,server]|none: one for each port, COM1 first")  //
      ("display", po::value<Text>(),
       "sdl|terminal|none (default: none with --serial stdio; else sdl if there is a display; else terminal "
       "without --serial)")  //
      ("no-reboot", po::value<bool>()->implicit_value(true)->zero_tokens(),
       "a reset ends the run with status 4, a triple fault with 3");
  return group;
}

po::options_description network_options() {
  po::options_description group("Network");
  group.add_options()  //
      ("nic", po::value<Texts>(),
       "MODEL[,mac=XX:XX:XX:XX:XX:XX][,rom=FILE|off][,port=N][,irq=N]: a network adapter; 'list' prints the "
       "models; may be repeated (default: none, or e1000 with --net)")  //
      ("net", po::value<Texts>(),
       "user|tap:NAME|socket:listen=HOST:PORT|socket:connect=HOST:PORT|none: where its cable leads; the nth "
       "--net belongs to the nth adapter (default: user)")  //
      ("forward", po::value<Texts>(),
       "tcp|udp:[HOSTADDRESS:]HOSTPORT:[GUESTADDRESS:]GUESTPORT: a port of the host that leads to one of the "
       "guest; may be repeated")  //
      ("restrict", po::value<bool>()->implicit_value(true)->zero_tokens(),
       "--net user leads nowhere but through --forward")                                       //
      ("tftp", po::value<Text>(), "FOLDER that --net user serves by TFTP at 10.0.2.2")         //
      ("bootfile", po::value<Text>(), "NAME of the file that its DHCP server offers to boot")  //
      ("pcap", po::value<Texts>(),
       "FILE that gets every frame, with the guest's time; the nth belongs to the nth adapter");
  return group;
}

po::options_description time_options() {
  po::options_description group("Time and speed");
  group.add_options()  //
      ("speed", po::value<Text>(),
       "ERA|MIPS|unlimited: instructions per second of the guest's time, as a machine of its time has them "
       "(486-66, pentium-133, ...; 'list' prints them) or in millions (default: unlimited)")  //
      ("turbo", po::value<bool>()->implicit_value(true)->zero_tokens(),
       "begins without holding --speed, as for an installation; Ctrl-A t, Ctrl-Alt-T and the console's "
       "speed change it")  //
      ("missed-ticks", po::value<Text>(),
       "slew|drop|burst: time that the host could not give is made up gradually, lost, or made up at once "
       "(default: slew)")  //
      ("clock", po::value<Text>(),
       "instructions|realtime: the guest's time follows its instructions alone, or the host's clock "
       "(default: "
       "realtime when a person watches or a network is live)")  //
      ("rtc", po::value<Text>(),
       "utc|local|YYYY-MM-DDTHH:MM:SS: the battery clock at the start; utc and local are the host's time "
       "(default: utc with --clock realtime, else 2000-01-01)")  //
      ("hpet", po::value<Text>(), "on|off: the high precision event timers (default: on)");
  return group;
}

po::options_description monitor_options() {
  po::options_description group("The monitor");
  group.add_options()                                                                                       //
      ("mode", po::value<Text>(), "trap|bare: under the monitor, or at its own privilege (default: trap)")  //
      ("deprivilege", po::value<Text>(), "ring1|ring3: where the guest's kernel runs (default: ring1)")     //
      ("paging", po::value<Text>(),
       "shadow|nested|direct: page tables that the monitor keeps; a second dimension behind the guest's "
       "own, as "
       "extended page tables are; or the guest's own, which a paravirtual guest registers (default: "
       "shadow)")  //
      ("let-through", po::value<Text>(),
       "LIST of sensitive instructions that run untrapped, as on hardware, from where the firmware hands "
       "over "
       "(with --firmware: from reset); 'list' prints them, 'all' is all")  //
      ("shadow-sync", po::value<Text>(),
       "strict|lazy|auto: each store to a guest's page table traps; or stores go on untrapped until the "
       "guest "
       "invalidates; or that for tables that are stored to often (default: auto)")  //
      ("shadow-memory", po::value<Text>(),
       "SIZE that shadow page tables may take (default: an eighth of --memory)")  //
      ("break-shadow", po::value<Text>(),
       "drop-sync:N|stale-tlb:N|lose-protect:N: the Nth such step goes wrong, to see what comes of it")  //
      ("audit-shadow", po::value<Text>(),
       "N: every N instructions compare the shadow page tables with the "
       "guest's (nested: with the memory map); a difference ends the run with status 5");
  return group;
}

po::options_description state_options() {
  po::options_description group("State");
  group.add_options()                                                                                      //
      ("save-state", po::value<Text>(), "FILE to save the machine to when the run ends")                   //
      ("load-state", po::value<Text>(), "FILE to go on from; the other options as when it was saved")      //
      ("record", po::value<Text>(), "FILE to record all input to")                                         //
      ("replay", po::value<Text>(), "FILE of input to repeat; the other options as when it was recorded")  //
      ("stop-after", po::value<Text>(), "INSTRUCTIONS since power-on, after which the run ends; K, M, G");
  return group;
}

po::options_description insight_options() {
  po::options_description group("Looking inside");
  group.add_options()                                                                      //
      ("stats", po::value<Text>(), "FILE for all counters as JSON; - is standard output")  //
      ("summary", po::value<bool>()->implicit_value(true)->zero_tokens(),
       "prints the main counters at the end")  //
      ("paging-trace", po::value<Text>(),
       "FILE for each event of the shadow page tables, a line of JSON each")  //
      ("paging-report", po::value<Text>(),
       "FILE for a page that shows guest and shadow tables at each event, for a browser")              //
      ("log", po::value<Text>(), "CATEGORIES to log to standard error, or 'all'; 'list' prints them")  //
      ("debugcon", po::value<Text>()->implicit_value("stderr"),
       "[=stderr|=file:PATH] where the firmware's messages (port 402h) go")                                 //
      ("gdb", po::value<Text>(), "[HOST:]PORT: waits there for gdb's 'target remote'; 0 is any free port")  //
      ("paused", po::value<bool>()->implicit_value(true)->zero_tokens(),
       "the machine stands still until gdb or the console lets it run")  //
      ("single-instruction-blocks", po::value<bool>()->implicit_value(true)->zero_tokens(),
       "decode one instruction at a time; for tests")                                       //
      ("config", po::value<Text>(), "FILE of the same options, one 'name = value' a line")  //
      ("help,h", "this text");
  return group;
}

}  // namespace

po::options_description visible_options() {
  constexpr unsigned kLineLength = 100;
  po::options_description all("", kLineLength, kLineLength / 2);
  all.add(drive_options())
      .add(software_options())
      .add(machine_options())
      .add(network_options())
      .add(time_options())
      .add(monitor_options())
      .add(state_options())
      .add(insight_options());
  return all;
}

}  // namespace ringdown
