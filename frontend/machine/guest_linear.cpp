// Linear memory for debuggers and tests.
#include "frontend/machine/guest_linear.h"

#include <algorithm>
#include <optional>

#include "cpu/paging_controls.h"
#include "frontend/machine/machine.h"

namespace ringdown {

namespace {

/// The part of an access that lies in one page.
struct Piece {
  GuestPhysical address;
  GuestMemory::Page page;
  std::size_t length;
};

std::optional<Piece> piece_at(Machine& machine, GuestLinear linear, std::size_t length) {
  const PagingControls controls = paging_controls(machine.processor().guest_view());
  const WalkResult walk = walk_page(machine.memory(), controls, linear);
  if (!walk.present || walk.reserved_bit) return {};
  const u32 offset = linear.value & kPageOffsetMask;
  return Piece{walk.page + offset, machine.memory().page(walk.page),
               std::min<std::size_t>(length, kPageSize - offset)};
}

bool is_frame(u32 frame) {
  return frame != GuestMemory::Page::kDevice && frame != GuestMemory::Page::kDiscard;
}

}  // namespace

std::size_t read_linear(Machine& machine, GuestLinear address, std::span<u8> data) {
  std::size_t done = 0;
  while (done < data.size()) {
    const auto piece = piece_at(machine, address + static_cast<u32>(done), data.size() - done);
    if (!piece || !is_frame(piece->page.read_frame)) return done;
    machine.memory().read(piece->address, std::as_writable_bytes(data.subspan(done, piece->length)));
    done += piece->length;
  }
  return done;
}

bool write_linear(Machine& machine, GuestLinear address, std::span<const u8> data) {
  std::vector<Piece> pieces;
  for (std::size_t done = 0; done < data.size(); done += pieces.back().length) {
    const auto piece = piece_at(machine, address + static_cast<u32>(done), data.size() - done);
    if (!piece || !is_frame(piece->page.write_frame)) return false;
    pieces.push_back(*piece);
  }
  for (const Piece& piece : pieces) {
    machine.memory().write(piece.address, std::as_bytes(data.first(piece.length)));
    data = data.subspan(piece.length);
  }
  return true;
}

}  // namespace ringdown
