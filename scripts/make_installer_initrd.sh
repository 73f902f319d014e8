#!/bin/bash
# Adds to the initrd of Debian's installer what scripts/installer has: answers that let it partition its first disk, the
# programs for that, and drivers of disks. Prints the path of the new initrd.
#
#   scripts/make_installer_initrd.sh
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts="$RINGDOWN_ROOT/scripts"
target="$RINGDOWN_CACHE/initramfs/installer.gz"

# The kernel of the installer takes the modules of the package's: they come from one source.
pack() {
  local installer tools disk
  installer=$("$scripts/fetch_guests.sh" installer)
  tools=$("$scripts/fetch_guests.sh" parted)
  disk=$("$scripts/make_initramfs.sh" disk linux-686 "${DISK_MODULES[@]}")
  mkdir -p "$(dirname "$target")"
  stage=$(mktemp -d "$target.XXXXXX")
  trap 'rm -rf "$stage"' EXIT
  mkdir -p "$stage/root/partitioning"
  cp "$scripts/installer/preseed.cfg" "$stage/root/"
  cp -R "$scripts/installer/partition" "$tools/bin" "$tools/lib" "$stage/root/partitioning/"
  (cd "$stage/root/partitioning" && cpio -id --quiet 'modules/*' <"$disk")
  # A kernel unpacks archives that follow each other one over the other.
  cp "$installer/text/initrd.gz" "$stage/initrd.gz"
  (cd "$stage/root" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet --reproducible | gzip -1n) \
    >>"$stage/initrd.gz"
  mv "$stage/initrd.gz" "$target"
}

locked installer-initrd pack
echo "$target"
