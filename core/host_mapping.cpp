// Guest RAM's host memory: a memfd on Linux, the C library's allocator elsewhere.
#include "core/host_mapping.h"

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#else
#include <cstdlib>
#endif

namespace ringdown {

#if defined(__linux__)

std::optional<HostMapping> HostMapping::create(u64 size) {
  const int descriptor = memfd_create("guest-memory", MFD_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  void* mapped = MAP_FAILED;
  if (ftruncate(descriptor, static_cast<off_t>(size)) == 0) {
    mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, descriptor, 0);
  }
  if (mapped == MAP_FAILED) {
    close(descriptor);
    return std::nullopt;
  }
  return HostMapping(static_cast<u8*>(mapped), mapped, size, descriptor);
}

u64 HostMapping::next_touched(u64 offset) const {
  const off_t data = lseek(descriptor_, static_cast<off_t>(offset), SEEK_DATA);
  return data < 0 ? size_ : static_cast<u64>(data);
}

HostMapping::~HostMapping() {
  if (allocation_ == nullptr) return;
  munmap(allocation_, size_);
  close(descriptor_);
}

#else

std::optional<HostMapping> HostMapping::create(u64 size) {
  // calloc leaves large regions untouched until they are used; aligned_alloc would need them cleared.
  void* allocation = std::calloc(1, size + kPageSize);
  if (allocation == nullptr) return std::nullopt;
  const auto address = reinterpret_cast<std::uintptr_t>(allocation);
  const std::uintptr_t aligned = (address + kPageOffsetMask) & ~std::uintptr_t{kPageOffsetMask};
  return HostMapping(static_cast<u8*>(allocation) + (aligned - address), allocation, size, kNoDescriptor);
}

u64 HostMapping::next_touched(u64 offset) const { return offset; }

HostMapping::~HostMapping() { std::free(allocation_); }

#endif

}  // namespace ringdown
