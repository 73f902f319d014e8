// An overlay: the changes to a disk whose other blocks are in the image below, which is never written to.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "core/block_file.h"
#include "core/disk_image.h"
#include "core/host_file.h"
#include "frontend/images/overlay_format.h"
#include "frontend/images/overlay_log.h"
#include "frontend/images/overlay_map.h"
#include "frontend/images/overlay_space.h"

namespace ringdown {

/// Copy-on-write in blocks of 4 KiB. Blocks are never overwritten once a record of the log names them, so
/// that after a crash every sector is what was flushed or what was written since, and nothing else.
/// docs/images.md has the argument.
class OverlayImage final : public DiskImage {
 public:
  /// Whether changes are for keeping; if not, nothing is ever flushed, and the file is no overlay afterwards.
  enum class Changes : u8 { Kept, ThrownAway };

  /// Makes an overlay without changes in an empty file. No base: its sectors are zeros.
  static Result<std::unique_ptr<OverlayImage>> create(std::unique_ptr<BlockFile> file,
                                                      std::unique_ptr<DiskImage> base,
                                                      const overlay::Header& wanted,
                                                      Changes changes = Changes::Kept);
  /// Reads the header, of which at least one copy must be whole.
  static Result<overlay::Header> read_header(BlockFile& file);
  /// How many of the two copies are whole.
  static unsigned whole_headers(BlockFile& file);
  /// `header` as it was read, `base` what it names.
  static Result<std::unique_ptr<OverlayImage>> open(std::unique_ptr<BlockFile> file,
                                                    const overlay::Header& header,
                                                    std::unique_ptr<DiskImage> base, HostFile::Access access);
  /// Errors have nobody left to hear them; a guest that needs to know flushes, a command closes.
  ~OverlayImage() override;

  u64 sectors() const override { return header_.sectors; }
  bool read_only() const override { return access_ == HostFile::Access::ReadOnly; }
  Result<void> read(u64 first_sector, std::span<std::byte> data) override;
  Result<void> write(u64 first_sector, std::span<const std::byte> data) override;
  Result<void> flush() override;
  void cancel() override;
  bool local() const override { return base_ == nullptr || base_->local(); }
  bool read_at_once(u64 first_sector, std::span<std::byte> data) override;

  /// Flushes, and notes that it was left in order.
  Result<void> close();

  const overlay::Header& header() const { return header_; }
  DiskImage* base() { return base_.get(); }
  /// Closes the base; from then on only blocks that the overlay has can be read.
  void close_base() { base_.reset(); }
  u32 mapped_blocks() const { return map_.mapped(); }
  u64 file_bytes() const { return file_->size(); }
  /// Blocks of writes that were under way when a machine or host died, and are as before.
  u32 blocks_lost() const { return blocks_lost_; }
  /// Whether the last user went without closing it.
  bool left_open() const { return left_open_; }
  /// Of what was read: differs whenever the content does.
  u64 state_sum() const { return log_->checksum(); }

  /// Reads every block that it has and calls `damaged` for those that do not match their sums, and `progress`
  /// with the number of blocks read, which ends it by false.
  void verify(const std::function<void(u32 block)>& damaged, const std::function<bool(u32 done)>& progress);
  /// Calls `visit` for each block that it has, in the disk's order, with the sectors in it; ends with its
  /// error.
  Result<void> each_block(
      const std::function<Result<void>(u64 first_sector, std::span<const std::byte>)>& visit);
  /// Notes in the file that a commit into the base begins: until `clear`, nobody may use the base's content.
  Result<void> begin_commit();
  /// Forgets all changes; the base is now as `base` says.
  Result<void> clear(const overlay::BaseReference& base);
  /// Writes both copies of the header anew. `base`: what it is now.
  Result<void> accept_base(const overlay::BaseReference& base);

 private:
  using Clock = std::chrono::steady_clock;

  OverlayImage(std::unique_ptr<BlockFile> file, const overlay::Header& header,
               std::unique_ptr<DiskImage> base, HostFile::Access access, Changes changes);

  Error damaged(u32 block) const;

  Result<void> recover();
  Result<void> replay();
  bool possible(const overlay::Entry& entry) const;
  bool data_is_there(const overlay::Entry& entry);
  Result<void> take_places();

  /// Which data a read takes: any, or what the host has in memory.
  enum class Host : u8 { MayFetch, AtHand };
  Result<void> read_from(u64 first_sector, std::span<std::byte> data, Host host);
  Result<void> read_file(u64 offset, std::span<std::byte> data, Host host);
  Result<void> read_base(u64 first_sector, std::span<std::byte> data, Host host);
  Result<void> read_unverified(u32 block, std::size_t skip, std::span<std::byte> data, Host host);
  Result<void> load_block(u32 block, overlay::Block& data);
  u32 run_of(u32 block, u32 count) const;

  Result<void> write_blocks(u32 block, std::span<const std::byte> data);
  Result<u32> overwrite(u32 block, std::span<const std::byte> data);
  Result<u32> redirect(u32 block, std::span<const std::byte> data);
  Result<overlay::Space::Run> write_elsewhere(std::span<const std::byte> data);
  Result<overlay::Space::Run> try_to_write(overlay::Space::Run run, std::span<const std::byte> data);

  Result<void> write_records();
  Result<void> commit();
  Result<void> start_new_log();
  Result<void> write_header();
  void keep_up();
  std::size_t records_for_all() const { return map_.mapped() / overlay::kEntriesPerRecord + 1; }

  std::unique_ptr<BlockFile> file_;
  overlay::Header header_;
  std::unique_ptr<DiskImage> base_;
  HostFile::Access access_;
  Changes changes_;
  overlay::Map map_;
  overlay::Space space_;
  std::optional<overlay::Log> log_;
  u64 commit_ = 1;                          // number of the records to come
  bool unsettled_ = false;                  // there are records of that number
  std::vector<u32> fresh_;                  // blocks that no record names yet
  std::vector<overlay::Place> superseded_;  // free once the records to come are on the disk
  std::size_t longest_log_ = 0;             // when a new one is begun
  bool header_failed_ = false;              // which header is on the disk is not known
  Clock::time_point recorded_ = Clock::now();
  bool changed_ = false;  // since it was opened
  u32 blocks_lost_ = 0;
  bool left_open_ = false;
};

}  // namespace ringdown
