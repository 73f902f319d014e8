// ACPI tables: AML encodings, the loader's script carried out as firmware does, and iasl's opinion.
#include "devices/firmware/acpi_tables.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <numeric>
#include <span>
#include <string>

#include "devices/firmware/aml.h"
#include "devices/firmware/aml_resources.h"
#include "devices/firmware/firmware_config.h"

namespace ringdown {
namespace {

using aml::Code;

TEST_CASE("AML names, integers and lengths are encoded as the specification says") {
  REQUIRE(aml::name_string("PCI0") == Code{'P', 'C', 'I', '0'});
  REQUIRE(aml::name_string("\\_SB") == Code{'\\', '_', 'S', 'B', '_'});
  REQUIRE(aml::name_string("^A.B") == Code{'^', 0x2e, 'A', '_', '_', '_', 'B', '_', '_', '_'});
  REQUIRE(aml::name_string("A.B.C").size() == 14);
  REQUIRE(aml::integer(0) == Code{0x00});
  REQUIRE(aml::integer(1) == Code{0x01});
  REQUIRE(aml::integer(0x80) == Code{0x0a, 0x80});
  REQUIRE(aml::integer(0x1234) == Code{0x0b, 0x34, 0x12});
  REQUIRE(aml::integer(0x1'0000) == Code{0x0c, 0, 0, 1, 0});
  REQUIRE(aml::eisa_id("PNP0A03") == Code{0x0c, 0x41, 0xd0, 0x0a, 0x03});
  REQUIRE(aml::package({aml::integer(0), aml::integer(2)}) == Code{0x12, 0x05, 0x02, 0x00, 0x0a, 0x02});

  // 58 bytes of content and one of length make the longest one-byte length with its name.
  REQUIRE(aml::scope("ABCD", Code(58, 0xa3))[1] == 63);
  const Code longer = aml::scope("ABCD", Code(59, 0xa3));
  REQUIRE(longer[1] == 0x41);  // 65 bytes in all: low four bits 1, one byte follows
  REQUIRE(longer[2] == 0x04);
  const Code huge = aml::scope("ABCD", Code(5000, 0xa3));
  REQUIRE(huge.size() == 1 + 3 + 4 + 5000);
  REQUIRE((huge[1] & 0xcf) == (0x80 | (5007 & 0x0f)));
}

template <class T>
T at(const std::vector<u8>& bytes, std::size_t offset) {
  T value{};
  REQUIRE(offset + sizeof value <= bytes.size());
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

/// Reads the files through fw_cfg's port, and does with them what firmware does.
struct Fixture {
  struct Placed {
    std::vector<u8> bytes;
    u32 address;
  };

  Fixture() {
    AcpiConfig acpi;
    acpi.ram_below_4gib = u64{512} << 20;
    acpi.serial_ports = {true, true, false, false};
    acpi.event_timers = {0xfed0'0000, 0x8086'a201};
    acpi.floppy_drives = true;
    add_acpi_tables(config, acpi);
    run_script(file("etc/table-loader"));
  }

  u8 next() { return static_cast<u8>(config.ports().read(1, Width::Byte)); }
  u32 next_big_endian(unsigned bytes) {
    u32 value = 0;
    while (bytes-- > 0) value = value << 8 | next();
    return value;
  }
  std::vector<u8> file(const std::string& wanted) {
    config.ports().write(0, Width::Word, 0x19);
    for (u32 left = next_big_endian(4); left > 0; --left) {
      const u32 size = next_big_endian(4);
      const u32 key = next_big_endian(2);
      next_big_endian(2);
      std::string name;
      for (unsigned i = 0; i < 56; ++i) name += static_cast<char>(next());
      if (name.c_str() != wanted) continue;
      config.ports().write(0, Width::Word, key);
      std::vector<u8> bytes;
      for (u32 i = 0; i < size; ++i) bytes.push_back(next());
      return bytes;
    }
    FAIL("no file " << wanted);
    return {};
  }

  void run_script(const std::vector<u8>& script) {
    REQUIRE(script.size() % 128 == 0);
    u32 free = 0x1f00'0000;
    for (std::size_t entry = 0; entry < script.size(); entry += 128) {
      const auto text = [&](std::size_t offset) {
        return std::string(reinterpret_cast<const char*>(script.data()) + entry + offset);
      };
      const std::string name = text(4);
      switch (at<u32>(script, entry)) {
        case 1: {
          const u32 alignment = at<u32>(script, entry + 60);
          free = (free + alignment - 1) / alignment * alignment;
          placed[name] = {file(name), free};
          free += static_cast<u32>(placed[name].bytes.size());
          break;
        }
        case 2: {
          const u32 offset = at<u32>(script, entry + 116);
          REQUIRE(script[entry + 120] == 4);
          const u32 value = at<u32>(placed.at(name).bytes, offset) + placed.at(text(60)).address;
          std::memcpy(placed.at(name).bytes.data() + offset, &value, 4);
          break;
        }
        case 3: {
          std::vector<u8>& bytes = placed.at(name).bytes;
          const u32 start = at<u32>(script, entry + 64);
          const u32 length = at<u32>(script, entry + 68);
          REQUIRE(start + length <= bytes.size());
          const auto range = std::span(bytes).subspan(start, length);
          const u8 sum = std::accumulate(range.begin(), range.end(), u8{0},
                                         [](u8 a, u8 b) { return static_cast<u8>(a + b); });
          bytes[at<u32>(script, entry + 60)] -= sum;
          break;
        }
        default:
          FAIL("unknown loader command");
      }
    }
  }

  /// The table at a guest address, its signature and checksum checked.
  std::vector<u8> table(u32 address, const std::string& signature) {
    const Placed& tables = placed.at("etc/acpi/tables");
    const u32 offset = address - tables.address;
    const u32 length = at<u32>(tables.bytes, offset + 4);
    REQUIRE(offset + length <= tables.bytes.size());
    std::vector<u8> bytes(tables.bytes.begin() + offset, tables.bytes.begin() + offset + length);
    REQUIRE(std::string(bytes.begin(), bytes.begin() + 4) == signature);
    if (signature != "FACS") REQUIRE(std::accumulate(bytes.begin(), bytes.end(), 0u) % 256 == 0);
    return bytes;
  }

  Log log;
  Bus bus{"memory", log};
  MemoryStore store = std::move(*MemoryStore::create(4096, 0));
  GuestMemory memory{store, bus};
  FirmwareConfig config{memory, log};
  std::map<std::string, Placed> placed;
};

TEST_CASE_METHOD(Fixture, "The loader's script links all tables, with right checksums") {
  const Placed& rsdp = placed.at("etc/acpi/rsdp");
  REQUIRE(rsdp.bytes.size() == 20);
  REQUIRE(std::accumulate(rsdp.bytes.begin(), rsdp.bytes.end(), 0u) % 256 == 0);
  const std::vector<u8> rsdt = table(at<u32>(rsdp.bytes, 16), "RSDT");
  const std::vector<u8> fadt = table(at<u32>(rsdt, 36), "FACP");
  const std::vector<u8> madt = table(at<u32>(rsdt, 40), "APIC");
  REQUIRE(fadt.size() == 116);
  REQUIRE(at<u32>(fadt, 36) % 64 == 0);
  table(at<u32>(fadt, 36), "FACS");
  table(at<u32>(fadt, 40), "DSDT");
  REQUIRE(at<u16>(fadt, 46) == 9);      // SCI
  REQUIRE(at<u32>(fadt, 56) == 0x600);  // PM1a event block
  REQUIRE(at<u32>(fadt, 64) == 0x604);  // PM1a control block
  REQUIRE(at<u32>(fadt, 76) == 0x608);  // PM timer
  REQUIRE(fadt[91] == 4);               // its length
  REQUIRE(fadt[108] == 0x32);           // century
  REQUIRE(at<u32>(madt, 36) == 0xfee0'0000);
  const std::vector<u8> hpet = table(at<u32>(rsdt, 44), "HPET");
  REQUIRE(hpet.size() == 56);
  REQUIRE(at<u32>(hpet, 36) == 0x8086'a201);
  REQUIRE(at<u64>(hpet, 44) == 0xfed0'0000);
}

TEST_CASE_METHOD(Fixture, "iasl takes every table apart, and compiles the DSDT again without complaint") {
  namespace fs = std::filesystem;
  std::string pattern = (fs::temp_directory_path() / "ringdown-acpi-XXXXXX").string();
  REQUIRE(mkdtemp(pattern.data()) != nullptr);
  const fs::path folder(pattern);
  const auto run = [&](const std::string& arguments) {
    const std::string command =
        "cd " + folder.string() + " && " RINGDOWN_IASL " " + arguments + " > output.txt 2>&1";
    const int status = std::system(command.c_str());
    std::ifstream output(folder / "output.txt");
    return std::pair(status, std::string(std::istreambuf_iterator<char>(output), {}));
  };
  const std::vector<u8> rsdt = table(at<u32>(placed.at("etc/acpi/rsdp").bytes, 16), "RSDT");
  const std::vector<u8> fadt = table(at<u32>(rsdt, 36), "FACP");
  const std::map<std::string, std::vector<u8>> tables = {
      {"facp", fadt}, {"apic", table(at<u32>(rsdt, 40), "APIC")}, {"dsdt", table(at<u32>(fadt, 40), "DSDT")}};
  for (const auto& [name, bytes] : tables) {
    std::ofstream(folder / (name + ".aml"), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    const auto [status, output] = run("-d " + name + ".aml");
    INFO(output);
    REQUIRE(status == 0);
    REQUIRE(output.find("rror") == std::string::npos);
    REQUIRE(output.find("ncorrect checksum") == std::string::npos);
  }
  // Warning 3168 advises a form of processor objects that came after ACPI 1.0.
  const auto [status, output] = run("-vw 3168 -p again dsdt.dsl");
  INFO(output);
  REQUIRE(status == 0);
  REQUIRE(output.find(" 0 Errors, 0 Warnings, 0 Remarks") != std::string::npos);
  std::ifstream source(folder / "dsdt.dsl");
  const std::string dsl(std::istreambuf_iterator<char>(source), {});
  for (const char* wanted :
       {"PNP0A03", "PNP0C0F", "PNP0303", "PNP0F13", "PNP0501", "PNP0700", "PNP0B00", "_PRT", "_S5"}) {
    INFO(wanted);
    REQUIRE(dsl.find(wanted) != std::string::npos);
  }
  REQUIRE(dsl.find("COM2") != std::string::npos);
  REQUIRE(dsl.find("COM3") == std::string::npos);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace ringdown
