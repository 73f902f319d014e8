// Runs instruction bytes on the host's own processor.
#include "tests/instruction/integer/host_code.h"

#if defined(__x86_64__) && defined(__linux__)
#include <sys/mman.h>

#include <cstring>
#include <vector>

namespace ringdown::test {

namespace {

constexpr std::size_t kCodeSize = 4096;
constexpr u8 kFlagsOffset = 64;

/// MOV between a 32-bit register and its slot at [R15].
void append_move(std::vector<u8>& bytes, u8 opcode, unsigned reg) {
  const u8 modrm = static_cast<u8>(0x47 | reg << 3);
  bytes.insert(bytes.end(), {0x41, opcode, modrm, static_cast<u8>(reg * 8)});
}

std::vector<u8> with_frame(std::span<const u8> code) {
  constexpr u8 kLoad = 0x8b;
  constexpr u8 kStore = 0x89;
  constexpr unsigned kEsp = 4;
  // push rbx; push rbp; push r15; mov r15, rdi; push [r15 + flags]; popfq
  std::vector<u8> bytes = {0x53, 0x55, 0x41, 0x57, 0x49, 0x89, 0xff, 0x41, 0xff, 0x77, kFlagsOffset, 0x9d};
  for (unsigned reg = 0; reg < 8; ++reg) {
    if (reg != kEsp) append_move(bytes, kLoad, reg);
  }
  bytes.insert(bytes.end(), code.begin(), code.end());
  for (unsigned reg = 0; reg < 8; ++reg) {
    if (reg != kEsp) append_move(bytes, kStore, reg);
  }
  // pushfq; pop [r15 + flags]; cld; pop r15; pop rbp; pop rbx; ret
  bytes.insert(bytes.end(), {0x9c, 0x41, 0x8f, 0x47, kFlagsOffset, 0xfc, 0x41, 0x5f, 0x5d, 0x5b, 0xc3});
  return bytes;
}

u8* map(void* address, std::size_t size, int protection, int flags) {
  void* mapped = mmap(address, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  return mapped == MAP_FAILED ? nullptr : static_cast<u8*>(mapped);
}

}  // namespace

std::unique_ptr<HostCode> HostCode::create(u32 data_address, u32 data_size) {
  void* const wanted = reinterpret_cast<void*>(static_cast<u64>(data_address));
  u8* data = map(wanted, data_size, PROT_READ | PROT_WRITE, MAP_FIXED_NOREPLACE);
  if (data == nullptr) return nullptr;
  u8* code = map(nullptr, kCodeSize, PROT_READ | PROT_WRITE | PROT_EXEC, 0);
  if (code == nullptr) {
    munmap(data, data_size);
    return nullptr;
  }
  return std::unique_ptr<HostCode>(new HostCode(data, data_size, code));
}

HostCode::~HostCode() {
  munmap(data_, data_size_);
  munmap(code_, kCodeSize);
}

void HostCode::run(std::span<const u8> code, HostState& state) {
  const std::vector<u8> bytes = with_frame(code);
  std::memcpy(code_, bytes.data(), bytes.size());
  reinterpret_cast<void (*)(HostState*)>(code_)(&state);
}

}  // namespace ringdown::test

#else

namespace ringdown::test {

std::unique_ptr<HostCode> HostCode::create(u32, u32) { return nullptr; }
HostCode::~HostCode() = default;
void HostCode::run(std::span<const u8>, HostState&) {}

}  // namespace ringdown::test

#endif
