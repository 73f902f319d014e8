// ringdown image info: what an image is, and what it lies on.
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "frontend/image/image_command.h"
#include "frontend/image/image_work.h"
#include "frontend/image/partition_table.h"

namespace ringdown {

namespace {

namespace po = boost::program_options;
using Json = nlohmann::ordered_json;

po::options_description info_options() {
  po::options_description options;
  options.add_options()("json", "for programs")("raw", "IMAGE is raw, whatever its content looks like");
  return options;
}

/// As an IDE disk shows itself by default (ATA/ATAPI-5, 6.2).
struct Geometry {
  explicit Geometry(u64 sectors)
      : cylinders(std::min<u64>(sectors / (u64{kHeads} * kSectorsPerTrack), kMostCylinders)) {}
  static constexpr unsigned kHeads = 16;
  static constexpr unsigned kSectorsPerTrack = 63;
  static constexpr u64 kMostCylinders = 16383;
  u64 cylinders;
};

std::string as_text(u64 sectors, const std::vector<ImageLayer>& layers,
                    const std::vector<Partition>& partitions) {
  const Geometry geometry(sectors);
  std::string text =
      fmt::format("disk       {} ({} sectors)\ngeometry   {} cylinders, {} heads, {} sectors\n",
                  size_text(sectors * kSectorSize), sectors, geometry.cylinders, Geometry::kHeads,
                  Geometry::kSectorsPerTrack);
  const char* heading = "image";
  for (const ImageLayer& layer : layers) {
    text += fmt::format("{:<10} {}: {}", heading, layer.name, name_of(layer.kind));
    if (layer.kind == ImageKind::Overlay)
      text += fmt::format(", {} of changes{}", size_text(u64{layer.changed_blocks} * overlay::kBlockSize),
                          layer.left_open ? ", not closed" : "");
    text += '\n';
    heading = "  base";
  }
  for (const Partition& partition : partitions) {
    text += fmt::format("partition  {}: {}, {} at sector {}{}\n", partition.number,
                        partition_type_name(partition.type), size_text(partition.sectors * kSectorSize),
                        partition.first_sector, partition.active ? ", active" : "");
  }
  return text;
}

Json as_json(u64 sectors, const std::vector<ImageLayer>& layers, const std::vector<Partition>& partitions) {
  Json json{{"sectors", sectors},
            {"bytes", sectors * kSectorSize},
            {"cylinders", Geometry(sectors).cylinders},
            {"heads", Geometry::kHeads},
            {"sectors_per_track", Geometry::kSectorsPerTrack},
            {"chain", Json::array()},
            {"partitions", Json::array()}};
  for (const ImageLayer& layer : layers) {
    Json one{{"name", layer.name}, {"kind", name_of(layer.kind)}};
    if (layer.kind == ImageKind::Overlay) {
      one["bytes_changed"] = u64{layer.changed_blocks} * overlay::kBlockSize;
      one["closed"] = !layer.left_open;
    }
    json["chain"].push_back(one);
  }
  for (const Partition& partition : partitions) {
    json["partitions"].push_back({{"number", partition.number},
                                  {"type", partition.type},
                                  {"active", partition.active},
                                  {"first_sector", partition.first_sector},
                                  {"sectors", partition.sectors}});
  }
  return json;
}

Result<int> info(const ImageArguments& arguments) {
  const std::string& name = arguments.names[0];
  ImageWork work(name);
  ImageOptions options;
  options.raw = arguments.flag("raw");
  options.progress = work.progress();
  const Result<OpenedImage> opened = open_image(name, options);
  if (!opened) return opened.error();
  const u64 sectors = opened->image->sectors();
  const std::vector<Partition> partitions = partitions_of(*opened->image);
  fmt::print("{}", arguments.flag("json") ? as_json(sectors, opened->layers, partitions).dump(2) + "\n"
                                          : as_text(sectors, opened->layers, partitions));
  return kImageDone;
}

}  // namespace

const ImageCommand kImageInfo{"info",
                              "tells what an image is, how large, and what it lies on",
                              "IMAGE [--json]\n"
                              "Exit status: 0 done, 2 a mistake in options or files.\n",
                              "  ringdown image info disk.img\n"
                              "  ringdown image info --json nbd://server/disk\n",
                              1,
                              1,
                              &info_options,
                              &info};

}  // namespace ringdown
