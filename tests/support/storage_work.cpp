// Makes the images, and the shell script that works with them.
#include "tests/support/storage_work.h"

#include <fstream>
#include <random>

#include "tests/support/host_temporary.h"

namespace ringdown::test {

namespace {

constexpr std::size_t kMebibyte = std::size_t{1} << 20;

/// Of each disk, the first MiB goes to the second one.
constexpr const char* kScript = R"(
copy() { dd if=$1 of=$1 bs=32k count=32 seek=32 conv=notrunc,fsync; }
half() { dd if=$1 bs=64k skip=$2 count=16 | sha1sum; }
round() {
  dd if=/dev/fd0 of=/dev/fd0 bs=512 count=18 seek=360 conv=notrunc,fsync &
  copy /dev/sda & copy /dev/sdb & sha1sum /dev/sr0 >/tmp/first & wait
  echo 3 >/proc/sys/vm/drop_caches
  half /dev/sda 0 >/tmp/a & half /dev/sda 16 >/tmp/b & half /dev/sdb 0 >/tmp/c & half /dev/sdb 16 >/tmp/d &
  dd if=/dev/fd0 count=18 | sha1sum >/tmp/e & sha1sum /dev/sr0 >/tmp/second & wait
  dd if=/dev/fd0 skip=360 count=18 | sha1sum >/tmp/f
  cmp /tmp/a /tmp/b && cmp /tmp/c /tmp/d && cmp /tmp/first /tmp/second && cmp /tmp/e /tmp/f
}
exec 2>/dev/null
[ -b /dev/sda ] && [ -b /dev/sdb ] && [ -b /dev/sr0 ] && [ -b /dev/fd0 ] || exit 2
echo at work
i=0
while [ $i -lt {} ]; do
  round || exit 3
  i=$((i + 1))
done
exit 0
)";

}  // namespace

ScratchImage::ScratchImage(const std::string& stem, std::size_t size, u32 seed)
    : path_(temporary_path(stem)) {
  std::mt19937 random(seed);
  std::vector<u32> words(size / sizeof(u32));
  for (u32& word : words) word = random();
  std::ofstream(path_, std::ios::binary)
      .write(reinterpret_cast<const char*>(words.data()), static_cast<std::streamsize>(size));
}

ScratchImage::~ScratchImage() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

void ScratchImage::copy_from(const ScratchImage& other) {
  std::filesystem::copy_file(other.path_, path_, std::filesystem::copy_options::overwrite_existing);
}

StorageImages::StorageImages(const std::string& stem)
    : dma_disk_(stem + "-dma.img", 4 * kMebibyte, 1),
      pio_disk_(stem + "-pio.img", 4 * kMebibyte, 2),
      cd_(stem + "-cd.iso", 2 * kMebibyte, 3),
      floppy_(stem + "-floppy.img", 1440 * 1024, 4) {}

void StorageImages::plug_into(MachineConfig& config) const {
  std::vector<DiskConfig> drives(3);
  drives[0].path = dma_disk_.path();
  drives[1].path = pio_disk_.path();
  drives[2].path = cd_.path();
  for (unsigned unit = 0; unit < drives.size(); ++unit) {
    drives[unit].unit = unit;
    drives[unit].raw = true;
  }
  drives[2].cdrom = true;
  config.disks = drives;
  config.floppies.resize(1);
  config.floppies[0].path = floppy_.path();
}

void StorageImages::copy_from(const StorageImages& others) {
  dma_disk_.copy_from(others.dma_disk_);
  pio_disk_.copy_from(others.pio_disk_);
  floppy_.copy_from(others.floppy_);
}

LinuxBoot storage_work(unsigned rounds) {
  LinuxBoot boot;
  boot.initramfs = "storage";
  std::string script(kScript);
  script.replace(script.find("{}"), 2, std::to_string(rounds));
  boot.command = script;
  boot.parameters = "quiet libata.force=1.01:pio4";
  return boot;
}

}  // namespace ringdown::test
