// ringdown image create: new raw files and overlays.
#include <fmt/core.h>

#include <filesystem>

#include "frontend/image/image_command.h"
#include "frontend/image/image_work.h"

namespace ringdown {

namespace {

namespace po = boost::program_options;

po::options_description create_options() {
  po::options_description options;
  options.add_options()                                                                    //
      ("base", po::value<std::string>(), "IMAGE below: makes an overlay of its size")      //
      ("raw-base", "the base is raw, whatever its content looks like")                     //
      ("overlay", "an overlay without a base, which takes room only for what is written")  //
      ("force", "replaces a file of that name");
  return options;
}

Result<void> create_raw(const std::string& name, u64 bytes) {
  Result<HostFile> file = HostFile::create(name);
  return file ? file->resize(bytes) : Result<void>(file.error());
}

Result<void> create_overlay_file(const std::string& name, const ImageArguments& arguments, u64 bytes) {
  if (const std::string base = arguments.text("base"); !base.empty()) {
    ImageWork work("reading " + base);
    ImageOptions options;
    options.raw = arguments.flag("raw-base");
    options.progress = work.progress();
    const Result<OpenedImage> created = create_overlay(name, base, options);
    return created ? Result<void>() : created.error();
  }
  const Result<OpenedImage> created = create_overlay(name, bytes / kSectorSize);
  return created ? Result<void>() : created.error();
}

Result<int> create(const ImageArguments& arguments) {
  const std::string& name = arguments.names[0];
  const bool has_base = arguments.flag("base");
  if (has_base == (arguments.names.size() == 2))
    return Error{fmt::format("image create {}: name a size or --base, one of them", name)};
  if (!has_base && arguments.flag("raw-base"))
    return Error{fmt::format("image create {}: --raw-base goes with --base", name)};
  u64 bytes = 0;
  if (!has_base) {
    const Result<u64> size = parse_image_size(arguments.names[1], "image create");
    if (!size) return size.error();
    bytes = *size;
  }
  if (const Result<void> allowed = may_replace(name, arguments.flag("force")); !allowed)
    return allowed.error();
  if (has_base && same_image(name, arguments.text("base")))
    return Error{fmt::format("{}: an image cannot be its own base: name another file", name)};
  Result<void> created;
  PartFile part(name);
  if (has_base || arguments.flag("overlay")) {
    std::error_code error;
    std::filesystem::remove(part.part(), error);
    created = create_overlay_file(part.part(), arguments, bytes);
  } else {
    created = create_raw(part.part(), bytes);
  }
  if (created) created = part.finish();
  if (!created) return created.error();
  return kImageDone;
}

}  // namespace

const ImageCommand kImageCreate{
    "create",
    "makes a raw disk, or an overlay over another image",
    "FILE SIZE [--overlay] [--force]\n"
    "       ringdown image create FILE --base IMAGE [--force]\n"
    "Makes an empty disk that takes no room until it is written to, or an overlay for the changes to IMAGE.\n"
    "SIZE has a suffix K, M, G or T.\n\n"
    "Exit status: 0 done, 2 a mistake in options or files.\n",
    "  ringdown image create disk.img 2G\n"
    "  ringdown image create monday.rdo --base windows.img\n"
    "  ringdown image create changes.rdo --base nbd://server/windows\n",
    1,
    2,
    &create_options,
    &create};

}  // namespace ringdown
