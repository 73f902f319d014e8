# shellcheck shell=bash disable=SC2034
# Shared by the scripts of this folder and by quickstart and check: messages, the cache folder, Debian packages.
# Sourced by bash with `set -euo pipefail`; progress goes to stderr, so that results own stdout.

# The checkout, whatever folder a script is started from.
RINGDOWN_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Everything fetched or made for guests; safe to delete.
RINGDOWN_CACHE=${RINGDOWN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ringdown}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
  say "$*"
  exit 1
}

# What building the program needs, and what it reads when it runs.
BUILD_PACKAGES=(cmake ninja-build g++ libboost-program-options-dev libfmt-dev libjs-chart.js
  libnbd-dev libpcap-dev libsdl2-dev libslirp-dev libxxhash-dev libzycore-dev libzydis-dev nasm nlohmann-json3-dev pkg-config seabios zlib1g-dev)
# What fetching guests and packing the initramfs needs.
GUEST_PACKAGES=(ca-certificates cpio debian-archive-keyring)
TEST_PACKAGES=(acpica-tools catch2 chromium chromium-driver e2fsprogs gdb grub-common grub-pc-bin imagemagick iperf3 iproute2 ipxe ipxe-qemu isolinux libmpfr-dev mtools nbdkit openssh-client pxelinux
  python3 python3-selenium python3-xlib qemu-utils syslinux-common tshark xauth xorriso xvfb)
# What the preset arm64 builds and runs with; its libraries come from scripts/make_arm64_sysroot.sh.
ARM64_PACKAGES=(debian-archive-keyring g++-aarch64-linux-gnu qemu-user)

# What bench/run builds its guest program with.
BENCH_PACKAGES=(gcc-i686-linux-gnu libc6-dev-i386-cross)

# What the preset fuzz builds with.
FUZZ_PACKAGES=(clang libclang-rt-14-dev)

# The guests that tests boot (the long ones too, with --long), and the modules with which a guest kernel reaches its
# disks and networks.
TEST_GUESTS=(linux-686 linux-686-pae busybox memtest86+ gnumach grub-rescue e2fsprogs tools network-tools ssh-server)
LONG_TEST_GUESTS=(installer parted)
FLOPPY_MODULES=(floppy)
LEGACY_DISK_MODULES=(pata_legacy sd_mod)
DISK_MODULES=(ata_piix sd_mod sr_mod isofs ext4)
NETWORK_MODULES=(e1000 ne2k-pci pcnet32 virtio_pci virtio_net virtio_blk 8021q)
# On the ISA bus, where drivers do not load without their card.
ISA_NETWORK_MODULES=(ne)

# as_root COMMAND...: runs it directly as root, through sudo otherwise.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo -- "$@"
  else
    return 127
  fi
}

# missing_packages PACKAGE...: prints those that are not installed.
missing_packages() {
  local package installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
  for package; do
    grep -qxF "installed $package" <<<"$installed" || echo "$package"
  done
}

# need_packages PACKAGE...: installs from Debian what is missing, and says so.
need_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    die "needs root or sudo once, to run: apt-get install ${missing[*]}"
  fi
  say "installing the Debian packages ${missing[*]}"
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Dpkg::Use-Pty=0
    --no-install-recommends "${missing[@]}")
  # Package lists may be missing (containers) or out of date: fetch them once and try again.
  as_root "${install[@]}" >&2 2>/dev/null && return 0
  as_root apt-get update -qq >&2 || say "apt-get update reported errors; going on with the lists it has"
  as_root "${install[@]}" >&2 || die "installing failed; run by hand: apt-get install ${missing[*]}"
}

# locked NAME COMMAND...: runs a command while no other script holds the lock NAME of the cache.
locked() {
  local name=$1
  shift
  mkdir -p "$RINGDOWN_CACHE"
  (
    flock 9
    "$@"
  ) 9>"$RINGDOWN_CACHE/.$name.lock"
}
