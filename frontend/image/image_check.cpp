// ringdown image check: verifies what has checksums.
#include <fmt/core.h>

#include "frontend/image/image_command.h"
#include "frontend/image/image_work.h"

namespace ringdown {

namespace {

namespace po = boost::program_options;

po::options_description check_options() {
  po::options_description options;
  options.add_options()(
      "repair", "mends an overlay's header and log, and accepts a base that only its time says changed");
  return options;
}

/// Blocks that do not match their checksums; the first ones are named.
Result<u32> verify_blocks(const std::string& name, OverlayImage& overlay, ImageWork& work) {
  constexpr u32 kNamed = 10;
  u32 damaged = 0;
  Result<void> interrupted;
  const u64 total = u64{overlay.mapped_blocks()} * overlay::kBlockSize;
  overlay.verify(
      [&](u32 block) {
        if (damaged++ < kNamed)
          fmt::print("{}: damaged at sector {}\n", name, u64{block} * overlay::kSectorsPerBlock);
      },
      [&](u32 done) {
        interrupted = work.at(u64{done} * overlay::kBlockSize, total);
        return static_cast<bool>(interrupted);
      });
  if (!interrupted) return interrupted.error();
  if (damaged > kNamed) fmt::print("{}: {} more\n", name, damaged - kNamed);
  return damaged;
}

/// Whether the base is what the overlay notes; `repair` notes anew what only the time says has changed.
bool check_base(const std::string& name, OpenedImage& opened, bool repair) {
  const overlay::Header header = opened.overlay->header();
  const overlay::BaseReference& found = opened.base;
  if (found == header.base) return true;
  const bool only_time = found.size == header.base.size && found.sample == header.base.sample;
  if (only_time && repair) {
    fmt::print("{}: its base is accepted as it is\n", name);
    return true;
  }
  fmt::print(
      "{}: its base {} {}\n", name, base_name(name, header),
      only_time ? "was written to since, or is a copy; --repair accepts it" : "is another than it was");
  return false;
}

Result<int> check_overlay(const std::string& name, OpenedImage& opened, unsigned whole_headers, bool repair,
                          ImageWork& work) {
  OverlayImage& overlay = *opened.overlay;
  bool sound = true;
  if (whole_headers < overlay::kHeaders) {
    fmt::print("{}: one copy of its header is damaged{}\n", name,
               repair ? ": written anew" : "; --repair mends it");
    sound = repair;
  }
  if (overlay.header().committing) {
    fmt::print("{}: its commit was interrupted: repeat 'ringdown image commit {}'\n", name, name);
    sound = false;
  }
  // No damage: what was not flushed may go.
  if (overlay.left_open())
    fmt::print("{}: was not closed; {} unflushed blocks are lost\n", name, overlay.blocks_lost());
  const Result<u32> damaged = verify_blocks(name, overlay, work);
  if (!damaged) return damaged.error();
  const bool same_base = check_base(name, opened, repair);
  sound = sound && *damaged == 0 && same_base;
  if (repair) {
    if (const Result<void> mended = overlay.accept_base(same_base ? opened.base : overlay.header().base);
        !mended)
      return image_failure(mended.error());
    if (const Result<void> closed = overlay.close(); !closed) return image_failure(closed.error());
  }
  if (sound)
    fmt::print("{}: sound: {} in use\n", name, size_text(u64{overlay.mapped_blocks()} * overlay::kBlockSize));
  return sound ? kImageDone : kImageDamaged;
}

Result<int> check(const ImageArguments& arguments) {
  const std::string& name = arguments.names[0];
  const bool repair = arguments.flag("repair");
  ImageWork work(name);
  ImageOptions options;
  options.bases = ImageOptions::Bases::Any;
  options.progress = work.progress();
  Result<OpenedImage> opened = open_image(name, options);
  if (!opened) {
    fmt::print("{}\n", opened.error().message);
    return kImageDamaged;
  }
  if (opened->overlay == nullptr) {
    if (repair) return Error{fmt::format("image check --repair {}: no overlay: leave --repair out", name)};
    fmt::print("{}: {}\n", name,
               opened->kind == ImageKind::Gzip ? "sound: all of it unpacks, and its checksums are right"
                                               : "sound as far as one can tell: it has no checksums");
    return kImageDone;
  }
  unsigned whole_headers = 0;
  {
    Result<HostFile> file = HostFile::open(name, HostFile::Access::ReadOnly);
    if (!file) return file.error();
    whole_headers = OverlayImage::whole_headers(*file);
  }
  if (repair) {
    opened->image.reset();
    options.access = HostFile::Access::ReadWrite;
    opened = open_image(name, options);
    if (!opened) return opened.error();
  }
  return check_overlay(name, *opened, whole_headers, repair, work);
}

}  // namespace

const ImageCommand kImageCheck{
    "check",
    "verifies the checksums of an overlay or packed file",
    "IMAGE [--repair]\n"
    "Reads all that has checksums. --repair mends what can be mended without losing anything: damaged data "
    "stays\n"
    "damaged, and reading it an error.\n\n"
    "Exit status: 0 sound, 1 failed or interrupted, 2 a mistake in options or files, 3 damaged.\n",
    "  ringdown image check monday.rdo\n"
    "  ringdown image check --repair monday.rdo\n",
    1,
    1,
    &check_options,
    &check};

}  // namespace ringdown
