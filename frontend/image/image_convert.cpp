// ringdown image convert: any image as another kind of file.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "frontend/image/image_command.h"
#include "frontend/image/image_targets.h"
#include "frontend/image/image_work.h"

namespace ringdown {

namespace {

namespace po = boost::program_options;

po::options_description convert_options() {
  po::options_description options;
  options.add_options()  //
      ("to", po::value<std::string>(),
       "raw|gzip|overlay (default: by FILE's name, .gz and .rdo; else raw)")  //
      ("raw", "IMAGE is raw, whatever its content looks like")                //
      ("force", "replaces a file of that name");
  return options;
}

Result<ImageKind> target_kind(const ImageArguments& arguments) {
  const std::string word = arguments.text("to");
  const std::string& name = arguments.names[1];
  if (word.empty())
    return name.ends_with(".gz")    ? ImageKind::Gzip
           : name.ends_with(".rdo") ? ImageKind::Overlay
                                    : ImageKind::Raw;
  for (const ImageKind kind : {ImageKind::Raw, ImageKind::Gzip, ImageKind::Overlay}) {
    if (word == name_of(kind)) return kind;
  }
  return Error{fmt::format("image convert: --to {}: use raw or gzip or overlay", word)};
}

Result<void> copy(DiskImage& source, ImageTarget& target, ImageWork& work) {
  constexpr u64 kSectorsAtOnce = 2048;
  std::vector<std::byte> data(kSectorsAtOnce * kSectorSize);
  for (u64 sector = 0; sector < source.sectors(); sector += kSectorsAtOnce) {
    const u64 count = std::min(kSectorsAtOnce, source.sectors() - sector);
    const std::span<std::byte> part = std::span(data).first(count * kSectorSize);
    Result<void> result = work.at(sector * kSectorSize, source.sectors() * kSectorSize);
    if (result) result = source.read(sector, part);
    if (result) result = target.append(part);
    if (!result) return result;
  }
  return target.finish();
}

Result<int> convert(const ImageArguments& arguments) {
  const std::string& from = arguments.names[0];
  const std::string& to = arguments.names[1];
  const Result<ImageKind> kind = target_kind(arguments);
  if (!kind) return kind.error();
  if (same_image(from, to)) return Error{fmt::format("{}: the image itself: name another file", to)};
  // Opened first: what is below an overlay is in use from then on.
  ImageWork work(to);
  ImageOptions options;
  options.raw = arguments.flag("raw");
  options.progress = work.progress();
  Result<OpenedImage> source = open_image(from, options);
  if (!source) return source.error();
  if (const Result<void> allowed = may_replace(to, arguments.flag("force")); !allowed) return allowed.error();
  PartFile part(to);
  std::error_code error;
  std::filesystem::remove(part.part(), error);
  Result<std::unique_ptr<ImageTarget>> target = make_target(*kind, part.part(), source->image->sectors());
  if (!target) return target.error();
  if (const Result<void> copied = copy(*source->image, **target, work); !copied)
    return image_failure(copied.error());
  target->reset();
  if (const Result<void> finished = part.finish(); !finished) return image_failure(finished.error());
  return kImageDone;
}

}  // namespace

const ImageCommand kImageConvert{
    "convert",
    "writes any image as a raw or packed file or an overlay",
    "IMAGE FILE [OPTIONS]\n"
    "Reads IMAGE (a raw or packed file, an overlay with all below it, or a disk on an NBD server) and "
    "writes\n"
    "FILE. Zeros take no room. FILE appears when it is complete.\n\n"
    "Exit status: 0 done, 1 failed or interrupted, 2 a mistake in options or files.\n",
    "  ringdown image convert disk.img disk.img.gz\n"
    "  ringdown image convert monday.rdo tuesday.img\n"
    "  ringdown image convert 'nbd+unix:///?socket=/run/qcow2' disk.img\n",
    2,
    2,
    &convert_options,
    &convert};

}  // namespace ringdown
