// The one way state is saved and restored: each component describes its members once, for both directions.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/field.h"
#include "core/result.h"
#include "core/types.h"

namespace ringdown {

/// Four characters that name a chunk of the state file; unique within one machine (instances add a digit).
struct ChunkTag {
  std::array<char, 4> text;
  constexpr explicit ChunkTag(const char (&t)[5]) : text{t[0], t[1], t[2], t[3]} {}
  friend constexpr bool operator==(const ChunkTag&, const ChunkTag&) = default;
};

/// Reads or writes one component's state. `serialize` runs the same statements in both directions:
///   void Pit::serialize(Archive& archive) { archive(channels_, latch_); }
/// A failed restore (short chunk, impossible length) leaves the archive failed and the rest zero.
class Archive {
 public:
  virtual ~Archive() = default;

  virtual bool loading() const = 0;
  /// Version of the chunk being loaded; the component's current version while saving.
  virtual u16 version() const = 0;
  /// Marks the archive as failed: a loaded value breaks an invariant of the component.
  virtual void fail(std::string_view reason) = 0;
  virtual bool failed() const = 0;
  /// Moves bytes in the archive's direction.
  virtual void bytes(std::span<std::byte> data) = 0;

  /// Serialises each argument in turn: integers, floats, enums, bools, addresses, registers, arrays, vectors,
  /// deques, strings, optionals, and any class with `void serialize(Archive&)`.
  template <class... T>
  void operator()(T&... values) {
    (item(values), ...);
  }

 private:
  /// Lengths beyond this are refused on load before anything is allocated.
  static constexpr u64 kMaximumLength = u64{1} << 28;
  /// Elements by which a loaded vector grows before its bytes are known to be there.
  static constexpr std::size_t kGrowth = 64 * 1024;

  template <class T>
  void item(T& value) {
    if constexpr (requires { value.serialize(*this); }) {
      value.serialize(*this);
    } else if constexpr (std::is_same_v<T, bool>) {
      u8 byte = value ? 1 : 0;
      scalar(byte);
      value = byte != 0;
    } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
      scalar(value);
    } else {
      composite(value);
    }
  }

  template <class T>
  void scalar(T& value) {
    bytes(std::as_writable_bytes(std::span<T, 1>(&value, 1)));
  }

  template <class Tag, class Rep>
  void composite(Address<Tag, Rep>& address) {
    scalar(address.value);
  }
  template <class Rep>
  void composite(Register<Rep>& reg) {
    Rep value = reg.value();
    scalar(value);
    reg.assign(value);
  }
  template <class T, std::size_t N>
  void composite(std::array<T, N>& values) {
    elements(std::span<T>(values));
  }
  template <class T, std::size_t N>
  void composite(T (&values)[N]) {
    elements(std::span<T>(values));
  }
  template <class T>
  void composite(std::vector<T>& values) {
    sequence(values);
  }
  template <class T>
  void composite(std::deque<T>& values) {
    sequence(values);
  }
  void composite(std::string& text) { sequence(text); }
  template <class T>
  void composite(std::optional<T>& value) {
    bool present = value.has_value();
    item(present);
    if (loading()) value = present ? std::optional<T>(T{}) : std::nullopt;
    if (value) item(*value);
  }

  /// Elements that may be moved as a block of bytes: a bool needs its value checked.
  template <class T>
  static constexpr bool kPlain = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;

  template <class T>
  void elements(std::span<T> values) {
    if constexpr (kPlain<T>) {
      bytes(std::as_writable_bytes(values));
    } else {
      for (T& value : values) item(value);
    }
  }

  template <class Sequence>
  void sequence(Sequence& values) {
    using Element = typename Sequence::value_type;
    u64 length = values.size();
    scalar(length);
    if (loading()) {
      if (length > kMaximumLength) {
        fail("a length is impossible");
        length = 0;
      }
      values.clear();
      // Grow as elements arrive, so that a damaged length cannot allocate more than the chunk holds.
      if constexpr (kPlain<Element> && requires { values.data(); }) {
        while (values.size() < length && !failed()) {
          const std::size_t have = values.size();
          values.resize(static_cast<std::size_t>(std::min<u64>(length, have + kGrowth)));
          elements(std::span<Element>(values).subspan(have));
        }
      } else {
        for (u64 i = 0; i < length && !failed(); ++i) {
          Element element{};
          item(element);
          values.push_back(std::move(element));
        }
      }
    } else if constexpr (kPlain<Element> && requires { values.data(); }) {
      elements(std::span<Element>(values));
    } else {
      for (auto& value : values) item(value);
    }
  }
};

/// A component whose state goes into the state file as one chunk.
class Serializable {
 public:
  virtual ~Serializable() = default;
  virtual ChunkTag chunk_tag() const = 0;
  /// Version written; `serialize` must read every version from 1 up to it.
  virtual u16 chunk_version() const { return 1; }
  virtual void serialize(Archive& archive) = 0;
};

/// A state file in memory: header (magic, format version), then chunks of tag, version, size, CRC-32,
/// payload.
class StateWriter {
 public:
  StateWriter();
  /// Appends one chunk. Tags must differ: a file with a tag twice is refused when it is read.
  void add(Serializable& component);
  std::span<const std::byte> data() const { return data_; }

 private:
  std::vector<std::byte> data_;
  u32 chunk_count_ = 0;
};

/// Reads what StateWriter wrote. Chunks may come in any order; every component asked for must be present.
class StateReader {
 public:
  /// Checks magic, version and every CRC before anything is restored. `name` is used in error lines.
  static Result<StateReader> open(std::vector<std::byte> data, std::string name);
  /// Restores one component; errors name the file and the chunk.
  Result<void> restore(Serializable& component);

 private:
  struct Chunk {
    ChunkTag tag;
    u16 version;
    std::size_t offset;
    std::size_t size;
  };
  StateReader(std::vector<std::byte> data, std::string name)
      : data_(std::move(data)), name_(std::move(name)) {}
  Result<void> check_header() const;
  Result<void> index_chunks();
  Error damaged(std::string_view what) const;

  std::vector<std::byte> data_;
  std::string name_;
  std::vector<Chunk> chunks_;
};

}  // namespace ringdown
