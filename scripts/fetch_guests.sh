#!/bin/bash
# Fetches guest software from Debian's archive into the cache folder; installs nothing and changes no
# configuration of the host: apt runs with its own state, for the architecture i386.
#
#   scripts/fetch_guests.sh GUEST...
#
# GUEST is one of KNOWN_GUESTS below. The folder of each is printed, one per line. What is already there is not
# fetched again, so a second run needs no network.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR
source "$RINGDOWN_ROOT/scripts/private_apt.sh"

KNOWN_GUESTS=(linux-686 linux-686-pae busybox e2fsprogs memtest86+ gnumach grub-rescue seabios installer parted
  tools network-tools ssh-server)
GUESTS="$RINGDOWN_CACHE/guests"
# Raised when what is extracted changes, so that older caches are refreshed.
LAYOUT=3

# Kernel modules that guests may want to load: disks, CD-ROMs, file systems, network cards.
KERNEL_MODULES=(kernel/drivers/ata kernel/drivers/scsi kernel/drivers/cdrom kernel/drivers/block
  kernel/drivers/net/ethernet/intel/e1000 kernel/drivers/net/ethernet/8390 kernel/drivers/net/ethernet/amd
  kernel/drivers/net/mii.ko kernel/drivers/net/virtio_net.ko kernel/drivers/net/net_failover.ko kernel/drivers/virtio
  kernel/net/core kernel/net/802 kernel/net/8021q kernel/net/llc kernel/drivers/input kernel/block kernel/crypto kernel/lib kernel/fs/ext4 kernel/fs/jbd2 kernel/fs/mbcache.ko kernel/fs/fat kernel/fs/isofs kernel/fs/nls)

# The versioned kernel package that a meta package depends on.
kernel_package() {
  private apt-cache show "$1" | sed -n 's/^Depends: \(linux-image-[^ ,]*\).*/\1/p' | head -n 1
}

fetch_linux() {
  local meta=linux-image-${1#linux-} package version
  package=$(kernel_package "$meta")
  [ -n "$package" ] || die "Debian's archive has no $meta for i386"
  version=${package#linux-image-}
  unpack "$package" "$stage/tree" './boot/*' "${KERNEL_MODULES[@]/#/./lib/modules/$version/}"
  mkdir "$stage/out"
  mv "$stage/tree/boot/vmlinuz-$version" "$stage/out/vmlinuz"
  mv "$stage/tree/boot/config-$version" "$stage/out/config"
  mv "$stage/tree/lib/modules/$version" "$stage/out/modules"
  echo "$version" >"$stage/out/version"
}

fetch_busybox() {
  unpack busybox-static "$stage/tree" ./bin/busybox
  mkdir "$stage/out"
  mv "$stage/tree/bin/busybox" "$stage/out/busybox"
}

# take_libraries NAME...: those of the unpacked tree whose names match, and the loader, into the guest's lib.
take_libraries() {
  local name
  mkdir -p "$stage/out/lib"
  for name in "$@"; do
    find "$stage/tree" -path '*/lib/i386-linux-gnu/*' -name "$name" -exec cp -P -t "$stage/out/lib" {} +
  done
  cp -L "$stage/tree/lib/ld-linux.so.2" "$stage/out/lib/"
}

# The programs for ext2 to ext4 with the libraries they need, in a tree to be laid over an initramfs.
fetch_e2fsprogs() {
  local package
  for package in e2fsprogs libext2fs2 libcom-err2 libblkid1 libuuid1 libc6; do
    unpack "$package" "$stage/tree"
  done
  mkdir -p "$stage/out/sbin"
  cp "$stage/tree/sbin/mke2fs" "$stage/tree/sbin/e2fsck" "$stage/out/sbin/"
  take_libraries 'libext2fs.so*' 'libe2p.so*' 'libcom_err.so*' 'libblkid.so*' 'libuuid.so*' libc.so.6 libpthread.so.0
}

# dmidecode, and Perl for system calls that no program makes, in the same way.
fetch_tools() {
  local package
  for package in dmidecode perl-base libcrypt1 libc6; do
    unpack "$package" "$stage/tree"
  done
  mkdir -p "$stage/out/sbin"
  cp "$stage/tree/usr/sbin/dmidecode" "$stage/tree/usr/bin/perl" "$stage/out/sbin/"
  take_libraries 'libcrypt.so*' libc.so.6 libm.so.6 libpthread.so.0
}

# ethtool, iperf3 for throughput, and a netcat for UDP too, in the same way.
fetch_network-tools() {
  local package
  for package in ethtool libmnl0 iperf3 libiperf0 libsctp1 libssl3 netcat-openbsd libbsd0 libmd0 libc6; do
    unpack "$package" "$stage/tree"
  done
  mkdir -p "$stage/out/sbin"
  cp "$stage/tree/sbin/ethtool" "$stage/tree/usr/bin/iperf3" "$stage/tree/bin/nc.openbsd" "$stage/out/sbin/"
  take_libraries 'libmnl.so*' 'libiperf.so*' 'libsctp.so*' 'libcrypto.so*' 'libbsd.so*' 'libmd.so*' libc.so.6 libm.so.6 \
    libresolv.so.2
}

# A small ssh server, in the same way; init starts it.
fetch_ssh-server() {
  local package
  for package in dropbear-bin libtomcrypt1 libtommath1 libgmp10 libcrypt1 zlib1g libc6; do
    unpack "$package" "$stage/tree"
  done
  mkdir -p "$stage/out/sbin"
  cp "$stage/tree/usr/sbin/dropbear" "$stage/out/sbin/"
  take_libraries 'libtomcrypt.so*' 'libtommath.so*' 'libgmp.so*' 'libcrypt.so*' 'libz.so*' libc.so.6
}

fetch_memtest86+() {
  unpack memtest86+ "$stage/tree" './boot/*' './usr/lib/memtest86+/*'
  mkdir "$stage/out"
  find "$stage/tree" -type f \( -name '*.bin' -o -name '*.iso' \) -exec mv -t "$stage/out" {} +
}

fetch_gnumach() {
  unpack gnumach-image-1.8-486 "$stage/tree" './boot/*'
  mkdir "$stage/out"
  find "$stage/tree/boot" -type f -name 'gnumach*' -exec mv -t "$stage/out" {} +
}

fetch_grub-rescue() {
  unpack grub-rescue-pc "$stage/tree" './usr/lib/grub-rescue/*'
  mkdir "$stage/out"
  find "$stage/tree" -type f \( -name '*.img' -o -name '*.iso' \) -exec mv -t "$stage/out" {} +
}

fetch_installer() {
  local images=./usr/lib/debian-installer/images flavour
  unpack debian-installer-12-netboot-i386 "$stage/tree" "$images/*/linux" "$images/*/initrd.gz"
  for flavour in text gtk; do
    mkdir -p "$stage/out/$flavour"
    find "$stage/tree" -type f -path "*/$flavour/*" \( -name linux -o -name initrd.gz \) \
      -exec mv -t "$stage/out/$flavour" {} +
  done
}

# Programs that partition and format a disk, and the libraries that the installer does not have.
fetch_parted() {
  local package
  for package in parted libparted2 libdevmapper1.02.1 e2fsprogs libext2fs2 libcom-err2; do
    unpack "$package" "$stage/tree" './sbin/*' './lib/*'
  done
  mkdir -p "$stage/out/bin" "$stage/out/lib"
  mv "$stage/tree/sbin/parted" "$stage/tree/sbin/mke2fs" "$stage/out/bin/"
  find "$stage/tree" -path '*/i386-linux-gnu/*' -name 'lib*.so*' -exec mv -t "$stage/out/lib" {} +
}

fetch_seabios() {
  unpack seabios "$stage/tree" './usr/share/seabios/*'
  mkdir "$stage/out"
  find "$stage/tree" -type f -name '*.bin' -exec mv -t "$stage/out" {} +
}

# fetch GUEST: fills the guest's folder, which appears under its name only when it is complete.
fetch() {
  local guest=$1 target="$GUESTS/$1"
  if [ "$(cat "$target/.layout" 2>/dev/null)" != "$LAYOUT" ]; then
    prepare_apt i386 busybox-static
    mkdir -p "$GUESTS"
    stage=$(mktemp -d "$GUESTS/.stage.XXXXXX")
    trap 'rm -rf "$stage"' EXIT
    case $guest in
      linux-*) fetch_linux "$guest" ;;
      *) "fetch_$guest" ;;
    esac
    [ -n "$(ls -A "$stage/out")" ] || die "the package of $guest does not hold what was expected"
    echo "$LAYOUT" >"$stage/out/.layout"
    chmod 755 "$stage/out"
    rm -rf "$target"
    mv -T "$stage/out" "$target"
    rm -rf "$stage"
  fi
  echo "$target"
}

fetch_all() {
  local guest
  for guest; do fetch "$guest"; done
}

[ $# -gt 0 ] || die "name the guests: ${KNOWN_GUESTS[*]}"
for guest; do
  [[ " ${KNOWN_GUESTS[*]} " == *" $guest "* ]] || die "'$guest' is no guest: choose from ${KNOWN_GUESTS[*]}"
done
locked guests fetch_all "$@"
