// ringdown image commit: an overlay's changes into its base.
#include <fmt/core.h>

#include "frontend/image/image_command.h"
#include "frontend/image/image_work.h"

namespace ringdown {

namespace {

namespace po = boost::program_options;

/// Until the overlay is emptied it says that a commit has begun, so that nobody takes the base for what it
/// was and the commit can be repeated.
Result<void> commit_changes(OverlayImage& overlay, ImageWork& work) {
  if (const Result<void> begun = overlay.begin_commit(); !begun) return begun;
  const u64 total = u64{overlay.mapped_blocks()} * overlay::kBlockSize;
  u64 done = 0;
  const Result<void> copied = overlay.each_block([&](u64 first_sector, std::span<const std::byte> data) {
    done += data.size();
    if (const Result<void> go_on = work.at(done, total); !go_on) return go_on;
    return overlay.base()->write(first_sector, data);
  });
  return copied ? overlay.base()->flush() : copied;
}

Result<int> commit(const ImageArguments& arguments) {
  const std::string& name = arguments.names[0];
  ImageWork work(name);
  ImageOptions options;
  options.access = HostFile::Access::ReadWrite;
  options.base_access = HostFile::Access::ReadWrite;
  options.bases = ImageOptions::Bases::InterruptedCommit;
  options.progress = work.progress();
  Result<OpenedImage> opened = open_image(name, options);
  if (!opened) return opened.error();
  if (opened->overlay == nullptr)
    return Error{fmt::format("{}: no overlay: only an overlay has changes to commit", name)};
  OverlayImage& overlay = *opened->overlay;
  if (overlay.base() == nullptr) return Error{fmt::format("{}: has no base to commit to: convert it", name)};
  const u32 blocks = overlay.mapped_blocks();
  if (const Result<void> committed = commit_changes(overlay, work); !committed)
    return image_failure(
        {committed.error().message + "; repeat the commit, before that the disk is incomplete"});
  overlay.close_base();
  const std::string base = base_name(name, overlay.header());
  Result<overlay::BaseReference> reference = reference_to(base, overlay.header().base_is_raw);
  if (!reference) return image_failure(reference.error());
  reference->name = overlay.header().base.name;
  if (const Result<void> cleared = overlay.clear(*reference); !cleared) return image_failure(cleared.error());
  if (const Result<void> closed = overlay.close(); !closed) return image_failure(closed.error());
  fmt::print("{}: {} of changes are now in {}\n", name, size_text(u64{blocks} * overlay::kBlockSize), base);
  return kImageDone;
}

}  // namespace

const ImageCommand kImageCommit{
    "commit",
    "writes an overlay's changes into its base, and empties it",
    "OVERLAY\n"
    "Writes the changes into the image right below. It may be interrupted, and must then be repeated. Other\n"
    "overlays of the same base no longer fit it.\n\n"
    "Exit status: 0 done, 1 failed or interrupted, 2 a mistake in options or files.\n",
    "  ringdown image commit monday.rdo\n",
    1,
    1,
    [] { return po::options_description(); },
    &commit};

}  // namespace ringdown
