// Zeroed bytes of the host that cost memory only where they are touched.
#pragma once

#include <cstdlib>
#include <memory>
#include <new>

#include "core/types.h"

namespace ringdown {

/// A fixed number of bytes for storage of which guests use a small part. Throws std::bad_alloc as containers
/// do.
class ZeroedBuffer {
 public:
  explicit ZeroedBuffer(std::size_t size) : data_(allocate(size)), size_(size) {}

  std::size_t size() const { return size_; }
  u8& operator[](std::size_t index) { return data_.get()[index]; }
  const u8& operator[](std::size_t index) const { return data_.get()[index]; }
  u8* begin() { return data_.get(); }
  u8* end() { return data_.get() + size_; }
  /// All bytes are zero again, and what they cost goes back to the host.
  void clear() {
    data_.reset();
    data_.reset(allocate(size_));
  }

 private:
  struct Free {
    void operator()(u8* data) const { std::free(data); }
  };
  // calloc takes a large region from the host as it is, which is zeroed and untouched.
  static u8* allocate(std::size_t size) {
    void* const data = std::calloc(1, size);
    if (data == nullptr) throw std::bad_alloc();
    return static_cast<u8*>(data);
  }

  std::unique_ptr<u8, Free> data_;
  std::size_t size_;
};

}  // namespace ringdown
