// Plays on a rig whose saved state has been forged.
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/rig_pair.h"
#include "tests/support/chunk_payload.h"

namespace ringdown::test {

namespace {

/// Restores each part, and those of the board with some bytes forged; false if one refuses.
bool restore_forged(DeviceRig& rig, FuzzInput& input) {
  const std::vector<Serializable*> parts = rig.parts();
  std::vector<std::vector<std::byte>> payloads;
  for (Serializable* part : parts) {
    CapturingArchive archive(part->chunk_version());
    part->serialize(archive);
    payloads.push_back(std::move(archive.payload));
  }
  // The processor has a fuzz target of its own, and memory is only its content.
  constexpr std::size_t kNotForged[] = {2, 3};
  for (unsigned changes = input.below(32) + 1; changes > 0; --changes) {
    const std::size_t part = input.below(static_cast<unsigned>(parts.size()));
    const u16 offset = input.take<u16>();
    const u8 value = input.take<u8>();
    const bool forged = std::ranges::find(kNotForged, part) == std::end(kNotForged);
    if (forged && !payloads[part].empty()) payloads[part][offset % payloads[part].size()] = std::byte{value};
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    ForgedChunk chunk(*parts[i], std::move(payloads[i]));
    StateWriter writer;
    writer.add(chunk);
    Result<StateReader> reader =
        StateReader::open({writer.data().begin(), writer.data().end()}, "fuzz input");
    if (!reader || !reader->restore(*parts[i])) return false;
  }
  return true;
}

}  // namespace

void play_forged(RigBoard board, std::span<const u8> bytes) {
  static DeviceRig rig("states", board);
  constexpr std::size_t kBefore = 8, kForgery = 128;
  rig.renew();
  const std::size_t before = std::min(bytes.size(), kBefore * DeviceOperation::kSize);
  for (const DeviceOperation& operation : decode_operations(bytes.first(before), board))
    apply(operation, rig);
  const std::size_t forgery = std::min(bytes.size() - before, kForgery);
  FuzzInput input(bytes.subspan(before, forgery));
  if (!restore_forged(rig, input)) return;
  for (const DeviceOperation& operation : decode_operations(bytes.subspan(before + forgery), board))
    apply(operation, rig);
  rig.machine().reset();
  const Result<void> again = rig.machine().load_state(rig.machine().save_state(), "its own state");
  if (!again)
    report_finding("a forged state was accepted, and what it became is refused: " + again.error().message +
                   "\n");
}

}  // namespace ringdown::test
